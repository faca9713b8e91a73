namespace Dynode.Broadcast.Framed.Sequence;

/// <summary>
/// Server connections that are not read, because the next reply is one of a client that must first take some of those that wait
/// for it. In turns only.
/// </summary>
internal sealed class PausedReads(Turns turns)
{
    private readonly List<IPausedRead> _all = [];

    /// <summary>It is read on when any client has taken some.</summary>
    public void Add(IPausedRead connection)
    {
        if (connection.IsPaused)
            return;
        connection.IsPaused = true;
        _all.Add(connection);
    }

    /// <summary>A client has taken some of its replies, or will take none any more: they look again.</summary>
    public void ReadOn()
    {
        foreach (var connection in _all)
        {
            connection.IsPaused = false;
            turns.Signal(connection);
        }

        _all.Clear();
    }
}
