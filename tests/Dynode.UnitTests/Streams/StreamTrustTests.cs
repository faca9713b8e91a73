using Dynode.Streams;

namespace Dynode.UnitTests.Streams;

/// <summary>A stream that is not what it was is never read on, and what is said names why.</summary>
public sealed class StreamTrustTests : IDisposable
{
    private readonly ReaderBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void A_stream_that_ends_before_what_was_read_went_back()
    {
        _bench.Append(5, 10);
        _bench.Started();
        Reconnected(() => _bench.Stream.GoBack(7));
        Stands(StreamStandingKind.WentBack, mine: 10, theirs: 7);
        _bench.Reader.BeginNewest();
        _bench.Turn();
        Assert.Equal(StreamStandingKind.Reading, _bench.Kind);
        Assert.Equal(7ul, _bench.Reader.Lanes.Number);
    }

    [Fact]
    public void It_is_seen_without_a_new_connection_too()
    {
        _bench.Append(5, 10);
        _bench.Started();
        _bench.Stream.GoBack(7);
        _bench.Turn(2);
        Stands(StreamStandingKind.WentBack, mine: 10, theirs: 7);
    }

    [Fact]
    public void One_that_went_back_and_on_has_forked()
    {
        _bench.Append(5, 10);
        _bench.Started();
        Reconnected(() =>
        {
            _bench.Stream.GoBack(7);
            _bench.Append(6, 20);
        });
        Stands(StreamStandingKind.Forked, mine: 10, theirs: 10);
        Assert.Equal(10, _bench.Taken.Count);
    }

    [Fact]
    public void It_is_seen_by_a_number_that_is_heard_again()
    {
        _bench.Started();
        _bench.Append(5, 10);
        _bench.Turn();
        _bench.Stream.GoBack(7);
        _bench.Append(6, 5);
        _bench.Turn();
        Stands(StreamStandingKind.Forked, mine: 10, theirs: 10);
        Assert.Equal(10, _bench.Taken.Count);
    }

    [Fact]
    public void It_is_seen_by_who_hears_nothing_and_pulls()
    {
        _bench.Started();
        _bench.Append(5, 1_000, bytes: 200);
        _bench.Turn(takes: 0);
        Assert.False(_bench.Log.IsListening);
        _bench.Turn(takes: 100);
        ulong place = _bench.Places[^1];
        _bench.Stream.GoBack(place - 10);
        _bench.Append(6, 2_000, bytes: 200);
        _bench.Turn(1);
        Assert.Equal(StreamStandingKind.Forked, _bench.Kind);
        Assert.Equal(_bench.Reader.Standing.Mine, _bench.Reader.Standing.Theirs);
    }

    [Fact]
    public void An_entry_longer_than_a_pull_is_got_past()
    {
        _bench.Append(5, 20, bytes: 200_000);
        _bench.Started();
        _bench.Turn(3);
        Assert.Equal(20, _bench.Taken.Count);
    }

    [Fact]
    public void The_same_entry_in_its_place_is_the_same_stream()
    {
        _bench.Append(5, 10);
        _bench.Started();
        Reconnected(() => _bench.Append(5, 20));
        Assert.Equal(OrderReaderTests.Numbers(5, 30), _bench.Taken);
    }

    [Fact]
    public void Another_stream_of_the_same_name_is_told_by_when_it_was_made()
    {
        _bench.Append(5, 10);
        _bench.Started();
        Reconnected(() => _bench.Stream.Recreate(99));
        Stands(StreamStandingKind.OtherStream, mine: 10, theirs: 0);
        Assert.Contains(_bench.Stream.State.Identity.ToString(), _bench.Reader.Standing.Text, StringComparison.Ordinal);
        _bench.Reader.BeginNewest();
        _bench.Turn();
        Assert.Equal((StreamStandingKind.Reading, 0ul), (_bench.Kind, _bench.Reader.Lanes.Number));
        Assert.Equal(_bench.Stream.State.Identity, _bench.Reader.Identity);
    }

    [Fact]
    public void It_stands_still_through_further_connections()
    {
        _bench.Append(5, 10);
        _bench.Started();
        Reconnected(() => _bench.Stream.GoBack(7));
        Reconnected(() => _bench.Append(6, 20));
        Stands(StreamStandingKind.WentBack, mine: 10, theirs: 7);
        Assert.False(_bench.Log.IsListening);
        Assert.Equal(10, _bench.Taken.Count);
    }

    [Theory]
    [InlineData(11, StreamStandingKind.Reading)]
    [InlineData(10, StreamStandingKind.Reading)]
    [InlineData(12, StreamStandingKind.Retention)]
    public void What_is_kept_no_more_is_no_fault_where_nothing_is_missing(int first, StreamStandingKind kind)
    {
        _bench.Append(5, 10);
        _bench.Started();
        Reconnected(() =>
        {
            _bench.Append(5, 10);
            _bench.Append(6, 3);
            _bench.Stream.Keep((ulong)first);
        });
        Assert.Equal(kind, _bench.Kind);
        if (kind == StreamStandingKind.Reading)
        {
            Assert.Equal(23, _bench.Taken.Count);
            return;
        }

        Stands(kind, mine: 10, theirs: (ulong)first);
        _bench.Reader.BeginOldest();
        _bench.Turn();
        Assert.Equal(StreamStandingKind.Reading, _bench.Kind);

        // Behind what the table names, which is the entry before lane 6 opened.
        Assert.Equal(OrderReaderTests.Numbers(6, 3), _bench.Taken.Skip(10));
    }

    [Fact]
    public void Retention_that_overtakes_a_reader_is_said()
    {
        _bench.Append(5, 3);
        _bench.Started();
        _bench.Append(5, 2_000, bytes: 200);
        _bench.Turn(1, takes: 0);
        _bench.Stream.Keep(1_900);
        _bench.Turn(5);
        Stands(StreamStandingKind.Retention, mine: (ulong)_bench.Taken.Count, theirs: 1_900);
    }

    [Fact]
    public void A_damaged_entry_is_asked_for_again_then_it_stands_still_and_goes_on_when_it_is_whole()
    {
        _bench.Append(5, 10);
        byte[] whole = _bench.Stream.Entries[6].Bytes;
        _bench.Stream.Replace(7, [.. whole[..^1], (byte)~whole[^1]]);
        _bench.Log.Start(() => { });
        _bench.Reader.BeginAt(new Lanes(), ParcelMaking.Stream);
        _bench.Turn();
        Assert.Equal((StreamStandingKind.Reading, 1), (_bench.Kind, _bench.Reader.Counters.Damaged));
        _bench.Turn(2);
        Stands(StreamStandingKind.Damaged, mine: 6, theirs: 7);
        Assert.Equal(4, _bench.Reader.Counters.Damaged);
        _bench.Stream.Replace(7, whole);
        _bench.Turn(15);
        Assert.Equal(OrderReaderTests.Numbers(5, 10), _bench.Taken);
        Assert.Equal(StreamStandingKind.Reading, _bench.Kind);
    }

    [Fact]
    public void One_that_is_heard_damaged_is_pulled_whole()
    {
        _bench.Append(5, 3);
        _bench.Started();
        _bench.Append(5, 1);
        var word = new StreamWord(StreamWordKind.Heard, 4, 0, ParcelMaking.Chain(_bench.Pool, [1, 2, 3]));
        while (_bench.Log.TryTake(out var heard))
            heard.Parcel!.Release();
        _bench.Log.Say(word);
        _bench.Turn(1);
        Assert.Equal(OrderReaderTests.Numbers(5, 4), _bench.Taken);
        Assert.Equal((StreamStandingKind.Reading, 1), (_bench.Kind, _bench.Reader.Counters.Damaged));
    }

    [Fact]
    public void An_unknown_version_stands_still_until_this_build_is_another()
    {
        _bench.Append(5, 3);
        _bench.Append(ParcelMaking.Make(_bench.Pool, 5, 4, layout: new ParcelLayout(9, 48, 12)));
        _bench.Append(ParcelMaking.Make(_bench.Pool, 5, 5));
        _bench.Started();
        _bench.Turn(20);
        Stands(StreamStandingKind.Unknown, mine: 3, theirs: 4);
        Assert.Contains("version 9", _bench.Reader.Standing.Text, StringComparison.Ordinal);
        Assert.Equal(3, _bench.Taken.Count);
    }

    [Fact]
    public void Another_protocol_stands_still()
    {
        _bench.Append(5, 3);
        using var other = new OrderReader(_bench.Stream.Log(_bench.Pool), 99);
        _bench.Reader.Dispose();
        var log = _bench.Stream.Log(_bench.Pool);
        using var reader = new OrderReader(log, 99);
        log.Start(() => { });
        reader.BeginAt(new Lanes(), ParcelMaking.Stream);
        for (int i = 0; i < 4; i++)
        {
            reader.Step(i);
            Assert.False(reader.TryTake(out _));
        }

        Assert.Equal((StreamStandingKind.Foreign, 1ul), (reader.Standing.Kind, reader.Standing.Theirs));
    }

    private void Stands(StreamStandingKind kind, ulong mine, ulong theirs)
    {
        Assert.Equal((kind, mine, theirs), (_bench.Kind, _bench.Reader.Standing.Mine, _bench.Reader.Standing.Theirs));
        Assert.Equal(kind != StreamStandingKind.Damaged, _bench.Reader.Standing.IsStill);
    }

    private void Reconnected(Action change)
    {
        _bench.Log.Connect(false);
        change();
        _bench.Log.Connect(true);
        _bench.Turn(0.5);
    }
}
