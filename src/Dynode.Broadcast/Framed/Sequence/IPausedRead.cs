namespace Dynode.Broadcast.Framed.Sequence;

/// <summary>What reads a server connection, where the next reply may have to wait. In turns only.</summary>
internal interface IPausedRead
{
    /// <summary>It stands among those that wait so.</summary>
    bool IsPaused { get; set; }

    /// <summary>The next reply is not to be read yet.</summary>
    bool MustWait { get; }

    /// <summary>It may be.</summary>
    void ReadOn();
}
