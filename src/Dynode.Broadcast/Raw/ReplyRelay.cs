using System.Net;
using Dynode.Broadcast.Plane;
using Dynode.Log;

namespace Dynode.Broadcast.Raw;

/// <summary>Which server's replies one client gets. Owned by its session's turns.</summary>
internal sealed class ReplyRelay(DataPlane plane, DeliverySet deliveries, ReplyWriter replies, SessionTurns turns)
{
    /// <summary>Under <c>primary</c>: the connection whose replies the client gets, once that is decided. One that its server has later is not it.</summary>
    public BackendConnection? Primary { get; private set; }

    /// <summary>Whose replies they are.</summary>
    public EndPoint? Client => replies.Client;

    /// <summary>Memory for replies is short: who can do without a page should.</summary>
    public bool IsTight => plane.Pool.IsTight(MemoryShare.Replies);

    /// <summary>Whether what a server says may have to reach the client: worth a page.</summary>
    public bool Wants(BackendConnection connection) => !replies.IsDead && !replies.IsFinished && plane.Settings.Reply switch
    {
        RawReply.None => false,
        RawReply.Primary => Primary is null || Primary == connection,
        _ => true,
    };

    /// <summary>Offers a connection's read to the client, or throws it away where it is not wanted.</summary>
    /// <param name="connection">Its <see cref="ReplyReader.Reply"/>.</param>
    /// <param name="now">When.</param>
    /// <param name="undecided">It waits for the choice of the primary: offer it again.</param>
    /// <returns>False: it waits. Where it does so for the client, <see cref="BackendConnection.ReplyTaken"/> will be called.</returns>
    public bool TryRelay(BackendConnection connection, long now, out bool undecided)
    {
        undecided = Wants(connection) && !TryChoosePrimary();
        return !undecided && (!Wants(connection) || replies.Offer(connection, now));
    }

    /// <summary>
    /// Under <c>primary</c>, from the first byte of either side on: the first in the list that is connected. One whose first
    /// connect is still under way, and whose server nobody knows to be dead, is waited for: else the fastest to connect would be
    /// primary, and no two sessions the same.
    /// </summary>
    /// <returns>False: not yet decided.</returns>
    public bool TryChoosePrimary()
    {
        if (Primary is not null || plane.Settings.Reply != RawReply.Primary)
            return true;
        foreach (var delivery in deliveries)
        {
            if (delivery.Connection is { IsConnected: true } connection)
            {
                Primary = connection;
                turns.Again();
                return true;
            }

            if (!delivery.IsAway && !delivery.IsSettled)
                return false;
        }

        return false;
    }
}
