namespace Dynode.Broadcast.Backends;

/// <summary>What happened to one backend since it was first configured; written by all its sessions, read by snapshots.</summary>
internal sealed class BackendCounters
{
    private readonly long[] _droppedRequests = new long[Enum.GetValues<DropReason>().Length];
    private readonly long[] _droppedBytes = new long[Enum.GetValues<DropReason>().Length];
    private long _connections;
    private long _connects;
    private long _connectFailures;
    private long _connectionsLost;
    private long _sentBytes;
    private long _repliedBytes;
    private long _repeats;
    private long _repeatedBytes;
    private long _unacknowledgedBytes;
    private long _ejections;
    private long _divergences;
    private long _withdrawals;
    private long _refusals;
    private long _owed;

    public void Connected()
    {
        Interlocked.Increment(ref _connects);
        Interlocked.Increment(ref _connections);
    }

    public void Disconnected() => Interlocked.Decrement(ref _connections);

    public void ConnectFailed() => Interlocked.Increment(ref _connectFailures);

    public void Lost(long unacknowledgedBytes)
    {
        Interlocked.Increment(ref _connectionsLost);
        Interlocked.Add(ref _unacknowledgedBytes, unacknowledgedBytes);
    }

    public void Sent(long bytes) => Interlocked.Add(ref _sentBytes, bytes);

    public void Replied(long bytes) => Interlocked.Add(ref _repliedBytes, bytes);

    public long Diverged() => Interlocked.Increment(ref _divergences);

    public void Withdrew() => Interlocked.Increment(ref _withdrawals);

    public long Refused(long requests) => Interlocked.Add(ref _refusals, requests);

    public void Repeated(long requests, long bytes)
    {
        Interlocked.Add(ref _repeats, requests);
        Interlocked.Add(ref _repeatedBytes, bytes);
    }

    public void Owes(long bytes) => Interlocked.Add(ref _owed, bytes);

    public void Ejected() => Interlocked.Increment(ref _ejections);

    public void Dropped(DropReason reason, long requests, long bytes)
    {
        Interlocked.Add(ref _droppedRequests[(int)reason], requests);
        Interlocked.Add(ref _droppedBytes[(int)reason], bytes);
    }

    public long DroppedRequests(DropReason reason) => Interlocked.Read(ref _droppedRequests[(int)reason]);

    public long DroppedBytes(DropReason reason) => Interlocked.Read(ref _droppedBytes[(int)reason]);

    public BackendSnapshot Snapshot(BackendAddress address, BackendState state) => new()
    {
        Address = address,
        State = state,
        Connections = Interlocked.Read(ref _connections),
        Connects = Interlocked.Read(ref _connects),
        ConnectFailures = Interlocked.Read(ref _connectFailures),
        ConnectionsLost = Interlocked.Read(ref _connectionsLost),
        SentBytes = Interlocked.Read(ref _sentBytes),
        RepliedBytes = Interlocked.Read(ref _repliedBytes),
        Repeats = Interlocked.Read(ref _repeats),
        RepeatedBytes = Interlocked.Read(ref _repeatedBytes),
        UnacknowledgedBytes = Interlocked.Read(ref _unacknowledgedBytes),
        Ejections = Interlocked.Read(ref _ejections),
        Divergences = Interlocked.Read(ref _divergences),
        Withdrawals = Interlocked.Read(ref _withdrawals),
        Refusals = Interlocked.Read(ref _refusals),
        OwedBytes = Interlocked.Read(ref _owed),
        Drops = [.. Enum.GetValues<DropReason>().Select(reason => new DropCount(reason, DroppedRequests(reason), DroppedBytes(reason)))],
    };
}
