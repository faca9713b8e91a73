using Dynode.Log;
using Dynode.Streams;
using Dynode.Streams.Nats;
using Dynode.TestKit;

namespace Dynode.UnitTests.Streams.Nats;

/// <summary>A word as a test keeps it: the bytes are its own.</summary>
public sealed record TakenWord(StreamWordKind Kind, ulong Number, long Time, byte[] Bytes, StreamState? State, string Text)
{
    public override string ToString() => $"{Kind} {Number} {Bytes.Length} bytes {State?.Where} {Text}";
}

/// <summary>A log that is started, and all that it says, taken whenever somebody looks.</summary>
public sealed class NatsLogUnderTest : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly List<TakenWord> _words = [];
    private int _wakes;

    public NatsLogUnderTest(NatsSettings settings, long memoryBytes = 64 << 20, TimeProvider? time = null, INatsTls? tls = null)
    {
        Pool = new PagePool(memoryBytes);
        Log = new NatsLog(settings, Pool, time ?? TimeProvider.System, tls: tls);
        Log.Start(() => Interlocked.Increment(ref _wakes));
    }

    public NatsLog Log { get; }

    public PagePool Pool { get; }

    /// <summary>Nothing is taken while it is set.</summary>
    public bool IsAsleep { get; set; }

    public int Wakes => Volatile.Read(ref _wakes);

    /// <summary>All until now.</summary>
    public IReadOnlyList<TakenWord> Words
    {
        get
        {
            lock (_lock)
            {
                while (!IsAsleep && Log.TryTake(out StreamWord word))
                    _words.Add(new TakenWord(word.Kind, word.Number, word.Time, Read(word.Parcel), word.State, word.Text));
                return [.. _words];
            }
        }
    }

    /// <summary>Of one kind.</summary>
    public IReadOnlyList<TakenWord> Of(StreamWordKind kind) => [.. Words.Where(word => word.Kind == kind)];

    /// <summary>A log for a server of this machine.</summary>
    public static NatsSettings Settings(int port, string stream = "orders", string scheme = "nats", string host = "127.0.0.1")
    {
        Xunit.Assert.True(NatsUrl.TryParse($"{scheme}://{host}:{port}/{stream}", out NatsUrl? url, out string fault), fault);
        return new NatsSettings(url!) { Replicas = 1, BytesMax = 256 << 20 };
    }

    /// <summary>Waits for a word of that kind behind the first so many.</summary>
    public async Task<TakenWord> WordAsync(StreamWordKind kind, int after = 0, TimeSpan? deadline = null)
    {
        TakenWord? found = null;
        await Eventually.True(() => (found = Words.Skip(after).FirstOrDefault(word => word.Kind == kind)) is not null, () => $"no {kind}. {Dump()}", deadline);
        return found!;
    }

    public void Publish(ulong lane, byte[] bytes)
    {
        var chain = new PageChain();
        for (int done = 0; done < bytes.Length;)
        {
            if (chain.Room.IsEmpty)
            {
                Xunit.Assert.True(Pool.TryRentFor(bytes.Length - done, MemoryShare.Backlog, out Page? page));
                chain.Add(page);
            }

            done += chain.Write(bytes.AsSpan(done));
        }

        Log.Publish(lane, chain);

        // It is copied: whatever becomes of ours changes nothing.
        if (chain.TryPeek(out _, out Page first))
            first.Span.Fill(0xEE);
        chain.Release();
    }

    public string Dump() => string.Join('\n', Words.TakeLast(40));

    public async ValueTask DisposeAsync()
    {
        await Log.DisposeAsync();
        _ = Words;
        await Eventually.True(() => Pool.Snapshot().OutstandingPages == 0, () => string.Join('\n', Pool.DescribeOutstanding()));
    }

    private static byte[] Read(PageChain? parcel)
    {
        if (parcel is null)
            return [];
        byte[] bytes = new byte[parcel.Length];
        Xunit.Assert.Equal(bytes.Length, parcel.Read(0, bytes));
        parcel.Release();
        return bytes;
    }
}
