using System.Net;
using System.Net.Sockets;
using Dynode.Broadcast.Plane;

namespace Dynode.Broadcast.Raw;

/// <summary>
/// One session's connections: those that carry a delivery, and those that were let go and are still to end. Owned by its
/// session's turns.
/// </summary>
internal sealed class ConnectionSet(DataPlane plane, ReplyRelay relay, MemoryRelief memory, SessionTurns turns, int capacity)
{
    private readonly List<BackendConnection> _connections = new(capacity);

    public int Count => _connections.Count;

    public List<BackendConnection>.Enumerator GetEnumerator() => _connections.GetEnumerator();

    public bool Any(Predicate<BackendConnection> condition) => _connections.Exists(condition);

    /// <summary>Begins to connect.</summary>
    /// <exception cref="SocketException">The system gave no socket.</exception>
    public BackendConnection Open(Delivery delivery, EndPoint endPoint)
    {
        var connection = new BackendConnection(plane, delivery, relay, new ReplyBuffer(memory, turns), turns, endPoint);
        _connections.Add(connection);
        return connection;
    }

    /// <summary>A connection of this delivery is there, be it one that was let go.</summary>
    public bool HasAny(Delivery delivery) => Find(delivery, orClosed: true);

    /// <summary>One is there that is still to end: its server may have bytes to read there.</summary>
    public bool HasOpen(Delivery delivery) => Find(delivery, orClosed: false);

    /// <summary>Each takes what has completed; those of which nothing is left are forgotten.</summary>
    public void Step(long now)
    {
        for (int i = _connections.Count - 1; i >= 0; i--)
        {
            var connection = _connections[i];
            connection.Step(now);
            connection.Delivery.Settle();
            if (connection.IsQuiet)
                _connections.RemoveAt(i);
        }
    }

    /// <summary>What time has decided. Returns when to look again.</summary>
    public long CheckDeadlines(long now)
    {
        long next = Clock.Never;
        foreach (var connection in _connections)
        {
            connection.CheckDeadline(now);
            next = Math.Min(next, connection.Deadline);
        }

        return next;
    }

    /// <summary>All end at once, and what their servers may not have is counted.</summary>
    public void Abandon()
    {
        foreach (var connection in _connections)
            connection.Abandon();
    }

    private bool Find(Delivery delivery, bool orClosed)
    {
        foreach (var connection in _connections)
        {
            if (connection.Delivery == delivery && (orClosed || !connection.IsClosed))
                return true;
        }

        return false;
    }
}
