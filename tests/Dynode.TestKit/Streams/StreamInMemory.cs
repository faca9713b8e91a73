using Dynode.Log;
using Dynode.Streams;

namespace Dynode.TestKit.Streams;

/// <summary>
/// A stream in memory that several <see cref="ScriptedLog"/> publish to and read, and that a test has lose, double and reorder what is published, go back, be made anew, keep
/// less. Without faults what is published is appended at once. Any thread.
/// </summary>
public sealed class StreamInMemory(StreamIdentity identity, TimeProvider time, int parcelBytesMax = 1 << 20)
{
    private readonly List<Entry> _entries = [];
    private readonly List<ScriptedLog> _logs = [];
    private StreamIdentity _identity = identity;
    private int _parcelBytesMax = parcelBytesMax;
    private ulong _first = 1;

    /// <summary>What happens to what is published and heard; null: nothing does.</summary>
    public StreamFaults? Faults { get; init; }

    /// <summary>Values beside the stream, for all.</summary>
    public ScriptedKeys Keys { get; } = new();

    /// <summary>Who leads it, as whoever asks is told.</summary>
    public string Leader { get; set; } = "";

    /// <summary>As it stands.</summary>
    public StreamState State
    {
        get
        {
            lock (Gate)
                return StateNow;
        }
    }

    /// <summary>All that it has, kept or not: its number, its time, its bytes.</summary>
    public IReadOnlyList<(ulong Number, long Time, byte[] Bytes)> Entries
    {
        get
        {
            lock (Gate)
                return [.. _entries.Select((entry, i) => ((ulong)i + 1, entry.Time, entry.Bytes))];
        }
    }

    internal object Gate { get; } = new();

    internal StreamState StateNow => new(_identity, _first, (ulong)_entries.Count, _parcelBytesMax, 500, "in memory") { Server = "memory:1", Leader = Leader };

    /// <summary>Another connection, away until it is started, and told to <see cref="ScriptedLog.Connect"/> where it is not to be at once.</summary>
    /// <param name="pool">Of pages for what it says.</param>
    /// <param name="share">What they count to.</param>
    public ScriptedLog Log(PagePool pool, MemoryShare share = MemoryShare.Requests)
    {
        var log = new ScriptedLog(this, pool, share);
        lock (Gate)
            _logs.Add(log);
        return log;
    }

    /// <summary>Appends, whoever published it.</summary>
    public void Append(byte[] bytes) => Change(() =>
    {
        if (bytes.Length > _parcelBytesMax)
            return;
        _entries.Add(new Entry(time.GetUtcNow().ToUnixTimeMilliseconds(), bytes));
        foreach (var log in _logs)
            log.Appended((ulong)_entries.Count, _entries[^1]);
    });

    /// <summary>Something happens to what is on its way, and to connections: once in each step of a test with <see cref="Faults"/>.</summary>
    public void Happen()
    {
        List<byte[]> arrive = [];
        lock (Gate)
        {
            foreach (var log in _logs)
                Faults?.Happen(log, arrive);
        }

        arrive.ForEach(Append);
    }

    /// <summary>Only what comes from a number on is kept.</summary>
    public void Keep(ulong first) => Change(() => _first = Math.Max(_first, first));

    /// <summary>It loses what comes behind a number, though it had acknowledged it; nobody is told.</summary>
    public void GoBack(ulong last) => Change(() => _entries.RemoveRange((int)last, _entries.Count - (int)last));

    /// <summary>It is deleted, and another is made.</summary>
    public void Recreate(long created) => Change(() =>
    {
        _entries.Clear();
        _first = 1;
        _identity = new StreamIdentity(_identity.Name, created);
    });

    /// <summary>The longest that it takes from now on. Who is connected is told when he looks.</summary>
    public void Take(int bytesMax) => Change(() => _parcelBytesMax = bytesMax);

    /// <summary>An entry has other bytes from now on, as a replica whose disk has lost a bit.</summary>
    public void Replace(ulong number, byte[] bytes) => Change(() => _entries[(int)number - 1] = _entries[(int)number - 1] with { Bytes = bytes });

    /// <summary>What it has from a number on.</summary>
    internal IEnumerable<(ulong Number, Entry Entry)> From(ulong number)
    {
        for (ulong at = Math.Max(number, _first); at <= (ulong)_entries.Count; at++)
            yield return (at, _entries[(int)at - 1]);
    }

    private void Change(Action change)
    {
        ScriptedLog[] logs;
        lock (Gate)
        {
            change();
            logs = [.. _logs];
        }

        foreach (var log in logs)
            log.Wake();
    }

    internal sealed record Entry(long Time, byte[] Bytes);
}
