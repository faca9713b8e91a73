using System.Net;
using System.Net.Sockets;
using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Transport;

namespace Dynode.Broadcast.Raw;

/// <summary>
/// The connection that carries one delivery, at most one at a time: asked for of the backend, and let go.
/// Owned by its session's turns, but for <see cref="Grant"/>.
/// </summary>
internal sealed class Carrier(Backend backend, ConnectionSet connections, SessionTurns turns) : IConnector
{
    private bool _mayBeEager = true;
    private ConnectionEnd _lastEnd;

    /// <inheritdoc/>
    public ConnectGrant Grant { get; set; }

    /// <inheritdoc/>
    public bool IsQueued { get; set; }

    public BackendConnection? Connection { get; private set; }

    /// <summary>It wants a connection although nothing is owed yet: the server may speak first.</summary>
    public bool IsEager { get; private set; } = true;

    /// <summary>Nothing can be sent on a connection of it now.</summary>
    public bool IsMissing => Connection is null or { IsConnecting: true };

    /// <summary>Its server ended the last connection by its FIN: it has said all.</summary>
    public bool HasSaidAll => Connection is null && _lastEnd == ConnectionEnd.Whole;

    /// <summary>Its server broke off in the midst of what it said, and has not been connected to again.</summary>
    public bool IsTorn => IsMissing && _lastEnd == ConnectionEnd.Torn;

    /// <inheritdoc/>
    public void Wake() => turns.Wake();

    /// <summary>Begins to connect as soon as the backend lets it.</summary>
    public void Connect(Delivery delivery)
    {
        if (!backend.TryGrant(this, out var endPoint))
            return;
        _mayBeEager &= IsEager;
        IsEager = false;
        try
        {
            Connection = connections.Open(delivery, endPoint!);
        }
        catch (SocketException e)
        {
            // No completion will come of it: the next turn takes its place in the queue.
            Failed(endPoint!, e.Message);
            turns.Again();
        }
    }

    /// <summary>Sends what is owed as long as the kernel takes it. True: it took something.</summary>
    public bool TrySend(in LogPlace place, EndPoint? client, long now)
    {
        bool took = false;
        while (Connection is { SendPending: false } connection && place.Owes)
        {
            if (!connection.Begun && !(connection.Begun = place.TryBegin(client)))
                break;
            if (!place.TryRead(out var bytes, out var page))
                break;
            var outcome = connection.Send(bytes, page, now, out int sent);
            if (sent > 0)
                place.Advance(sent);
            took |= sent > 0;
            if (outcome != SendOutcome.Done)
                break;
        }

        return took;
    }

    /// <summary>The connect succeeded.</summary>
    public void Connected(EndPoint endPoint) => backend.Connected(this, endPoint);

    /// <summary>A connect came to nothing. The first one of a session goes through all of a server's addresses, also where nothing is owed yet.</summary>
    public void Failed(EndPoint endPoint, string error) => IsEager = backend.ConnectFailed(this, endPoint, error) && _mayBeEager;

    /// <summary>No connection is wanted any more.</summary>
    public void Withdraw() => backend.Withdraw(this);

    /// <summary>The connection ends now, if there is one, and none is wanted any more.</summary>
    public void Abandon()
    {
        Withdraw();
        Connection?.Abandon();
    }

    /// <summary>A connection that has ended, or that is let go, carries nothing any longer; but nothing is begun elsewhere while it still sends.</summary>
    public void Settle(bool letGo)
    {
        if (Connection is not { SendPending: false } connection || !(letGo || connection.IsClosed))
            return;

        // A connect that comes to nothing is no news of what its server had said.
        if (connection.End != ConnectionEnd.None)
            _lastEnd = connection.End;
        Connection = null;
    }
}
