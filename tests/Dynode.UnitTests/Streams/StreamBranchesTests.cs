using Dynode.Log;
using Dynode.Streams;
using Dynode.TestKit;
using Dynode.TestKit.Streams;
using Microsoft.Extensions.Time.Testing;

namespace Dynode.UnitTests.Streams;

/// <summary>Several read one stream beside each other over one connection: each reads all of it, and none disturbs another.</summary>
public sealed class StreamBranchesTests
{
    [Fact]
    public void Readers_that_begin_anywhere_and_leave_at_any_time_each_read_what_the_first_one_read() => Seed.Run(random =>
    {
        var faults = new StreamFaults(random) { Lost = 0, Doubled = 0, Held = 0, LeaderDies = 0 };
        using var bench = new Bench(random, faults);
        for (int step = 0; step < 600; step++)
            bench.Step();
        faults.Heal();
        bench.Settle();
    });

    [Fact]
    public void A_branch_is_told_first_how_the_stream_stands_now_and_not_how_it_stood()
    {
        using var bench = new Bench(new Random(1), null);
        bench.Append(40);
        bench.Turn(10);
        var place = bench.LanesNow();
        var branch = bench.Log.Open();
        Assert.False(branch.TryTake(out _));
        bench.Turn();
        Assert.True(branch.TryTake(out var word));
        Assert.Equal((StreamWordKind.Here, place.Number), (word.Kind, word.State!.Last));
        branch.Close();
    }

    private sealed class Bench : IDisposable
    {
        private readonly Random _random;
        private readonly PagePool _pool = new(64 << 20);
        private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000));
        private readonly StreamInMemory _stream;
        private readonly ScriptedLog _connection;
        private readonly OrderReader _first;
        private readonly Dictionary<ulong, ulong> _numbers = [];
        private readonly List<(ulong At, ulong Lane, ulong Number)> _all = [];
        private readonly List<byte[]> _tables = [];
        private readonly List<(StreamBranch Branch, OrderReader Reader, ulong Next)> _others = [];
        private readonly Lanes _oracle = new();
        private long _now;

        public Bench(Random random, StreamFaults? faults)
        {
            _random = random;
            _stream = new StreamInMemory(ParcelMaking.Stream, _time) { Faults = faults };
            _connection = _stream.Log(_pool);
            Log = new StreamBranches(_connection);
            _first = new OrderReader(Log, ParcelMaking.Protocol, 2_000, 4_000);
            Log.Start(() => { });
            _first.BeginNewest();
            Turn(10);
        }

        public StreamBranches Log { get; }

        public void Dispose()
        {
            _first.Dispose();
            _others.ForEach(End);
            _connection.Dispose();
            Assert.Equal([], _pool.DescribeOutstanding());
        }

        public void Append(int count)
        {
            for (; count > 0; count--)
            {
                // Some lanes skip a number now and then: what follows counts for nobody.
                ulong lane = (ulong)_random.Next(1, 5);
                ulong number = _numbers[lane] = _numbers.GetValueOrDefault(lane) + (_random.Next(20) == 0 ? 2ul : 1);
                var parcel = ParcelMaking.Make(_pool, lane, number, [(new byte[_random.Next(1, 300)], 1, 0)], number == 1 ? LanesNow() : null);
                byte[] bytes = parcel.Bytes();
                parcel.Release();
                _stream.Append(bytes);
            }
        }

        public Lanes LanesNow()
        {
            var reader = new ParcelReader(_stream.State.Identity, ParcelMaking.Protocol);
            foreach (var (number, time, bytes) in _stream.Entries.Skip((int)_oracle.Number))
            {
                var parcel = ParcelMaking.Chain(_pool, bytes);
                Assert.Equal(ParcelStatus.Whole, reader.Read(parcel, out var head));
                _oracle.Judge(number, time, head);
                parcel.Release();
            }

            var lanes = new Lanes();
            lanes.CopyFrom(_oracle);
            return lanes;
        }

        public void Step()
        {
            _stream.Happen();
            Append(_random.Next(4));
            if (_tables.Count > 0 && _others.Count < 4 && _random.Next(20) == 0)
                Begin(_tables[_random.Next(_tables.Count)]);
            if (_others.Count > 0 && _random.Next(60) == 0)
            {
                int index = _random.Next(_others.Count);
                End(_others[index]);
                _others.RemoveAt(index);
            }

            Turn(1);
        }

        public void Settle()
        {
            _connection.Connect(true);
            for (int i = 0; i < 40 && !(_first.IsCurrent && _others.TrueForAll(other => other.Reader.Lanes.Number == _first.Lanes.Number)); i++)
                Turn(100);
            Assert.True(_first.IsCurrent, $"{_first.Standing} {_first.Lanes.Number} of {_first.Last}");
            foreach (var (_, reader, _) in _others)
                Assert.True(reader.Lanes.Number == _first.Lanes.Number, $"{reader.Standing} {reader.Lanes.Number} of {_first.Lanes.Number}");
        }

        public void Turn(int turns = 1)
        {
            for (; turns > 0; turns--)
            {
                _now += TimeSpan.TicksPerSecond / 20;
                _time.Advance(TimeSpan.FromSeconds(0.05));
                _first.Step(_now);
                while (_first.TryTake(out var parcel))
                {
                    _all.Add((parcel.Number, parcel.Head.Lane, parcel.Head.Number));
                    parcel.Parcel.Release();
                }

                byte[] table = new byte[_first.Lanes.Bytes];
                _first.Lanes.Write(table);
                _tables.Add(table);
                for (int i = 0; i < _others.Count; i++)
                    _others[i] = Read(_others[i]);
            }
        }

        private void Begin(byte[] table)
        {
            var lanes = new Lanes();
            Assert.True(lanes.TryRead(table));
            var branch = Log.Open();
            var reader = new OrderReader(branch, ParcelMaking.Protocol, 1_000, 0);
            reader.BeginAt(lanes, _stream.State.Identity);
            _others.Add((branch, reader, lanes.Number));
        }

        private (StreamBranch Branch, OrderReader Reader, ulong Next) Read((StreamBranch Branch, OrderReader Reader, ulong Next) other)
        {
            if (_random.Next(2) == 0)
                other.Branch.CameTo(_first.Lanes.Number);
            other.Reader.Step(_now);
            for (int takes = _random.Next(10); takes > 0 && other.Reader.TryTake(out var parcel); takes--)
            {
                // Who reads beside may be ahead of the first one.
                if (parcel.Number <= _first.Lanes.Number)
                    Assert.Equal(_all.First(one => one.At > other.Next), (parcel.Number, parcel.Head.Lane, parcel.Head.Number));
                other.Next = parcel.Number;
                parcel.Parcel.Release();
            }

            Assert.False(other.Reader.Standing.IsStill, $"{other.Reader.Standing}");
            return other;
        }

        private static void End((StreamBranch Branch, OrderReader Reader, ulong Next) other)
        {
            other.Reader.Dispose();
            other.Branch.Close();
        }
    }
}
