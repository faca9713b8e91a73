using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Framed.Answers;
using Dynode.Broadcast.Framed.Once;
using Dynode.Broadcast.Framed.Sequence;
using Dynode.Broadcast.Plane;
using Dynode.Log;

namespace Dynode.Broadcast.Framed.Servers;

/// <summary>
/// What the shared log owes one server, or a log of its own while it catches up from the stream: a cursor at the oldest request that it has not acknowledged, and the one
/// connection that carries them.
/// <code>
///        Cursor (held)             sent                     Tail
///   ───────┬──────────────────────┬────────────────────────┬──▶ the log
///          │ in flight, unanswered │ to be sent              │
///          └ a new connection begins here
/// </code>
/// How it stands (may it vote, does it hold, what has it missed) is <see cref="Standing"/>'s; how its connection comes and goes the
/// <see cref="Carrier"/>'s. In turns only.
/// </summary>
internal sealed class FramedDelivery
{
    private readonly ServerParts _parts;
    private readonly SendWindow _window;
    private readonly LogSending _plain;
    private readonly Carrier _carrier;
    private LogCursor? _cursor;
    private long? _until;
    private long _retireBy = Clock.Never;

    /// <param name="parts">The log, and the way of its replies.</param>
    /// <param name="election">Of the voters.</param>
    /// <param name="backend">The server.</param>
    /// <param name="id">Of the voter.</param>
    /// <param name="mark">Of a server that is to do each request exactly once; null: it is sent the log as it is.</param>
    /// <param name="claimed">The claim to it; null: it needs none.</param>
    public FramedDelivery(ServerParts parts, IElection election, Backend backend, int id, ServerMark? mark = null, IClaimed? claimed = null)
    {
        (_parts, Log) = (parts, parts.Log);
        Backend = backend;
        Oldest = new OldestRequest(this, parts);
        Voter = new Voter(id, backend.Address, backend.Counters, Oldest);
        Standing = new Standing(this, parts, election);
        Traits = new ToldTraits(Voter, election);
        Alone = new LoneVoter(Voter);
        _window = new SendWindow(this);
        _plain = new LogSending(this, parts, _window);
        _carrier = new Carrier(this, parts);
        Relocation = new Relocation(this, _carrier, parts);
        Departure = new Departure(this, _carrier, parts);
        (Refusals, Lease) = (new Refusals(this, parts), new Lease(this, parts, claimed));
        Once = mark is null ? null : new OnceDelivery(this, parts, mark);
        _cursor = Log.Log.Join(awaitBoundary: false);
    }

    public Backend Backend { get; }

    /// <summary>What it is owed: the log of all, or one of its own. Changes only where there is no connection.</summary>
    public SharedLog Log { get; private set; }

    /// <summary>It is not in the log of all, but reads the stream by itself; null: it is.</summary>
    public ICatchingUp? CatchUp { get; private set; }

    /// <summary>Where it goes on as soon as it has no connection; null: where it is.</summary>
    public PlaceBehind? GoesOnAt { get; set; }

    /// <summary>As the answers know it.</summary>
    public Voter Voter { get; }

    public Standing Standing { get; }

    public ToldTraits Traits { get; }

    public Refusals Refusals { get; }

    /// <summary>What the cursors that come on its connection are known by.</summary>
    public int Origin { get; private set; }

    public LoneVoter Alone { get; }

    public OldestRequest Oldest { get; }

    public Relocation Relocation { get; }

    public Departure Departure { get; }

    public Lease Lease { get; }

    /// <summary>Null: it is sent the log as it is.</summary>
    public OnceDelivery? Once { get; }

    /// <summary>What it is sent of the log.</summary>
    public SendWindow Window => _window;

    public FramedConnection? Connection => _carrier.Connection;

    /// <summary>Where the oldest request is that it has not acknowledged.</summary>
    public LogCursor Cursor => _cursor ?? throw new InvalidOperationException("It has left the log.");

    /// <summary>It is still owed something, or will be.</summary>
    public bool IsInLog => _cursor is not null;

    /// <summary>The server is ready, and takes requests.</summary>
    public bool IsOpen => Connection is { IsOpen: true };

    /// <summary>Nothing can be sent to it before something changes that nobody should wait for.</summary>
    public bool IsAway => Lease.IsOver || (!IsOpen && (Backend.IsDown || _cursor is null || _carrier.WaitsForEnd));

    /// <summary>Removed from the set: it gets what the log held then.</summary>
    public bool IsRetiring => _until is not null;

    /// <summary>Nothing of it is left.</summary>
    public bool IsOver => _cursor is null && _carrier.IsOver;

    /// <summary>Not acknowledged, in bytes.</summary>
    public long Lag => _cursor is { } cursor ? Math.Max(0, End - cursor.Position) : 0;

    /// <summary>Up to where the kernel took requests on the connection.</summary>
    public long SentPosition => IsOpen ? _window.Position : _cursor?.Position ?? 0;

    /// <summary>The number of the oldest request that it has not acknowledged.</summary>
    public long NumberDone => Log.Log.NumberAt(Cursor, Cursor.Position);

    /// <summary>Something was sent and is not acknowledged, or the kernel does not take what waits.</summary>
    public bool Owes => IsOpen && (Cursor.Position < _window.Position || Connection!.PendingBytes > 0);

    /// <summary>What it says is not read for now: that is not its fault.</summary>
    public bool IsPaused => Connection is { Reading.IsPaused: true };

    /// <summary>What a new connection must have before it sends anything.</summary>
    public InForce InForce => _cursor is { } cursor ? Log.InForceAt(cursor) : InForce.First;

    /// <summary>Where the log ends for it.</summary>
    public long End => _until ?? Log.Log.Tail;

    /// <summary>Sends what there is to send, or sees to a connection for it.</summary>
    /// <param name="now">The turn's time.</param>
    /// <param name="noMoreComes">Nothing more will enter the log: the broadcaster drains, and no client is read any more.</param>
    public void Pump(long now, bool noMoreComes)
    {
        if (_cursor is null)
            return;
        if (Connection is null)
        {
            // It retires, and has all that it was to get.
            if (IsRetiring && _cursor.Position >= End)
                Leave();
            else if (GoesOnAt is null && !Lease.IsOverdue && _parts.CatchUp?.MayConnect(this) != false)
                _carrier.Connect(now);
            return;
        }

        if (!IsOpen)
            return;
        var matcher = Connection.Matcher!;
        long end = Relocation.Limit(End);
        long limit = Lease.Limit(end);
        int refused = matcher.RefuseWaiting(_window, limit, now);
        if (matcher.Fault is { } fault && !Owes)
        {
            EndConnection(now, fault);
            return;
        }

        bool isAlone = !matcher.IsProven || _carrier.IsCareful(matcher.Number);
        if (Once is { } once)
        {
            once.Passed(refused);
            once.Send(_window, matcher, limit, isAlone, now);
            if (once.Owes)
                return;
        }
        else if (Math.Min(limit, _window.Limit(end, matcher, isAlone, Connection.Reading.IsInDoubt)) is var until && _window.Position < until && !_plain.TrySend(until, now))
        {
            return;
        }

        if (!IsOpen || _cursor.Position < end || Connection.PendingBytes > 0)
            return;
        if (Relocation.IsOn)
            _carrier.Move(now);
        else if (IsRetiring || noMoreComes)
        {
            // It has all that it was to get: our FIN, and no claim on the log.
            _carrier.Finish(now);
            Leave();
        }
    }

    /// <summary>The kernel took bytes of a send that had waited.</summary>
    public void Sent(int sent, long now)
    {
        if (!IsOpen || Connection!.Reading.HasAsked)
            return;
        if (Once is { } once)
            once.Sent(sent, now);
        else
            _plain.Skip(sent, now);
        Connection!.ReadOn();
    }

    /// <summary>The connection is ready; it begins with the oldest request that is not acknowledged.</summary>
    public ReplyMatcher Opened(Preamble preamble, long now)
    {
        var start = LogScan.At(Log.Log, Cursor);
        var inForce = InForce;
        var selection = preamble.Selection(inForce.Database);
        Relocation.End();
        _window.Open(start, selection);
        Once?.Opened(preamble.Mark, selection, inForce.Database, now);
        Origin = _parts.Log.NextOrigin();
        Refusals.Opened(preamble.Unknown, selection, inForce.Database);
        Traits.Told(preamble.Traits);
        _carrier.Opened();
        Standing.Opened(now);
        return new ReplyMatcher(this, _parts, start, selection, new SpokenProtocol(preamble.Protocol, inForce.Protocol), preamble.Knows);
    }

    /// <summary>Requests, of so many bytes together, have been answered, or sent where none is answered.</summary>
    public void Acknowledged(long bytes, long now)
    {
        Log.Log.Advance(Cursor, bytes);
        _carrier.Progressed();
        Standing.Progressed(now);
    }

    /// <summary>It makes no progress, and others can answer: it is not waited for.</summary>
    public void Withdraw() => _parts.Voting.Withdrew(Voter, Connection!.Matcher!.Number, unlessLast: true);

    /// <inheritdoc cref="Carrier.EndIdle"/>
    public void EndIdle(long now) => _carrier.EndIdle(now);

    /// <inheritdoc cref="Carrier.End"/>
    public void EndConnection(long now, string reason) => _carrier.End(now, reason);

    /// <summary>What must follow what a connection was sent, so that its last request is whole; null: it is.</summary>
    public RequestRest? RestOf(FramedConnection connection) => Once is null ? _window.Rest(connection.PendingBytes) : null;

    /// <summary>Its server was removed: it gets what the log holds now. Or, <paramref name="soon"/>, another broadcaster sends it the rest: what it has been sent is answered, and no more is sent.</summary>
    public void Retire(long now, bool soon = false)
    {
        if (IsRetiring)
            return;
        _until = soon ? SentPosition : Log.Log.Tail;
        Relocation.End();
        _retireBy = now + _parts.Plane.Settings.LingerTimeout.Ticks;
        if (Connection?.Matcher is { } matcher)
            _parts.Voting.Withdrew(Voter, matcher.Number);
    }

    /// <summary>Its server was added again before that was done: it is the same one, and gets what came meanwhile too.</summary>
    /// <returns>False: it has left.</returns>
    public bool TryReturn()
    {
        if (IsRetiring && _cursor is not null)
            Standing.FallBehind(_parts.Plane.Clock.Now);
        (_until, _retireBy) = (null, Clock.Never);
        return _cursor is not null;
    }

    /// <summary>What time has decided.</summary>
    public void Tick(long now)
    {
        _carrier.Tick(now);
        Lease.Tick(now);
        if (now >= _retireBy && IsInLog)
            Departure.GiveUp(DropReason.Retired);
        else if (IsInLog)
            Standing.Tick(now);
    }

    /// <summary>How it stands to what ran before this log began.</summary>
    public void GoOnFrom(HandedServer before, long now) => _carrier.GoOnFrom(before, now);

    /// <summary>It has no claim on the log any more.</summary>
    public void Leave()
    {
        Departure.Left();
        Backend.Withdraw(_carrier);
        Log.Log.Leave(_cursor!);
        _cursor = null;
        Standing.Left();
    }

    /// <summary>Goes on elsewhere. It has no connection: no operation is in flight in the log that it leaves.</summary>
    /// <param name="log">The log of all, or one of its own.</param>
    /// <param name="cursor">Of that log; its own from now on.</param>
    /// <param name="catchUp">Who fills that log; null: it is the log of all.</param>
    public void GoTo(SharedLog log, LogCursor cursor, ICatchingUp? catchUp)
    {
        Once?.Settle();
        Log.Log.Leave(_cursor!);
        (Log, _cursor, CatchUp, GoesOnAt) = (log, cursor, catchUp, null);
        _window.Begin();
        _carrier.GoneElsewhere();
    }
}
