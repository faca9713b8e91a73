using System.Net;
using System.Net.Sockets;
using Dynode.Broadcast.Backends;

namespace Dynode.Broadcast.Framed.Servers;

/// <summary>
/// What carries one delivery: a connection at a time, and the one before it while that ends. It finds the requests that end them.
/// <code>
///   none ──granted──▶ connecting ──▶ open ──lost, refused, ended by us──▶ none      (with what has still to end: <see cref="_ending"/>)
/// </code>
/// In turns only, but for <see cref="Wake"/>.
/// </summary>
internal sealed class Carrier(FramedDelivery delivery, ServerParts parts) : IConnector
{
    private PoisonRule _poison = PoisonRule.None;
    private FramedConnection? _ending;
    private Leftover? _leftover;
    private EndPoint? _endPoint;
    private bool _byTls;
    private bool _progressed;
    private bool _hasMoved;

    /// <inheritdoc/>
    public ConnectGrant Grant { get; set; }

    /// <inheritdoc/>
    public bool IsQueued { get; set; }

    public FramedConnection? Connection { get; private set; }

    /// <summary>The server is not where the connection leads, or is to be spoken to otherwise.</summary>
    public bool IsElsewhere => Connection is not null && (delivery.Backend.Name.HasLeft(_endPoint!) || _byTls != delivery.Backend.Calls.ByTls);

    /// <summary>The end is waited for of a connection to where the server was, or of one that was handed over, which may be long.</summary>
    public bool WaitsForEnd => _hasMoved || _leftover is not null;

    /// <summary>What another broadcaster must bring to its end; null: nothing.</summary>
    public HandedConnection? Handed { get; private set; }

    /// <summary>Nothing of any connection is left.</summary>
    public bool IsOver => Connection is null && _ending is null && _leftover is null;

    /// <inheritdoc/>
    public void Wake() => parts.Turns.Wake();

    /// <summary>Whether the request that the connection is answered next must be alone in flight.</summary>
    public bool IsCareful(long number) => _poison.IsCareful(number);

    /// <summary>Makes a connection, where it may.</summary>
    public void Connect(long now)
    {
        // Whatever the old one's kernel still held must not come behind what a new one sends.
        if (_ending is not null || _leftover is not null || !delivery.Backend.TryGrant(this, out var endPoint))
            return;
        try
        {
            // Read before the connection reads it: at worst the next one is made for nothing.
            (_endPoint, _byTls) = (endPoint!, delivery.Backend.Calls.ByTls);
            Connection = new FramedConnection(delivery, this, parts, endPoint!, now);
        }
        catch (SocketException e)
        {
            delivery.Backend.ConnectFailed(this, endPoint!, e.Message);
        }
    }

    /// <summary>The connection is ready.</summary>
    public void Opened() => _progressed = false;

    /// <summary>The server has answered a request.</summary>
    public void Progressed()
    {
        _progressed = true;
        _poison.Progressed();
    }

    /// <summary>The connection came to nothing.</summary>
    public void NotReady(EndPoint endPoint, string error)
    {
        LetGo();
        if (delivery.GoesOnAt is null)
            delivery.Backend.ConnectFailed(this, endPoint, error);
        else
            delivery.Backend.Withdraw(this);
    }

    /// <summary>Its delivery has gone to another log: requests that were suspected have other numbers there.</summary>
    public void GoneElsewhere() => _poison = PoisonRule.None;

    /// <summary>Nothing is owed on the connection, and the delivery goes on elsewhere; one that is not ready yet ends, too.</summary>
    public void EndIdle(long now)
    {
        if (Connection is { Matcher: not null })
            Move(now);
        else if (Connection is not null)
            Abandon();
        delivery.Backend.Withdraw(this);
    }

    /// <summary>The ready connection has ended, or the server has refused to go on.</summary>
    public void Lost(long now, long unacknowledged, string error, bool refused)
    {
        long openedAt = Connection!.OpenedAt;
        long number = Connection.Matcher!.Number;
        long next = delivery.IsInLog ? delivery.Log.Log.NumberAt(delivery.Cursor, delivery.Window.Position) : number;
        LetGo();
        delivery.Backend.Report.Lost(null, unacknowledged, error);
        if (delivery.IsInLog && !refused && next > number && _poison.Ended(_progressed, number, next))
            delivery.Oldest.DropPoison(number);
        delivery.Standing.Lost();
        parts.Voting.Withdrew(delivery.Voter, number);

        // Answers of the preamble prove nothing: a server may die of the first request.
        bool proven = _progressed || now - openedAt >= Backend.Proof.Ticks;
        delivery.Backend.Ended(proven, error, refused);
    }

    /// <summary>The connection ends, in its own time.</summary>
    public void LetGo()
    {
        _ending = Connection ?? _ending;
        Connection = null;
    }

    /// <summary>How its server stands to what ran before this log began; a connection that was handed over comes to its end before another is made.</summary>
    public void GoOnFrom(HandedServer before, long now)
    {
        if (before.Gap is { } reason)
            delivery.Standing.Missed(reason, before.FirstMissing);
        if (before.Connection is { } connection)
            _leftover = new Leftover(this, parts, connection, now);
    }

    /// <summary>That end has come.</summary>
    /// <param name="handed">It is somebody else's to wait for; null: nobody's.</param>
    public void LeftoverEnded(HandedConnection? handed)
    {
        (_leftover, Handed) = (null, Handed ?? handed);
        parts.Turns.Wake();
    }

    /// <summary>It came otherwise than by the server's FIN. Where requests are answered they were, or there is a gap already.</summary>
    public void LeftoverLost()
    {
        if (parts.IgnoresReplies)
            delivery.Standing.Missed(DropReason.Earlier, 0);
    }

    /// <summary>The connection goes over as it is, to whoever goes on from here.</summary>
    public void Detach()
    {
        _leftover?.Detach();
        var open = Connection is { Matcher: not null } ? Connection : null;
        if ((open ?? _ending) is not { IsClosed: false } connection)
            return;
        bool goesOver = connection.Sender.TryDetach(open is null ? null : delivery.RestOf(open));
        connection.Close();

        // Sent is done, there, and what is sent is lost with the connection.
        if (!goesOver && parts.IgnoresReplies)
            delivery.Standing.Missed(DropReason.Shutdown, parts.Log.Next);
        if (open is null)
            return;
        parts.Voting.Withdrew(delivery.Voter, open.Matcher!.Number);
        LetGo();
    }

    /// <summary>The kernel has nothing of a connection's any more.</summary>
    public void Quiet(FramedConnection connection)
    {
        Handed ??= connection.Sender.TakeDetached();
        if (_ending == connection)
            (_ending, _hasMoved) = (null, false);
        if (Connection == connection)
            Connection = null;
        parts.Turns.Wake();
    }

    /// <summary>After a fault of this program the connection was closed.</summary>
    public void Failed()
    {
        var matcher = Connection?.Matcher;
        LetGo();
        delivery.Standing.Lost();
        if (matcher is not null)
            parts.Voting.Withdrew(delivery.Voter, matcher.Number);
        delivery.Backend.Withdraw(this);
    }

    /// <summary>
    /// The connection is ended by us: its server owes too long, or holds too much. What its kernel has taken it may still carry out, so
    /// the next connection waits for its end. One that is not ready yet holds nothing, and stays.
    /// </summary>
    public void End(long now, string reason)
    {
        if (Connection is not { Matcher: not null } connection)
            return;
        connection.Reading.SettleDoubt(now);
        var rest = delivery.RestOf(connection);
        Lost(now, 0, reason, refused: true);
        connection.Finish(now, rest);
    }

    /// <summary>All that was owed has been answered: our FIN.</summary>
    public void Finish(long now)
    {
        Connection!.Finish(now, rest: null);
        LetGo();
    }

    /// <summary>
    /// All that was sent has been answered: the next connection is to where the server is now. Where nothing is answered, what the
    /// kernel has still to bring comes first, to the server's end; else there is nothing to wait for.
    /// </summary>
    public void Move(long now)
    {
        var connection = Connection!;
        connection.Finish(now, rest: null);
        _hasMoved = parts.IgnoresReplies;
        if (!_hasMoved)
            connection.Close();
        LetGo();
        delivery.Standing.Moved();
    }

    /// <summary>Nothing is owed any more, or nothing will be sent.</summary>
    public void Abandon()
    {
        Connection?.Abandon();
        if (Connection?.Matcher is { } matcher)
            parts.Voting.Withdrew(delivery.Voter, matcher.Number);
        LetGo();
    }

    /// <summary>Nor is the end of a connection waited for that has got our FIN.</summary>
    public void CloseEnding()
    {
        _ending?.Close();
        _leftover?.Close(isWhole: false);
    }

    /// <summary>What time has decided.</summary>
    public void Tick(long now)
    {
        Connection?.Tick(now);
        _ending?.Tick(now);
        _leftover?.Tick(now);
    }
}
