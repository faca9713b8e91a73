using System.Net;
using Dynode.Broadcast.Plane;
using Dynode.Log;

namespace Dynode.Broadcast.Backends;

/// <summary>
/// Counts what goes wrong with one backend, at once, and says so in the log: at once the first time, then at most every
/// <see cref="Interval"/>, with totals that hold what was not said one by one. The data plane's housekeeping says the rest, so
/// nothing stays unsaid. Any thread.
/// </summary>
internal sealed class BackendReport(Backend backend, DataPlane plane)
{
    /// <summary>The least time between two lines of one kind about one backend.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly LogDrop[] _dropped = new LogDrop[Enum.GetValues<DropReason>().Length];
    private Line _drops;
    private Line _lost;
    private Line _ejected;
    private Line _repeated;
    private volatile string? _lastError;

    /// <summary>Why a connect failed, or a connection ended, last; null: none has.</summary>
    public string? LastError => _lastError;

    /// <summary>Raw: sessions owe it so much more; with a minus, less.</summary>
    public void Owes(long bytes) => backend.Counters.Owes(bytes);

    /// <summary>A connect has failed, or a lookup of its name.</summary>
    public void Failed(string error) => _lastError = error;

    /// <summary>Bytes that will not reach the server.</summary>
    public void Dropped(DropReason reason, LogDrop drop)
    {
        if (drop is { Bytes: 0, Requests: 0 })
            return;
        backend.Counters.Dropped(reason, drop.Requests, drop.Bytes);
        lock (_lock)
        {
            _dropped[(int)reason] += drop;
            _drops.Note(null, "", 0);
        }

        Flush(always: false);
    }

    /// <summary>A connection ended before its session's end had been sent and acknowledged.</summary>
    public void Lost(EndPoint? client, long unacknowledged, string error)
    {
        backend.Counters.Lost(unacknowledged);
        _lastError = error;
        lock (_lock)
            _lost.Note(client, error, 0);
        Flush(always: false);
    }

    /// <summary>The hold budget of a session was spent.</summary>
    public void Ejected(EndPoint? client)
    {
        backend.Counters.Ejected();
        lock (_lock)
            _ejected.Note(client, "", 0);
        Flush(always: false);
    }

    /// <summary>A new connection began again with requests (raw: a burst) that had begun on another.</summary>
    public void Repeated(EndPoint? client, long requests, long bytes)
    {
        backend.Counters.Repeated(requests, bytes);
        lock (_lock)
            _repeated.Note(client, "", bytes);
        Flush(always: false);
    }

    /// <summary>Says what has not been said.</summary>
    /// <param name="always">Also before the interval has passed: at the end.</param>
    public void Flush(bool always)
    {
        long now = plane.Clock.Now;
        Line lost, ejected, repeated;
        LogDrop[]? dropped = null;
        lock (_lock)
        {
            lost = _lost.Take(now, always);
            ejected = _ejected.Take(now, always);
            repeated = _repeated.Take(now, always);
            if (_drops.Take(now, always).IsDue)
            {
                dropped = [.. _dropped];
                Array.Clear(_dropped);
            }
        }

        if (lost.IsDue || ejected.IsDue || repeated.IsDue)
        {
            var totals = backend.Snapshot();
            if (lost.IsDue && plane.IsFramed)
                plane.Logger.FramedConnectionLost(backend.Address, lost.Text, totals.ConnectionsLost, totals.UnacknowledgedBytes);
            else if (lost.IsDue)
                plane.Logger.ConnectionsLost(backend.Address, lost.Client, totals.ConnectionsLost, totals.UnacknowledgedBytes, lost.Text);
            if (ejected.IsDue && plane.IsFramed)
                plane.Logger.FramedEjected(backend.Address, totals.Ejections);
            else if (ejected.IsDue)
                plane.Logger.Ejected(backend.Address, ejected.Client, totals.Ejections);
            if (repeated.IsDue && plane.IsFramed)
                plane.Logger.FramedRepeated(backend.Address, totals.Repeats, totals.RepeatedBytes);
            else if (repeated.IsDue)
                plane.Logger.Repeated(backend.Address, repeated.Client, repeated.Bytes, totals.Repeats);
        }

        for (int reason = 0; reason < dropped?.Length; reason++)
        {
            var drop = dropped[reason];
            if (drop is not { Bytes: 0, Requests: 0 })
                plane.Logger.Dropped(backend.Address, (DropReason)reason, plane.IsFramed ? "requests" : "bursts", drop.Requests, drop.Bytes, backend.Counters.DroppedRequests((DropReason)reason));
        }
    }

    /// <summary>What the next line of one kind would say, and when it may.</summary>
    private struct Line
    {
        private long _next;

        public bool IsDue { get; private set; }

        public EndPoint? Client { get; private set; }

        public string Text { get; private set; }

        public long Bytes { get; private set; }

        public void Note(EndPoint? client, string text, long bytes)
        {
            IsDue = true;
            Client = client;
            Text = text;
            Bytes = bytes;
        }

        public Line Take(long now, bool always)
        {
            if (!IsDue || (now < _next && !always))
                return default;
            _next = now + Interval.Ticks;
            var taken = this;
            IsDue = false;
            return taken;
        }
    }
}
