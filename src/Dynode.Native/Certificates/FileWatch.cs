using System.Security.Cryptography;
using Microsoft.Extensions.Logging;

namespace Dynode.Native.Certificates;

/// <summary>What was read from files at one moment. Immutable.</summary>
/// <typeparam name="T">Itself.</typeparam>
internal interface IFromFiles<T>
{
    /// <summary>Their paths; empty ones are none.</summary>
    IEnumerable<string> Files { get; }

    /// <summary>Reads them anew.</summary>
    /// <param name="read">Reads files.</param>
    /// <param name="now">When.</param>
    /// <param name="fault">The first thing that is wrong, for the operator; names the file.</param>
    T? ReadAgain(FileReading read, DateTimeOffset now, out string? fault);

    /// <summary>Says that it is used from now on.</summary>
    void SayTaken(ILogger log);

    /// <summary>Says that what is in the files is not, and this stays.</summary>
    void SayNotTaken(ILogger log, string why);

    /// <summary>From when on nobody takes what is shown of it any more.</summary>
    DateTimeOffset End { get; }

    /// <summary>Says that it has come to its end, and is shown all the same.</summary>
    void SayEnded(ILogger log);
}

/// <summary>
/// What is in files, as it is now: they are read every ten seconds and at each reload, and what has changed and is good is used from then on. What is
/// bad changes nothing, and is said. Any thread.
/// </summary>
internal sealed class FileWatch<T> : IDisposable
    where T : class, IFromFiles<T>
{
    /// <summary>How often files are read: whoever swaps certificates sees the new one within this.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    /// <summary>How often what is bad and stays so is said again.</summary>
    private static readonly TimeSpan SayAgain = TimeSpan.FromHours(1);

    private readonly FileReading _read;
    private readonly ILogger _log;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly Lock _looking = new();
    private volatile T _now;
    private byte[] _digest;
    private string? _fault;
    private long? _saidAt;
    private long? _endSaidAt;

    /// <param name="first">Read already; what has come to the files since is read here.</param>
    /// <param name="read">Reads files.</param>
    /// <param name="log">Takes what becomes of them.</param>
    /// <param name="time">The clock.</param>
    public FileWatch(T first, FileReading read, ILogger log, TimeProvider time)
    {
        (_now, _read, _log, _time) = (first, read, log, time);

        // Before they are read, as later on: what comes between is another digest's.
        _digest = DigestOf(first);
        if (_digest.Length > 0)
            _now = first.ReadAgain(read, time.GetUtcNow(), out _fault) ?? first;
        _timer = time.CreateTimer(static state => ((FileWatch<T>)state!).Tick(), this, Interval, Interval);
    }

    /// <summary>What is used.</summary>
    public T Now => _now;

    /// <summary>Why what is in the files is not what is used; null: it is.</summary>
    public string? Fault => Volatile.Read(ref _fault);

    /// <summary>A reload's, which has been read and found good.</summary>
    /// <param name="settings">The same with the new settings; its files are read here.</param>
    public void Apply(Func<T, T> settings)
    {
        lock (_looking)
        {
            _now = settings(_now);
            Take(isReload: true);
        }
    }

    /// <summary>The files are looked at.</summary>
    public void Look()
    {
        lock (_looking)
            Take(isReload: false);
    }

    /// <summary>Nothing is read any more.</summary>
    public void Dispose() => _timer.Dispose();

    // Where files are on what does not answer, one thread waits for it and not one more each time.
    private void Tick()
    {
        if (!_looking.TryEnter())
            return;
        try
        {
            Take(isReload: false);
        }
        finally
        {
            _looking.Exit();
        }
    }

    private void Take(bool isReload)
    {
        byte[] digest = DigestOf(_now);
        bool hasChanged = isReload || !digest.AsSpan().SequenceEqual(_digest);
        if (!hasChanged && _fault is null)
        {
            SayEnded();
            return;
        }

        var next = _now.ReadAgain(_read, _time.GetUtcNow(), out string? fault);
        if (next is null)
        {
            if (fault != _fault || IsTimeToSay(_saidAt))
            {
                _saidAt = _time.GetTimestamp();
                _now.SayNotTaken(_log, fault!);
            }

            Volatile.Write(ref _fault, fault);
            return;
        }

        _now = next;
        _digest = digest;
        _endSaidAt = null;
        Volatile.Write(ref _fault, null);
        if (hasChanged)
            next.SayTaken(_log);
    }

    private void SayEnded()
    {
        if (_time.GetUtcNow() < _now.End || !IsTimeToSay(_endSaidAt))
            return;
        _endSaidAt = _time.GetTimestamp();
        _now.SayEnded(_log);
    }

    private bool IsTimeToSay(long? saidAt) => saidAt is not { } at || _time.GetElapsedTime(at) >= SayAgain;

    /// <summary>Of all that the files hold; what cannot be read counts as empty. Without any there is none: to make one takes a library that may not be here.</summary>
    private byte[] DigestOf(T of)
    {
        string[] paths = [.. of.Files.Where(static path => path.Length > 0)];
        if (paths.Length == 0)
            return [];
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string path in paths)
        {
            byte[] bytes = _read(path, out _) ?? [];
            hash.AppendData(BitConverter.GetBytes(bytes.Length));
            hash.AppendData(bytes);
        }

        return hash.GetHashAndReset();
    }
}
