using Dynode.Log;
using Dynode.Streams;
using Dynode.TestKit.Streams;
using Microsoft.Extensions.Time.Testing;

namespace Dynode.UnitTests.Streams;

/// <summary>A stream in memory, a reader of it, and lanes that a test writes by hand.</summary>
internal sealed class ReaderBench : IDisposable
{
    private readonly Dictionary<ulong, ulong> _numbers = [];
    private readonly Lanes _oracle = new();
    private long _now;

    public ReaderBench(StreamFaults? faults = null, int pullBytes = 64 << 10, long heardBytesMax = 64 << 10)
    {
        Stream = new StreamInMemory(ParcelMaking.Stream, Time) { Faults = faults };
        Log = Stream.Log(Pool);
        Reader = new OrderReader(Log, ParcelMaking.Protocol, pullBytes, heardBytesMax);
    }

    public PagePool Pool { get; } = new(64 << 20);

    public FakeTimeProvider Time { get; } = new(DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000));

    public StreamInMemory Stream { get; }

    public ScriptedLog Log { get; }

    public OrderReader Reader { get; }

    /// <summary>What the reader gave, as (lane, number), and where it was in the stream.</summary>
    public List<(ulong Lane, ulong Number)> Taken { get; } = [];

    public List<ulong> Places { get; } = [];

    public StreamStandingKind Kind => Reader.Standing.Kind;

    public void Dispose()
    {
        Reader.Dispose();
        Reader.Publisher?.Dispose();
        Log.Dispose();
        Assert.Equal([], Pool.DescribeOutstanding());
    }

    public ReaderBench Started()
    {
        Log.Start(() => { });
        Reader.BeginNewest();
        Turn();
        return this;
    }

    /// <summary>Time passes, in turns of a tenth of a second; all is taken.</summary>
    public void Turn(double seconds = 0, int takes = int.MaxValue)
    {
        long until = _now + (long)(seconds * TimeSpan.TicksPerSecond);
        while (true)
        {
            // What is asked for is answered at once, and taken in the next turn.
            for (int i = 0; i < 8; i++)
            {
                Reader.Step(_now);
                for (; takes > 0 && Reader.TryTake(out var parcel); takes--)
                {
                    Taken.Add((parcel.Head.Lane, parcel.Head.Number));
                    Places.Add(parcel.Number);
                    parcel.Parcel.Release();
                }

                Reader.Publisher?.Step(_now);
            }

            if (_now >= until)
                break;
            _now += TimeSpan.TicksPerSecond / 10;
            Time.Advance(TimeSpan.FromSeconds(0.1));
        }
    }

    /// <summary>A lane's next parcels are appended; its first carries a table.</summary>
    public void Append(ulong lane, int count = 1, int bytes = 10, bool hasTable = false)
    {
        for (int i = 0; i < count; i++)
        {
            ulong number = _numbers[lane] = _numbers.GetValueOrDefault(lane) + 1;
            var table = number == 1 || hasTable ? LanesNow() : null;
            Append(ParcelMaking.Make(Pool, lane, number, [(new byte[bytes], 1, 0)], table));
        }
    }

    public void Append(PageChain parcel)
    {
        byte[] bytes = parcel.Bytes();
        parcel.Release();
        Stream.Append(bytes);
    }

    /// <summary>A parcel of one request, not sealed.</summary>
    public PageChain Unsealed(byte[] request)
    {
        var parcel = new PageChain();
        var writer = new ParcelWriter(Pool, MemoryShare.Backlog);
        Assert.True(writer.TryBegin(parcel, request.Length) && writer.TryAdd(request.Length, 0, 0) && writer.TryWrite(request));
        writer.End();
        return parcel;
    }

    /// <summary>As of the stream's last entry, by who has read all of it.</summary>
    public Lanes LanesNow()
    {
        var reader = new ParcelReader(Stream.State.Identity, ParcelMaking.Protocol);
        if (_oracle.Number > Stream.State.Last)
            _oracle.BeginBehind(0);
        foreach (var (number, time, bytes) in Stream.Entries.Skip((int)_oracle.Number))
        {
            var parcel = ParcelMaking.Chain(Pool, bytes);
            Assert.Equal(ParcelStatus.Whole, reader.Read(parcel, out var head));
            _oracle.Judge(number, time, head);
            parcel.Release();
        }

        var lanes = new Lanes();
        lanes.CopyFrom(_oracle);
        return lanes;
    }
}
