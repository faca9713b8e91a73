using System.Buffers.Binary;
using Dynode.Log;
using Dynode.Streams;
using Dynode.TestKit.Streams;
using Microsoft.Extensions.Time.Testing;

namespace Dynode.UnitTests.Streams;

/// <summary>Several broadcasters at one stream that fails in every way, in steps of 20 ms; and readers that begin at any time.</summary>
internal sealed class OrderSimulation : IDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(20);

    private readonly Random _random;
    private readonly PagePool _pool = new(256 << 20);
    private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000));
    private readonly List<Broadcaster> _broadcasters = [];
    private readonly List<Broadcaster> _dead = [];
    private readonly int _count;
    private readonly bool _loses;
    private long _now;

    /// <param name="random">Whose seed makes it happen again.</param>
    /// <param name="loses">The stream loses what it had acknowledged, now and then.</param>
    public OrderSimulation(Random random, bool loses = false)
    {
        _random = random;
        _loses = loses;
        Faults = new StreamFaults(random) { Cut = random.NextDouble() * 0.01, LeaderDies = random.NextDouble() * 0.05, Unheard = random.NextDouble() * 0.2 };
        Stream = new StreamInMemory(ParcelMaking.Stream, _time) { Faults = Faults };
        _count = random.Next(2, 5);
        for (int i = 0; i < _count; i++)
            _broadcasters.Add(new Broadcaster(this, i));
    }

    public StreamFaults Faults { get; }

    public StreamInMemory Stream { get; }

    public long SentAgain => Everybody.Sum(b => b.Publisher?.SentAgain ?? 0);

    public long Lanes => Everybody.Sum(b => b.Publisher?.LanesBegun ?? 0);

    public int WentBack { get; private set; }

    public StreamCounters Counters { get; private set; }

    private IEnumerable<Broadcaster> Everybody => _broadcasters.Concat(_dead);

    public void Run(int steps)
    {
        for (int i = 0; i < steps; i++)
        {
            Happen();
            Pass(publishes: true);
        }
    }

    /// <summary>Nothing fails any more: until all that was published has come by, and everybody has read all.</summary>
    public void Settle()
    {
        Faults.Heal();
        foreach (var broadcaster in _broadcasters)
            broadcaster.Log.Connect(true);
        for (int i = 0; i < 5_000; i++)
        {
            Pass(publishes: false);
            if (i > 100 && _broadcasters.TrueForAll(b => b.IsSettled))
                return;
        }

        Assert.Fail(string.Join('\n', _broadcasters.Select(b => $"{b.Reader.Standing} {b.Reader.Lanes.Number} of {b.Reader.Last}, in flight {b.Publisher?.InFlight}")));
    }

    public void Check()
    {
        var all = Oracle();
        var ids = all.SelectMany(entry => entry.Ids).ToList();
        Assert.Equal(ids.Count, ids.Distinct().Count());

        // What a lane that has ended had in flight may count after all, where its end was lost; nothing twice all the same, for it was not sent again.
        foreach (var broadcaster in _broadcasters.Where(b => b.Publisher is not null && !_loses))
        {
            var placed = ids.Where(id => id >> 32 == broadcaster.Id).ToList();
            Assert.Equal(broadcaster.Published.Where(id => !broadcaster.Refused.Contains(id)), placed);
        }

        // Who died may have published more than was placed; never in another order, and nothing that it was told is not kept.
        foreach (var dead in _dead.Where(_ => !_loses))
        {
            var placed = ids.Where(id => id >> 32 == dead.Id).ToList();
            Assert.Equal(dead.Published.Where(placed.Contains), placed);
            Assert.DoesNotContain(dead.Refused, placed.Contains);
        }

        foreach (var reader in Everybody.Where(b => b.Places.Count > 0 && !(_loses && _dead.Contains(b))))
        {
            var expected = all.SkipWhile(entry => entry.Number < reader.Places[0]).Select(entry => entry.Number);
            Assert.Equal(_dead.Contains(reader) ? expected.Take(reader.Places.Count) : expected, reader.Places);
        }
    }

    public void Dispose()
    {
        foreach (var broadcaster in Everybody)
            broadcaster.Dispose();
        Assert.Empty(_pool.DescribeOutstanding());
    }

    private void Happen()
    {
        Stream.Happen();
        int what = _random.Next(2_000);
        if (_loses && what < 12)
            GoBack();
        else if (what < 3)
            Replace(_broadcasters.FindIndex(b => b.Publisher is not null));
        else if (what < 6)
            _broadcasters.Add(new Broadcaster(this, -1));
        else if (what < 10)
            _broadcasters[_random.Next(_broadcasters.Count)].Publisher?.GiveUp();
        else if (what < 12)
            Pause();
        else if (what < 20)
            _broadcasters[_random.Next(_broadcasters.Count)].Stalls = _random.Next(300);
        else if (what < 24 && Stream.State.Last > 3_000)
            Stream.Keep(Math.Min(Stream.State.Last - 2_500, _broadcasters.Min(b => b.Reader.Lanes.Number)));
    }

    // Killed, and started anew at once.
    private void Replace(int index)
    {
        var dead = _broadcasters[index];
        _dead.Add(dead);
        dead.Dispose();
        _broadcasters.RemoveAt(index);
        _broadcasters.Add(new Broadcaster(this, (int)dead.Id + _count));
    }

    /// <summary>Nobody reaches the stream for a while, and its time goes on.</summary>
    private void Pause()
    {
        foreach (var broadcaster in _broadcasters)
            broadcaster.Log.Connect(false);
        _time.Advance(TimeSpan.FromMinutes(_random.Next(100)));
        foreach (var broadcaster in _broadcasters)
            broadcaster.Log.Connect(true);
    }

    /// <summary>It dies, and its successor has less.</summary>
    private void GoBack()
    {
        foreach (var broadcaster in _broadcasters)
            broadcaster.Log.Connect(false);
        ulong least = Math.Max(Stream.State.First, 1) - 1;
        ulong lost = (ulong)_random.Next(_random.Next(2) == 0 ? 5 : 500);
        Stream.GoBack(Stream.State.Last - Math.Min(lost, Stream.State.Last - least));
        foreach (var broadcaster in _broadcasters)
            broadcaster.Log.Connect(true);
    }

    private void Pass(bool publishes)
    {
        Stream.Happen();
        foreach (var broadcaster in _broadcasters)
            broadcaster.Turn(_now, publishes);
        _now += Step.Ticks;
        _time.Advance(Step);
    }

    private List<(ulong Number, List<long> Ids)> Oracle()
    {
        List<(ulong, List<long>)> all = [];
        var lanes = new Lanes();
        var reader = new ParcelReader(ParcelMaking.Stream, ParcelMaking.Protocol);
        var counters = new StreamCounters();
        foreach (var (number, time, bytes) in Stream.Entries)
        {
            var parcel = ParcelMaking.Chain(_pool, bytes);
            Assert.Equal(ParcelStatus.Whole, reader.Read(parcel, out var head));
            var verdict = lanes.Judge(number, time, head);
            counters.Count(verdict);
            if (verdict == LaneVerdict.Counts)
                all.Add((number, [.. ParcelMaking.Requests(head, parcel).Select(request => BinaryPrimitives.ReadInt64LittleEndian(request.Bytes))]));
            parcel.Release();
        }

        Counters = counters;
        return all;
    }

    /// <summary>One of them, which reads and publishes; or which reads only.</summary>
    private sealed class Broadcaster : IDisposable
    {
        private readonly OrderSimulation _all;
        private readonly ParcelWriter _writer;
        private readonly PageChain _parcel = new();
        private readonly Queue<PageChain> _again = new();

        public Broadcaster(OrderSimulation all, int id)
        {
            _all = all;
            Id = id;
            Log = all.Stream.Log(all._pool);
            Reader = new OrderReader(Log, ParcelMaking.Protocol, pullBytes: 8 << 10, heardBytesMax: 64 << 10);
            _writer = new ParcelWriter(all._pool, MemoryShare.Backlog);
            if (id >= 0)
                Publisher = new LanePublisher(Reader, Log, ParcelMaking.Protocol, all._pool, MemoryShare.Backlog, all._time, all._random);
            Log.Start(() => { });
            if (id >= 0 || all._random.Next(2) == 0)
                Reader.BeginNewest();
            else
                Reader.BeginOldest();
        }

        public long Id { get; }

        public ScriptedLog Log { get; }

        public OrderReader Reader { get; }

        public LanePublisher? Publisher { get; }

        public List<ulong> Places { get; } = [];

        public List<long> Published { get; } = [];

        public HashSet<long> Refused { get; } = [];

        public int Stalls { get; set; }

        public bool IsSettled => Reader.IsCurrent && _again.Count == 0 && Publisher is not { InFlight: > 0 } and not { HasBack: true };

        public void Turn(long now, bool publishes)
        {
            Reader.Step(now);
            if (--Stalls <= 0)
                Take();
            if (Reader.Standing.IsStill)
                BeginAnew();
            Publisher?.Step(now);
            if (Publisher is null)
                return;
            TakeBack();
            while (Publisher.CanPublish && _again.TryDequeue(out var again))
                Publisher.Publish(again);

            if (publishes && Publisher.CanPublish && _again.Count == 0 && _all._random.Next(3) == 0)
                Publish();
        }

        public void Dispose()
        {
            Publisher?.Dispose();
            Reader.Dispose();
            Log.Dispose();
            while (_again.TryDequeue(out var again))
                again.Release();
        }

        private void Take()
        {
            while (Reader.TryTake(out var parcel))
            {
                Places.Add(parcel.Number);
                parcel.Parcel.Release();
            }
        }

        // As an operator would say who accepts what is lost.
        private void BeginAnew()
        {
            Assert.True(_all._loses && Reader.Standing.Kind is StreamStandingKind.WentBack or StreamStandingKind.Forked, Reader.Standing.ToString());
            _all.WentBack++;
            Places.Clear();
            if (_all._random.Next(2) == 0)
                Reader.BeginNewest();
            else
                Reader.BeginOldest();
        }

        private void Publish()
        {
            long id = (Id << 32) + Published.Count + 1;
            Published.Add(id);
            Assert.True(_writer.TryBegin(_parcel, 20) && _writer.TryAdd(8, 0, 0) && _writer.TryWrite(BitConverter.GetBytes(id)));
            _writer.End();
            Publisher!.Publish(_parcel);
        }

        // Half of the times it is sent again, else its clients are told that it is not kept.
        private void TakeBack()
        {
            bool isRefused = _all._loses || _all._random.Next(2) == 0;
            while (Publisher!.TryTakeBack(_parcel, out var fate))
            {
                Assert.True(_all._loses || fate == LaneFate.NotKept);
                long id = BinaryPrimitives.ReadInt64LittleEndian(_parcel.Tail(8));
                if (isRefused)
                {
                    Refused.Add(id);
                    _parcel.Release();
                    continue;
                }

                var again = new PageChain();
                again.Append(_parcel);
                _again.Enqueue(again);
            }
        }
    }
}
