using System.Buffers.Binary;
using Dynode.Log;
using Dynode.Streams;
using Dynode.TestKit.Streams;

namespace Dynode.UnitTests.Streams;

/// <summary>One lane's publisher: what it sends again when, and what it says of what was in flight.</summary>
public sealed class LanePublisherTests : IDisposable
{
    private readonly StreamFaults _faults = OrderReaderTests.Quiet();
    private readonly ReaderBench _bench;
    private readonly LanePublisher _publisher;
    private int _next;

    public LanePublisherTests()
    {
        _bench = new ReaderBench(_faults);
        _publisher = new LanePublisher(_bench.Reader, _bench.Log, ParcelMaking.Protocol, _bench.Pool, MemoryShare.Backlog, _bench.Time, new Random(1));
        _bench.Started();
    }

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void Each_lane_opens_with_a_table_and_its_parcels_come_by_once_in_order()
    {
        Flows();
        Assert.True(_publisher.CanPublish);
        Assert.Equal([(_publisher.Lane, 1)], _bench.Taken);
        Publish(5);
        Assert.Equal(5, _publisher.InFlight);
        Flows();
        Assert.Equal(0, _publisher.InFlight);
        Assert.Equal(OrderReaderTests.Numbers(_publisher.Lane, 6), _bench.Taken);
        Assert.Equal((0, 1), (_publisher.SentAgain, _publisher.LanesBegun));
    }

    [Fact]
    public void No_more_than_a_window_is_in_flight()
    {
        Publish(8);
        Assert.False(_publisher.CanPublish);
        var parcel = _bench.Unsealed([1]);
        Assert.Throws<InvalidOperationException>(() => _publisher.Publish(parcel));
        parcel.Release();
        Flows();
        Assert.True(_publisher.CanPublish);
    }

    /// <summary>Whoever lives reads older ones alone than this build writes: what is published would stop him.</summary>
    [Fact]
    public void Where_one_that_lives_reads_nothing_that_this_one_writes_nothing_is_published()
    {
        Flows();
        Assert.True(_publisher.CanPublish);
        _publisher.VersionMax = ParcelVersions.Oldest - 1;
        Assert.False(_publisher.CanPublish);
        var parcel = _bench.Unsealed([1]);
        Assert.Throws<InvalidOperationException>(() => _publisher.Publish(parcel));
        parcel.Release();

        // Nor what it lays out itself: a table each ten minutes.
        Flows(seconds: 700);
        Assert.Equal(OrderReaderTests.Numbers(_publisher.Lane, 1), _bench.Taken);
        _publisher.VersionMax = ParcelVersions.Newest;
        Flows();
        Assert.Equal(OrderReaderTests.Numbers(_publisher.Lane, 2), _bench.Taken);
        Assert.True(_publisher.CanPublish);
    }

    [Fact]
    public void A_hole_has_all_in_flight_sent_again_once()
    {
        Flows();
        Publish(5);
        _bench.Log.LoseNext(2);
        Flows(seconds: 0.2);
        Assert.Equal(5, _publisher.SentAgain);
        Assert.Equal(OrderReaderTests.Numbers(_publisher.Lane, 6), _bench.Taken);
        Assert.Equal(3, _bench.Reader.Counters.Holes);
    }

    [Fact]
    public void Silence_has_all_sent_again_after_1_2_4_8_and_8_seconds()
    {
        Flows();
        Publish(2);
        List<int> sent = [];
        for (int second = 1; second <= 24; second++)
        {
            _bench.Log.LoseNext(100);
            _bench.Turn(1);
            sent.Add((int)_publisher.SentAgain / 2);
        }

        Assert.Equal([1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4, 5, 5], sent);
        Flows(seconds: 9);
        Assert.Equal(0, _publisher.InFlight);
    }

    [Fact]
    public void A_long_round_trip_has_a_longer_wait()
    {
        Flows();
        _bench.Log.Say(new StreamWord(StreamWordKind.Stands, State: _bench.Stream.State with { RoundTrip = 500_000 }));
        _bench.Turn();
        Publish(1);
        _bench.Log.LoseNext(1);
        _bench.Turn(0.9);
        Assert.Equal(0, _publisher.SentAgain);

        // The stream, asked after a second of silence, says that it answers faster; what is in flight waits as long as it was told.
        _bench.Turn(0.9);
        Assert.Equal(0, _publisher.SentAgain);
        _bench.Turn(0.4);
        Assert.Equal(1, _publisher.SentAgain);
    }

    [Fact]
    public void Who_is_behind_sends_nothing_again()
    {
        Flows();
        Publish(3);
        _bench.Stream.Happen();
        _bench.Stream.Happen();
        _bench.Stream.Happen();
        _bench.Turn(20, takes: 0);
        Assert.Equal((3, 0), (_publisher.InFlight, _publisher.SentAgain));
        Flows();
        Assert.Equal((0, 0), (_publisher.InFlight, _publisher.SentAgain));
    }

    [Fact]
    public void A_new_connection_has_all_sent_again_at_once()
    {
        Flows();
        Publish(3);
        _bench.Log.LoseNext(3);
        _bench.Log.Connect(false);
        _bench.Turn(5);
        Assert.False(_publisher.CanPublish);
        _bench.Log.Connect(true);
        _bench.Turn();
        Assert.Equal(3, _publisher.SentAgain);
        Flows();
        Assert.Equal(OrderReaderTests.Numbers(_publisher.Lane, 4), _bench.Taken);
    }

    [Fact]
    public void A_lane_that_time_has_ended_gives_back_what_was_in_flight_for_the_next()
    {
        Flows();
        ulong old = _publisher.Lane;
        Publish(3);
        _bench.Log.Connect(false);
        _bench.Log.LoseNext(3);
        _bench.Turn(3);
        _bench.Time.Advance(TimeSpan.FromHours(2));
        _bench.Log.Connect(true);
        Flows();

        // It came by an hour too late, and so is not kept.
        Assert.True(_publisher.HasBack);
        Assert.False(_publisher.CanPublish);
        Assert.Equal([1, 2, 3], TakeBack(LaneFate.NotKept, publishAgain: true));
        Assert.NotEqual(old, _publisher.Lane);
        Flows();
        Assert.Equal([(old, 1), .. OrderReaderTests.Numbers(_publisher.Lane, 4)], _bench.Taken);
    }

    [Fact]
    public void So_does_one_that_a_65th_has_ended()
    {
        Flows();
        Publish(2);
        _bench.Log.LoseNext(2);
        _bench.Turn(0.1);
        for (int i = 0; i < Lanes.LanesMax; i++)
            _bench.Append(100 + (ulong)i);
        _bench.Turn();
        Assert.Equal([1, 2], TakeBack(LaneFate.NotKept, publishAgain: false));
        Flows(1);
        Assert.Equal(2, _publisher.LanesBegun);
        Assert.True(_publisher.CanPublish);
    }

    [Fact]
    public void A_lane_that_opened_too_late_is_followed_by_another()
    {
        ulong old = _publisher.Lane;
        Publish(2);

        // Two others come first: one opens as of what this one has read, and ends.
        _bench.Append(ParcelMaking.Make(_bench.Pool, 77, 1, table: _bench.LanesNow(), isClosing: true));
        Flows();
        Assert.Equal([1, 2], TakeBack(LaneFate.NotKept, publishAgain: true));
        Flows();
        Assert.NotEqual(old, _publisher.Lane);
        Assert.Equal([(77ul, 1ul), .. OrderReaderTests.Numbers(_publisher.Lane, 3)], _bench.Taken);
        Assert.Equal(1, _bench.Reader.Counters.Closed);
    }

    [Fact]
    public void Given_up_what_has_not_come_by_is_not_kept_for_certain()
    {
        Flows();
        ulong old = _publisher.Lane;
        Publish(5);

        // Two of them arrive, the rest is held somewhere.
        _bench.Log.LoseNext(3, from: 2, hold: true);
        _publisher.GiveUp();
        Assert.False(_publisher.CanPublish);
        Flows(seconds: 0.3);
        Assert.Equal([3, 4, 5], TakeBack(LaneFate.NotKept, publishAgain: true));
        Flows();
        _bench.Log.Release();
        Flows();
        Assert.Equal([.. OrderReaderTests.Numbers(old, 4), .. OrderReaderTests.Numbers(_publisher.Lane, 4)], _bench.Taken);
        Assert.Equal([1, 2, 3, 4, 5], Requests());
    }

    [Fact]
    public void What_the_engine_takes_no_more_is_given_up_and_nothing_behind_it_is_stuck()
    {
        Flows();
        Publish(1);
        Publish(1, bytes: 5_000);
        Publish(1);
        _bench.Log.LoseNext(3);
        _bench.Log.Connect(false);
        _bench.Stream.Take(4_000);
        _bench.Log.Connect(true);
        Flows(seconds: 3);
        Assert.Equal(4_000, _publisher.ParcelBytesMax);
        var parcel = new PageChain();
        List<long> lengths = [];
        while (_publisher.TryTakeBack(parcel, out var fate))
        {
            Assert.Equal(LaneFate.NotKept, fate);
            lengths.Add(parcel.Length);
            parcel.Release();
        }

        Assert.Equal([64, 5_060, 64], lengths);
        Flows();
        Assert.True(_publisher.CanPublish);
        parcel = _bench.Unsealed(new byte[4_000]);
        Assert.Throws<InvalidOperationException>(() => _publisher.Publish(parcel));
        parcel.Release();
    }

    [Fact]
    public void Where_the_reader_begins_elsewhere_nobody_knows_what_became_of_it()
    {
        Flows();
        Publish(3);
        _bench.Stream.GoBack(0);
        _bench.Turn(2);
        Assert.Equal(StreamStandingKind.WentBack, _bench.Kind);
        Assert.False(_publisher.CanPublish);
        _bench.Reader.BeginNewest();
        Assert.Equal([1, 2, 3], TakeBack(LaneFate.Unknown, publishAgain: false));
        Flows(1);
        Assert.True(_publisher.CanPublish);
        Publish(1);
        Flows();
        Assert.Equal(0, _publisher.InFlight);
    }

    [Fact]
    public void Closed_it_waits_for_what_is_in_flight_and_opens_no_other()
    {
        Flows();
        ulong lane = _publisher.Lane;
        Publish(8);
        _publisher.Close();
        Assert.False(_publisher.CanPublish);
        _bench.Log.LoseNext(2);
        Flows(seconds: 2);
        Assert.True(_publisher.IsClosed);
        Assert.Equal(OrderReaderTests.Numbers(lane, 10), _bench.Taken);
        Assert.Equal(0, _bench.Reader.Lanes.Count);
        Flows(20);
        Assert.Equal(1, _publisher.LanesBegun);
    }

    [Fact]
    public void An_idle_lane_stays_open_and_puts_a_table_into_the_stream()
    {
        Flows();
        _bench.Turn(10);
        Assert.Single(_bench.Taken);
        for (int minute = 0; minute < 65; minute++)
            Flows(seconds: 60);
        Assert.Equal(7, _bench.Taken.Count);
        Assert.Equal(1, _publisher.LanesBegun);
    }

    [Fact]
    public void Memory_that_is_spent_delays_a_lane_and_no_more()
    {
        List<Page> all = [];
        var pool = new PagePool(PagePool.BytesMaxLeast);
        using var bench = new ReaderBench();
        using var publisher = new LanePublisher(bench.Reader, bench.Log, ParcelMaking.Protocol, pool, MemoryShare.Replies, bench.Time, new Random(1));
        while (pool.TryRent(PageSize.Small, MemoryShare.Replies, out var page))
            all.Add(page);
        bench.Started();
        bench.Turn(1);
        Assert.False(publisher.CanPublish);
        all.ForEach(page => page.Release());
        bench.Turn(1);
        Assert.True(publisher.CanPublish);
        Assert.Single(bench.Taken);
    }

    [Fact]
    public void A_refusal_is_kept_to_be_said()
    {
        _bench.Log.Say(new StreamWord(StreamWordKind.Refused, Text: "no space"));
        _bench.Turn();
        Assert.Equal(("no space", 1, true), (_publisher.Refusals.Last, _publisher.Refusals.Count, _publisher.Refusals.Lasts));

        // One that comes by is the proof that it takes them again.
        Flows();
        Assert.Equal(("no space", 1, false), (_publisher.Refusals.Last, _publisher.Refusals.Count, _publisher.Refusals.Lasts));
    }

    private void Publish(int count, int bytes = 4)
    {
        for (int i = 0; i < count; i++)
        {
            byte[] request = new byte[bytes];
            BinaryPrimitives.WriteInt32LittleEndian(request, ++_next);
            _publisher.Publish(_bench.Unsealed(request));
        }
    }

    private List<int> TakeBack(LaneFate expected, bool publishAgain)
    {
        List<PageChain> back = [];
        var parcel = new PageChain();
        while (_publisher.TryTakeBack(parcel, out var fate))
        {
            Assert.Equal(expected, fate);
            back.Add(parcel);
            parcel = new PageChain();
        }

        if (publishAgain)
            Flows();
        return [.. back.Select(chain =>
        {
            int id = BinaryPrimitives.ReadInt32LittleEndian(chain.Tail(4));
            if (publishAgain)
                _publisher.Publish(chain);
            chain.Release();
            return id;
        })];
    }

    private List<int> Requests()
    {
        List<int> ids = [];
        var reader = new ParcelReader(ParcelMaking.Stream, ParcelMaking.Protocol);
        foreach (ulong number in _bench.Places)
        {
            var parcel = ParcelMaking.Chain(_bench.Pool, _bench.Stream.Entries[(int)number - 1].Bytes);
            reader.Read(parcel, out var head);
            ids.AddRange(ParcelMaking.Requests(head, parcel).Select(r => BinaryPrimitives.ReadInt32LittleEndian(r.Bytes)));
            parcel.Release();
        }

        return ids;
    }

    /// <summary>What is on its way arrives, and is taken.</summary>
    private void Flows(double seconds = 0)
    {
        double passed = 0;
        do
        {
            for (int i = 0; i < 30; i++)
            {
                _bench.Stream.Happen();
                _bench.Turn();
            }

            _bench.Turn(Math.Min(0.1, seconds));
            passed += 0.1;
        }
        while (passed < seconds);
    }
}
