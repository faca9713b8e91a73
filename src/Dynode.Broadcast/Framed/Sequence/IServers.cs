using Dynode.Broadcast.Framed.Answers;

namespace Dynode.Broadcast.Framed.Sequence;

/// <summary>The servers as those see them who put requests into the log. In turns only.</summary>
internal interface IServers
{
    /// <summary>Who votes on what enters the log now.</summary>
    VoterSet Voters { get; }

    /// <summary>Who of them votes on a request whose reply must be in a protocol: those that speak it.</summary>
    VoterSet VotersOf(byte protocol);

    /// <summary>Of those the one that is current on the connection which cursors of this origin came on; null: none is.</summary>
    VoterSet? AloneOf(int origin, byte protocol);

    /// <summary>No server votes now, but one may in a moment: it is being connected to, or catches up.</summary>
    bool AnyComing { get; }

    /// <summary>Whether so many bytes more are within the backlog of every server that clients wait for.</summary>
    bool HasRoom(long length);

    /// <summary>Clients wait. Those servers that hold them so are seen to.</summary>
    /// <param name="now">The turn's time.</param>
    /// <param name="forMemory">What they wait for is memory, not room in the log: whoever is behind at all holds some.</param>
    void Hold(long now, bool forMemory);

    /// <summary>No client waits any more.</summary>
    void HoldNobody(long now);

    /// <summary>Memory for backlogs is spent: where those who are farthest behind hold nobody, they lose their oldest requests.</summary>
    void FreeMemory();
}
