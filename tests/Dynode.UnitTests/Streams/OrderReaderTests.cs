using Dynode.Streams;
using Dynode.TestKit.Streams;

namespace Dynode.UnitTests.Streams;

/// <summary>How a stream is read that is what it was: all of it, once, in order, whatever is lost on the way.</summary>
public sealed class OrderReaderTests : IDisposable
{
    private ReaderBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void What_is_there_is_pulled_and_what_comes_is_heard()
    {
        _bench.Append(5, 20);
        _bench.Started();
        Assert.Equal(20, _bench.Taken.Count);
        Assert.Equal(StreamStandingKind.Reading, _bench.Kind);
        Assert.True(_bench.Reader.IsCurrent);
        int pulls = _bench.Log.Pulls;
        _bench.Append(5, 20);
        _bench.Turn();
        Assert.Equal(Numbers(5, 40), _bench.Taken);
        Assert.Equal(pulls, _bench.Log.Pulls);
        Assert.Equal(40, _bench.Reader.Counters.Counted);
    }

    [Fact]
    public void What_is_not_heard_is_pulled()
    {
        var faults = Quiet();
        With(new ReaderBench(faults).Started());
        _bench.Append(5, 3);
        faults.Unheard = 1;
        _bench.Append(5, 2);
        faults.Unheard = 0;
        _bench.Append(5, 1);
        _bench.Turn();
        Assert.Equal(Numbers(5, 6), _bench.Taken);
        Assert.Equal(1, _bench.Reader.Counters.GapsPulled);
    }

    [Fact]
    public void After_a_second_of_silence_it_asks_whether_the_last_was_lost()
    {
        var faults = Quiet();
        With(new ReaderBench(faults).Started());
        faults.Unheard = 1;
        _bench.Append(5, 2);
        _bench.Turn();
        Assert.Empty(_bench.Taken);
        int looks = _bench.Log.Looks;
        _bench.Turn(0.8);
        Assert.Equal(looks, _bench.Log.Looks);
        _bench.Turn(0.4);
        Assert.Equal(looks + 1, _bench.Log.Looks);
        Assert.Equal(Numbers(5, 2), _bench.Taken);
    }

    [Fact]
    public void Another_leader_is_counted_when_it_is_asked_and_none_for_a_while_is_none()
    {
        _bench.Stream.Leader = "a";
        _bench.Started();
        Assert.Equal(("a", 0), (_bench.Reader.State!.Leader, _bench.Reader.LeaderChanges));
        foreach (var (leader, known, changes) in ((string, string, int)[])[("", "a", 0), ("a", "a", 0), ("b", "b", 1), ("", "b", 1), ("c", "c", 2), ("c", "c", 2)])
        {
            _bench.Stream.Leader = leader;
            _bench.Turn(1.2);
            Assert.Equal((known, changes), (_bench.Reader.State!.Leader, _bench.Reader.LeaderChanges));
        }
    }

    [Fact]
    public void Who_takes_nothing_has_no_more_pulled_and_hears_no_more_than_there_is_room_for()
    {
        With(new ReaderBench(pullBytes: 4_000, heardBytesMax: 16 << 10).Started());
        for (int i = 0; i < 20; i++)
        {
            _bench.Append(5, 50, bytes: 200);
            _bench.Turn(0.2, takes: 0);
        }

        Assert.False(_bench.Log.IsListening);
        Assert.Equal(1, _bench.Reader.Counters.Deafened);
        Assert.InRange(_bench.Pool.Snapshot().OutstandingBytes, 1, 64 << 10);
        Assert.Empty(_bench.Taken);
        _bench.Turn(5, takes: 500);
        Assert.Equal(500, _bench.Taken.Count);
        Assert.False(_bench.Log.IsListening);
        _bench.Turn(5);
        Assert.Equal(Numbers(5, 1_000), _bench.Taken);
        Assert.True(_bench.Log.IsListening);
        int pulls = _bench.Log.Pulls;
        _bench.Append(5, 10);
        _bench.Turn();
        Assert.Equal(Numbers(5, 1_010), _bench.Taken);
        Assert.Equal(pulls, _bench.Log.Pulls);
    }

    [Fact]
    public void What_there_was_no_memory_for_is_pulled_when_there_is()
    {
        _bench.Started();
        _bench.Append(5, 2);
        _bench.Log.Say(new StreamWord(StreamWordKind.Missed, 3));
        _bench.Turn(takes: 0);
        Assert.False(_bench.Log.IsListening);
        _bench.Append(5, 3);
        _bench.Turn(3);
        Assert.Equal(Numbers(5, 5), _bench.Taken);
        Assert.True(_bench.Log.IsListening);
    }

    [Fact]
    public void A_pull_that_breaks_off_is_tried_again()
    {
        var faults = Quiet();
        With(new ReaderBench(faults));
        _bench.Append(5, 200);
        faults.Broken = 0.1;
        _bench.Started();
        _bench.Turn(60);
        Assert.Equal(Numbers(5, 200), _bench.Taken);
    }

    [Fact]
    public void A_connection_that_ends_and_comes_again_goes_on_where_it_was()
    {
        _bench.Append(5, 10);
        _bench.Started();
        for (int i = 1; i <= 5; i++)
        {
            _bench.Log.Connect(false, "cable");
            _bench.Append(5, 3);
            _bench.Turn();
            Assert.Equal(StreamStandingKind.Away, _bench.Kind);
            Assert.Equal("cable", _bench.Reader.Standing.Text);
            _bench.Log.Connect(true);
            _bench.Append(5, 2);
            _bench.Turn();
            Assert.Equal(StreamStandingKind.Reading, _bench.Kind);
            Assert.Equal(Numbers(5, 10 + (5 * i)), _bench.Taken);
        }
    }

    [Fact]
    public void A_fault_of_the_engine_is_said_and_over_when_it_is_here()
    {
        _bench.Started();
        _bench.Log.Say(new StreamWord(StreamWordKind.Fault, Text: "no right to listen"));
        _bench.Turn();
        Assert.Equal((StreamStandingKind.Fault, "no right to listen"), (_bench.Kind, _bench.Reader.Standing.Text));
        _bench.Log.Connect(true);
        _bench.Append(5);
        _bench.Turn();
        Assert.Single(_bench.Taken);
    }

    [Fact]
    public void What_does_not_count_is_passed_over_and_counted()
    {
        _bench.Append(5, 3);
        _bench.Append(ParcelMaking.Make(_bench.Pool, 5, 2));
        _bench.Append(ParcelMaking.Make(_bench.Pool, 5, 9));
        _bench.Append(ParcelMaking.Make(_bench.Pool, 6, 1));
        _bench.Append(5, 1);
        _bench.Started();
        Assert.Equal(Numbers(5, 4), _bench.Taken);
        var counters = _bench.Reader.Counters;
        Assert.Equal((4, 1, 1, 1), (counters.Counted, counters.Doubled, counters.Holes, counters.Closed));
        Assert.Equal(7ul, _bench.Places[^1]);
    }

    [Fact]
    public void An_answer_from_before_is_no_stream_that_went_back()
    {
        _bench.Started();
        _bench.Append(5, 3);
        _bench.Turn();
        var old = _bench.Stream.State;
        _bench.Append(5, 3);

        // Asked before the three came, answered behind them.
        _bench.Turn();
        _bench.Log.Say(new StreamWord(StreamWordKind.Stands, State: old with { Last = 1 }));
        _bench.Turn();
        Assert.Equal(StreamStandingKind.Reading, _bench.Kind);
        Assert.Equal(6ul, _bench.Reader.Last);
    }

    [Fact]
    public void It_reads_nothing_before_it_is_told_from_where()
    {
        _bench.Append(5, 3);
        _bench.Log.Start(() => { });
        _bench.Turn(2);
        Assert.Empty(_bench.Taken);
        _bench.Reader.BeginOldest();
        _bench.Turn();
        Assert.Equal(Numbers(5, 3), _bench.Taken);
    }

    internal static IEnumerable<(ulong Lane, ulong Number)> Numbers(ulong lane, int last, int first = 1) =>
        Enumerable.Range(first, last - first + 1).Select(n => (lane, (ulong)n));

    internal static StreamFaults Quiet()
    {
        var faults = new StreamFaults(new Random(1));
        faults.Heal();
        return faults;
    }

    private void With(ReaderBench bench)
    {
        _bench.Dispose();
        _bench = bench;
    }
}
