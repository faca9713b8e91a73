namespace Dynode.Broadcast.Framed.Sequence;

/// <summary>A server connection, which may have to wait until a client has taken some of its replies. In turns only.</summary>
internal interface IPausedRead : ISequenced
{
    /// <summary>It stands among those that wait so.</summary>
    bool IsPaused { get; set; }
}
