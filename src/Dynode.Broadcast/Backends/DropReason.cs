namespace Dynode.Broadcast.Backends;

/// <summary>Why bytes that a client sent will not reach one server. Each has a counter of its own.</summary>
public enum DropReason
{
    /// <summary>The backlog was full while the server was away.</summary>
    Backlog,

    /// <summary>A connection was lost, or made, inside a request whose start is gone.</summary>
    MidRequest,

    /// <summary><c>raw_resume=session</c>: the server gets nothing more of a session that it lost or missed.</summary>
    Session,

    /// <summary>The server was ejected: its hold budget was spent.</summary>
    Ejected,

    /// <summary>The client left, and the server did not take what was left within <c>linger_timeout</c>.</summary>
    Linger,

    /// <summary>A lingering session had to make room for newer ones.</summary>
    Evicted,

    /// <summary>The server was removed, and did not take what was left within <c>linger_timeout</c>.</summary>
    Retired,

    /// <summary>The memory for backlogs was spent.</summary>
    Memory,

    /// <summary>It ended the server's connections: alone in flight, it was there each time the server ended without an answer.</summary>
    Poison,

    /// <summary>Framed: the server refused it, or was in another database, and did a later one before it could be left alone.</summary>
    Refused,

    /// <summary>Framed: the server was added while others ran, and has nothing of what was sent before.</summary>
    Added,

    /// <summary>The broadcaster stopped.</summary>
    Shutdown,

    /// <summary>Framed: the server has missed something of an earlier run. Of that run were the bytes that were dropped.</summary>
    Earlier,

    /// <summary>Ordered log: what comes behind the server's place is in the stream no more.</summary>
    Retention,

    /// <summary>Ordered log: the server has more than the stream: the stream lost what it had acknowledged.</summary>
    Ahead,

    /// <summary>Ordered log: the server's place is in another stream.</summary>
    Foreign,

    /// <summary>Ordered log: the stream has another entry where the server stands: it lost what it had acknowledged, and went on.</summary>
    Forked,
}
