namespace Dynode.Broadcast.Backends;

/// <summary>A delivery's place in its backend's queue; guarded by the backend's lock.</summary>
internal enum ConnectGrant
{
    /// <summary>It has not asked.</summary>
    None,

    /// <summary>It waits to be woken.</summary>
    Waiting,

    /// <summary>It may connect, or is connecting.</summary>
    Granted,
}

/// <summary>Who wants a connection to a backend: one delivery of one log.</summary>
internal interface IConnector
{
    /// <summary>Guarded by the backend's lock.</summary>
    ConnectGrant Grant { get; set; }

    /// <summary>It has an entry in the backend's queue, be it one that it withdrew from. Guarded by the backend's lock.</summary>
    bool IsQueued { get; set; }

    /// <summary>Something has changed: it may connect now, or its server was found dead. Called without the lock: only leave word.</summary>
    void Wake();
}

/// <summary>Those who want to connect to one backend: who waits, in the order they came, and how many may, or do. Guarded by the backend's lock.</summary>
internal sealed class ConnectQueue
{
    private readonly Queue<IConnector> _waiting = new();

    /// <summary>Connects that are under way, or may be.</summary>
    public int Granted { get; private set; }

    /// <summary>Somebody waits, or did.</summary>
    public bool HasWaiting => _waiting.Count > 0;

    /// <summary>It may connect.</summary>
    public void Grant(IConnector connector)
    {
        connector.Grant = ConnectGrant.Granted;
        Granted++;
    }

    /// <summary>It waits.</summary>
    public void Await(IConnector connector)
    {
        connector.Grant = ConnectGrant.Waiting;
        if (!connector.IsQueued)
            _waiting.Enqueue(connector);
        connector.IsQueued = true;
    }

    /// <summary>It neither waits any more nor may connect. One that waited stays in the queue, and is passed over there.</summary>
    public void Settle(IConnector connector)
    {
        if (connector.Grant == ConnectGrant.Granted)
            Granted--;
        connector.Grant = ConnectGrant.None;
    }

    /// <summary>Grants the first that waits; null: nobody does.</summary>
    public IConnector? GrantNext()
    {
        while (_waiting.TryDequeue(out var next))
        {
            next.IsQueued = false;
            if (next.Grant != ConnectGrant.Waiting)
                continue;
            Grant(next);
            return next;
        }

        return null;
    }

    /// <summary>All that wait, and go on doing so.</summary>
    public IConnector[] AllWaiting() => [.. _waiting.Where(static connector => connector.Grant == ConnectGrant.Waiting)];
}
