namespace Dynode.Broadcast.Plane;

/// <summary>Counts over all clients; written by every session, read by snapshots.</summary>
internal sealed class TrafficCounters
{
    private long _received;
    private long _relayed;
    private long _unread;
    private long _writeTimeouts;
    private long _idleTimeouts;

    public long ReceivedBytes => Interlocked.Read(ref _received);

    public long RelayedBytes => Interlocked.Read(ref _relayed);

    public long UnreadBytes => Interlocked.Read(ref _unread);

    public long WriteTimeouts => Interlocked.Read(ref _writeTimeouts);

    public long IdleTimeouts => Interlocked.Read(ref _idleTimeouts);

    public void Received(int bytes) => Interlocked.Add(ref _received, bytes);

    public void Relayed(int bytes) => Interlocked.Add(ref _relayed, bytes);

    public void Unread(int bytes) => Interlocked.Add(ref _unread, bytes);

    public long WriteTimedOut() => Interlocked.Increment(ref _writeTimeouts);

    public long IdleTimedOut() => Interlocked.Increment(ref _idleTimeouts);
}
