namespace Dynode.Broadcast.Raw;

/// <summary>What others want of a session; it obeys in its next turn.</summary>
[Flags]
internal enum SessionOrder
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>End well: no more from the client, the log to those who are connected, replies, FIN both ways.</summary>
    Drain = 1,

    /// <summary>Room is needed: give up what waits for servers.</summary>
    Evict = 2,

    /// <summary>End now.</summary>
    Abort = 4,

    /// <summary>Memory is needed: the oldest page that only servers hold which are away.</summary>
    FreeMemory = 8,

    /// <summary>The settings changed: look at all deadlines again.</summary>
    Rearm = 16,

    /// <summary>The operator wants its client gone: no more from it; what it sent goes to servers.</summary>
    Close = 32,
}
