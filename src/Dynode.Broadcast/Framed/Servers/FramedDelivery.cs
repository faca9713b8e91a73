using System.Net;
using System.Net.Sockets;
using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Framed.Sequence;
using Dynode.Broadcast.Plane;
using Dynode.Log;
using Dynode.Protocols;

namespace Dynode.Broadcast.Framed.Servers;

/// <summary>
/// What the shared log owes one server: a cursor at the oldest request that it has not acknowledged, and the one connection that
/// carries them.
/// <code>
///        Cursor (held)             sent                     Tail
///   ───────┬──────────────────────┬────────────────────────┬──▶ the log
///          │ in flight, unanswered │ to be sent              │
///          └ a new connection begins here
/// </code>
/// How it stands (may it vote, does it hold, what has it missed) is <see cref="Standing"/>'s. In turns only, but for
/// <see cref="Wake"/>.
/// </summary>
internal sealed class FramedDelivery : IConnector
{
    private readonly Sequencer _sequencer;
    private readonly FanOutLog _log;
    private readonly SendWindow _window;
    private LogCursor? _cursor;
    private PoisonRule _poison = PoisonRule.None;
    private FramedConnection? _ending;
    private long _refused = -1;
    private long _sentEver;
    private long? _until;
    private long _retireBy = Clock.Never;
    private bool _progressed;

    public FramedDelivery(Sequencer sequencer, Backend backend, int id)
    {
        _sequencer = sequencer;
        _log = sequencer.Log.Log;
        Backend = backend;
        Id = id;
        Standing = new Standing(this, sequencer);
        _window = new SendWindow(this, sequencer.Log);
        _cursor = _log.Join(awaitBoundary: false);
    }

    /// <summary>A small number that is its own while the broadcaster runs.</summary>
    public int Id { get; }

    public Backend Backend { get; }

    public Standing Standing { get; }

    /// <inheritdoc/>
    public ConnectGrant Grant { get; set; }

    /// <inheritdoc/>
    public bool IsQueued { get; set; }

    public FramedConnection? Connection { get; private set; }

    /// <summary>Where the oldest request is that it has not acknowledged.</summary>
    public LogCursor Cursor => _cursor ?? throw new InvalidOperationException("It has left the log.");

    /// <summary>It is still owed something, or will be.</summary>
    public bool IsInLog => _cursor is not null;

    /// <summary>The server is ready, and takes requests.</summary>
    public bool IsOpen => Connection is { IsOpen: true };

    /// <summary>Nothing can be sent to it before something changes that nobody should wait for.</summary>
    public bool IsAway => !IsOpen && (Backend.IsDown || _cursor is null);

    /// <summary>Removed from the set: it gets what the log held then.</summary>
    public bool IsRetiring => _until is not null;

    /// <summary>Nothing of it is left.</summary>
    public bool IsOver => _cursor is null && Connection is null && _ending is null;

    /// <summary>Not acknowledged, in bytes.</summary>
    public long Lag => _cursor is { } cursor ? Math.Max(0, End - cursor.Position) : 0;

    /// <summary>Up to where the kernel took requests on the connection.</summary>
    public long SentPosition => IsOpen ? _window.Position : _cursor?.Position ?? 0;

    /// <summary>Something was sent and is not acknowledged, or the kernel does not take what waits.</summary>
    public bool Owes => IsOpen && (Cursor.Position < _window.Position || Connection!.PendingBytes > 0);

    /// <summary>The database that a new connection must have selected; negative: none.</summary>
    public int Database => _cursor is { } cursor ? _sequencer.Log.DatabaseAt(cursor) : -1;

    public bool HasGap => Standing.Gap is not null;

    private long End => _until ?? _log.Tail;

    /// <inheritdoc/>
    public void Wake() => _sequencer.Wake();

    /// <summary>What a request is called; only of the oldest that it has not acknowledged.</summary>
    public RequestName Describe(long number)
    {
        if (_cursor is null)
            return new RequestName("?", "");
        var scan = LogScan.At(_log, _cursor);
        return scan.TryPeek(_log, _cursor, out var entry) && entry.Number == number && scan.TryRead(_log, _cursor, out var bytes, out _)
            ? _sequencer.Protocol.Describe(bytes.Span[..(int)Math.Min(bytes.Length, entry.Length)])
            : new RequestName("?", "");
    }

    /// <summary>Sends what there is to send, or sees to a connection for it.</summary>
    public void Pump(long now)
    {
        if (_cursor is null)
            return;
        if (Connection is null)
        {
            Connect(now);
            return;
        }

        if (!IsOpen)
            return;
        var alone = _poison.IsCareful(Connection.Matcher!.Number) ? Connection.Matcher : null;
        long limit = _window.Limit(End, alone);
        while (IsOpen && Connection.PendingBytes == 0 && _window.Position < limit && _window.TryRead(out var bytes, out var page))
        {
            if (bytes.Length > limit - _window.Position)
                bytes = bytes[..(int)(limit - _window.Position)];
            if (_cursor.Position == _window.Position)
                Standing.Progressed(now);
            int sent = Connection.Send(bytes, page, now);
            if (IsOpen)
                Skip(sent, now);
            if (sent < bytes.Length)
                return;
        }

        bool isDone = _cursor.Position >= End && Connection.PendingBytes == 0;
        if (IsOpen && isDone && (IsRetiring || (_sequencer.IsDraining && _sequencer.Clients.HaveAllEnded)))
            LeaveWith(now);
    }

    /// <summary>The kernel took bytes of a send that had waited.</summary>
    public void Sent(int sent, long now)
    {
        if (!IsOpen)
            return;
        Skip(sent, now);
        Connection!.ReadOn();
    }

    /// <summary>The connection is ready; it begins with the oldest request that is not acknowledged.</summary>
    public ReplyMatcher Opened(int database, long now)
    {
        var start = LogScan.At(_log, Cursor);
        _window.Open(start, database);
        _progressed = false;
        Standing.Opened(now);
        return new ReplyMatcher(this, _sequencer, start);
    }

    /// <summary>The connection came to nothing.</summary>
    public void NotReady(IPEndPoint endPoint, string error)
    {
        LetGo();
        Backend.ConnectFailed(this, endPoint, error);
    }

    /// <summary>The ready connection has ended, or the server has refused to go on.</summary>
    public void Lost(long now, long unacknowledged, string error, bool refused)
    {
        long openedAt = Connection!.OpenedAt;
        long number = Connection.Matcher!.Number;
        long next = _cursor is { } cursor ? _log.NumberAt(cursor, _window.Position) : number;
        LetGo();
        Backend.Report.Lost(null, unacknowledged, error);
        if (_cursor is not null && !refused && next > number && _poison.Ended(_progressed, number, next))
            DropPoison(number);
        Standing.Lost();
        _sequencer.Voting.Withdrew(this, number);

        // Answers of the preamble prove nothing: a server may die of the first request.
        bool proven = _progressed || now - openedAt >= Backend.Proof.Ticks;
        Backend.Ended(proven, error, refused);
    }

    /// <summary>Its connection ends, in its own time.</summary>
    public void LetGo()
    {
        _ending = Connection ?? _ending;
        Connection = null;
    }

    /// <summary>The kernel has nothing of a connection's any more.</summary>
    public void Quiet(FramedConnection connection)
    {
        if (_ending == connection)
            _ending = null;
        if (Connection == connection)
            Connection = null;
        _sequencer.Wake();
    }

    /// <summary>After a fault of this program its connection was closed.</summary>
    public void Failed()
    {
        var matcher = Connection?.Matcher;
        LetGo();
        Standing.Lost();
        if (matcher is not null)
            _sequencer.Voting.Withdrew(this, matcher.Number);
        Backend.Withdraw(this);
    }

    /// <summary>Requests, of so many bytes together, have been answered, or sent where none is answered.</summary>
    public void Acknowledged(long bytes, long now)
    {
        _log.Advance(Cursor, bytes);
        _progressed = true;
        _poison.Progressed();
        Standing.Progressed(now);
    }

    /// <summary>
    /// A server that is ready, by what it says itself, refuses the same request once more: that is no "not now" but an error like
    /// any other. A script may return any error, and must not hold its server back for ever.
    /// </summary>
    public bool IsSecondRefusal(long number)
    {
        bool isSecond = number == _refused;
        _refused = number;
        return isSecond;
    }

    /// <summary>The server has this database, as far as this connection goes.</summary>
    public void Proven(int database) => _window.Proven(database);

    /// <summary>It makes no progress, and others can answer: it is not waited for.</summary>
    public void Withdraw() => _sequencer.Voting.Withdrew(this, Connection!.Matcher!.Number, unlessLast: true);

    /// <summary>
    /// Its connection is ended by us: it owes too long, or holds too much. What its kernel has taken it may still carry out, so
    /// the next connection waits for its end. One that is not ready yet holds nothing, and stays.
    /// </summary>
    public void EndConnection(long now, string reason)
    {
        if (Connection is not { Matcher: not null } connection)
            return;
        var rest = _window.Rest(connection.PendingBytes);
        Lost(now, 0, reason, refused: true);
        connection.Finish(now, rest);
    }

    /// <summary>Drops its oldest requests until no more than <paramref name="lagMax"/> bytes are left.</summary>
    public void DropOldest(DropReason reason, long lagMax)
    {
        if (_cursor is not { } cursor || Lag <= lagMax || Connection is { IsClosed: false, Matcher: not null })
            return;
        long first = _log.NumberAt(cursor, cursor.Position);
        LogDrop all = default;
        while (Lag > lagMax && cursor.Position < End)
            all += _log.DropOldest(cursor);
        Standing.Missed(reason, first);
        Backend.Report.Dropped(reason, all);
        if (IsRetiring)
            GiveUp(reason);
    }

    /// <summary>Its server was removed: it gets what the log holds now.</summary>
    public void Retire(long now)
    {
        if (IsRetiring)
            return;
        _until = _log.Tail;
        _retireBy = now + _sequencer.Settings.LingerTimeout.Ticks;
        if (Connection?.Matcher is { } matcher)
            _sequencer.Voting.Withdrew(this, matcher.Number);
    }

    /// <summary>Its server was added again before that was done: it is the same one, and gets what came meanwhile too.</summary>
    /// <returns>False: it has left.</returns>
    public bool TryReturn()
    {
        if (IsRetiring && _cursor is not null)
            Standing.FallBehind(_sequencer.Plane.Clock.Now);
        (_until, _retireBy) = (null, Clock.Never);
        return _cursor is not null;
    }

    /// <summary>It gets nothing more; what it was owed is counted.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="atOnce">Nor is the end of a connection waited for that has got our FIN.</param>
    public void GiveUp(DropReason reason, bool atOnce = false)
    {
        if (atOnce)
            _ending?.Close();
        if (_cursor is not { } cursor)
            return;
        Connection?.Abandon();
        if (Connection?.Matcher is { } matcher)
            _sequencer.Voting.Withdrew(this, matcher.Number);
        LetGo();
        LogDrop all = default;
        while (cursor.Position < End)
            all += _log.DropOldest(cursor);
        Backend.Report.Dropped(reason, all);
        Leave();
    }

    /// <summary>What time has decided.</summary>
    public void Tick(long now)
    {
        Connection?.Tick(now);
        _ending?.Tick(now);
        if (now >= _retireBy && IsInLog)
            GiveUp(DropReason.Retired);
        else if (IsInLog)
            Standing.Tick(now);
    }

    private void Connect(long now)
    {
        // It retires, and has all that it was to get.
        if (IsRetiring && _cursor!.Position >= End)
        {
            Leave();
            return;
        }

        // Whatever the old one's kernel still held must not come behind what a new one sends.
        if (_ending is not null || !Backend.TryGrant(this, out var endPoint))
            return;
        try
        {
            Connection = new FramedConnection(this, _sequencer, endPoint!, now);
        }
        catch (SocketException e)
        {
            Backend.ConnectFailed(this, endPoint!, e.Message);
        }
    }

    private void Skip(int sent, long now)
    {
        if (sent == 0)
            return;
        long from = _window.Position;
        _window.Skip(sent);
        if (from < _sentEver)
            CountRepeats(from, Math.Min(_window.Position, _sentEver));
        _sentEver = Math.Max(_sentEver, _window.Position);
        var matcher = Connection!.Matcher!;

        // What it could not yet answer: a long request that is taken bit by bit is no silence. What follows is no progress without an answer.
        if (_sequencer.IgnoresReplies || (matcher.TryPeek(out var next) && from < next.End))
            Standing.Progressed(now);
        if (_sequencer.IgnoresReplies)
            matcher.AcknowledgeSent(_window.Position, now);
    }

    /// <summary>When they are sent, not when they will be: a connection may end before, or carry one at a time.</summary>
    private void CountRepeats(long from, long to) =>
        Backend.Report.Repeated(null, _log.NumberAt(Cursor, to) - _log.NumberAt(Cursor, from), to - from);

    private void DropPoison(long number)
    {
        var name = Describe(number);
        _sequencer.Plane.Logger.Poison(Backend.Address, number, name.Command, name.Key);
        Standing.Missed(DropReason.Poison, number);
        Backend.Report.Dropped(DropReason.Poison, _log.DropOldest(Cursor));
    }

    /// <summary>It has all that it was to get: our FIN, and no claim on the log.</summary>
    private void LeaveWith(long now)
    {
        Connection!.Finish(now, rest: null);
        LetGo();
        Leave();
    }

    private void Leave()
    {
        Backend.Withdraw(this);
        _log.Leave(_cursor!);
        _cursor = null;
        Standing.Left();
    }

    /// <summary>In flight now, in requests.</summary>
    public FramedStanding Snapshot()
    {
        long lag = RequestsUpTo(End);
        long inFlight = IsOpen ? RequestsUpTo(_window.Position) : 0;
        return new(IsOpen, Standing.IsCurrent, Standing.IsEjected, Standing.Gap?.ToString(), Standing.FirstMissing, lag, Lag, inFlight);

        long RequestsUpTo(long position) =>
            _cursor is { } cursor ? _log.NumberAt(cursor, position) - _log.NumberAt(cursor, cursor.Position) : 0;
    }
}
