using Dynode.Broadcast.Framed.Answers;
using Dynode.Protocols;
using Dynode.Protocols.Policies;

namespace Dynode.Broadcast.Framed.Sequence;

/// <summary>
/// Whose a cursor is: who goes on from one is answered by the connection that gave it, for as long as its server is current on it, and
/// else told to begin anew. Where there is but one server, cursors stay as they are; so do they where clients get every server's, or none.
/// In turns only.
/// </summary>
internal sealed class CursorOrigins(IServers servers, IReplyPolicy policy)
{
    private readonly bool _isOneServers = policy is not (AllReplies or NoReply);

    /// <summary>The cursors that servers give are marked.</summary>
    public bool AreMarked => _isOneServers && servers.Voters.Configured.Length > 1;

    /// <summary>Who answers a request that goes on from a cursor.</summary>
    /// <param name="verdict">On it.</param>
    /// <param name="origin">The one server; null: whoever votes.</param>
    /// <returns>False: nobody can.</returns>
    public bool TryFind(in RequestVerdict verdict, out VoterSet? origin)
    {
        int cursor = verdict.Cursor;
        origin = null;
        if (!_isOneServers || cursor is 0 or RequestVerdict.CursorBegins)
            return true;
        if (cursor == RequestVerdict.CursorUnknown)
            return !AreMarked;
        origin = servers.AloneOf(cursor, verdict.Protocol);
        return origin is not null;
    }
}
