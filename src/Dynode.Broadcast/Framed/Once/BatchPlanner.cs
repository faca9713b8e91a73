using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Framed.Sequence;
using Dynode.Log;
using Dynode.Protocols;

namespace Dynode.Broadcast.Framed.Once;

/// <summary>What stands in the way of what one connection is sent, at one moment.</summary>
/// <param name="End">Where the log ends for its server.</param>
/// <param name="IsAlone">Only one request at a time.</param>
/// <param name="IsRefusing">The server refuses the database of what comes next.</param>
/// <param name="Gap">Of the server.</param>
/// <param name="Now">The turn's time.</param>
/// <param name="MovesMark">The watermark is to be written again, whatever comes next.</param>
internal readonly record struct PlanBounds(long End, bool IsAlone, bool IsRefusing, DropReason? Gap, long Now, bool MovesMark = false);

/// <summary>
/// Makes of what the log holds for one server what it is sent in one piece: a batch of as many requests as there are, of one database; or what goes by itself. Requests of our own for
/// a database are never sent: a connection stays in the first one, and a batch goes into its own and comes back; but whether the server has it is asked before. In turns only; dies
/// with its connection.
/// </summary>
internal sealed class BatchPlanner
{
    private static readonly TimeSpan MovesEvery = TimeSpan.FromSeconds(1);

    private readonly SharedLog _shared;
    private readonly IProtocol _protocol;
    private readonly IBatches _batches;
    private readonly Course _course;
    private readonly ServerMark _mark;
    private readonly ISelected _selected;
    private readonly BatchRequests _natures;
    private BatchPace _pace = BatchPace.New;
    private int _database;
    private long _requests;
    private long _movedAt;
    private bool _isBehind;
    private List<long>? _locals;

    /// <param name="shared">What is sent of.</param>
    /// <param name="protocol">That knows batches.</param>
    /// <param name="course">Of the connection.</param>
    /// <param name="mark">Of the server.</param>
    /// <param name="selected">Which databases it has.</param>
    /// <param name="database">The one in force where the log goes on.</param>
    public BatchPlanner(SharedLog shared, IProtocol protocol, Course course, ServerMark mark, ISelected selected, int database)
    {
        (_shared, _protocol, _batches, _course, _mark, _selected, _database) = (shared, protocol, protocol.Batches!, course, mark, selected, database);
        _requests = mark.Requests;
        _natures = new BatchRequests(_batches, mark.Names, Outgoing);
    }

    /// <summary>What is to be sent.</summary>
    public OutgoingBatch Outgoing { get; } = new();

    /// <summary>The watermark does not say what was done by itself.</summary>
    public bool IsBehind => _isBehind;

    /// <summary>A batch was done.</summary>
    public void Took(Flight flight, long now)
    {
        _pace.Took(flight.Kind == FlightKind.Batch ? flight.Entries : 0, flight.SentAt, now);
        _isBehind |= flight.Kind != FlightKind.Batch && flight.Requests > 0;
    }

    /// <summary>Requests were passed over that the server does not get.</summary>
    public void Passed(int requests)
    {
        _requests += requests;
        _isBehind |= requests > 0;
    }

    /// <summary>What follows the cursor is sent again.</summary>
    /// <param name="requests">Of the stream, up to there.</param>
    public void GoBack(long requests) => (_requests, _database, _isBehind) = (requests, _course.DatabaseAgain, true);

    /// <summary>Writes what is sent next.</summary>
    /// <param name="at">Where in the log.</param>
    /// <param name="cursor">Holds it.</param>
    /// <param name="bounds">What stands in the way.</param>
    /// <param name="behind">Where the log goes on behind it.</param>
    /// <returns>False: nothing now.</returns>
    public bool TryPlan(LogScan at, LogCursor cursor, in PlanBounds bounds, out LogScan behind)
    {
        behind = at;
        if (_course.IsSettling || _course.InFlight >= _pace.Flights || (_course.InFlight > 0 && _course.Head.Kind != FlightKind.Batch))
            return false;
        var log = _shared.Log;
        long first = at.Number;
        if ((bounds.MovesMark || _course.ModeAt(first) == CourseMode.Suspended) && TryMove(at, bounds, _course.ModeAt(first)))
            return true;
        int wanted = _database;
        int selects = 0;
        LogEntry entry = default;
        bool isThere;
        while ((isThere = at.Position < bounds.End && at.TryPeek(log, cursor, out entry)) && new RequestTag(entry.Tag).Kind == RequestKind.Select)
        {
            wanted = new RequestTag(entry.Tag).Named;
            selects++;
            at.Pass(entry);
        }

        var mode = _course.ModeAt(at.Number);
        var tag = new RequestTag(entry.Tag);
        bool isOfUs = isThere && tag.Kind != RequestKind.Client;
        if (!isThere && selects == 0)
            return TryMove(at, bounds, mode);
        if (_course.InFlight > 0 && (bounds.IsAlone || mode != CourseMode.Batched || isOfUs || _course.IsPlain(at.Number)))
            return false;
        if (bounds.IsRefusing && selects == 0 && !isOfUs)
            return false;
        if (wanted > 0 && !_selected.IsGranted(wanted) && !isOfUs)
            return TryProve(first, selects, wanted, at, bounds, out behind);
        Outgoing.Begin();
        var flight = new BatchDraft(first, selects, wanted, isThere && isOfUs ? Kind(tag) : FlightKind.Batch);
        if (isOfUs)
        {
            Outgoing.Copy(log, cursor, at, entry.Length);
            at.Pass(entry);
            if (flight.Kind == FlightKind.ClientSelect)
                _protocol.WriteSelect(Outgoing.Buffer, 0);
            return Send(flight, at, 0, bounds, out behind);
        }

        return TryPlanRequests(flight, isThere, at, cursor, bounds, mode, out behind);
    }

    private static FlightKind Kind(RequestTag tag) => tag.Kind == RequestKind.Protocol ? FlightKind.Protocol : FlightKind.ClientSelect;

    private bool TryPlanRequests(BatchDraft draft, bool isThere, LogScan at, LogCursor cursor, in PlanBounds bounds, CourseMode mode, out LogScan behind)
    {
        behind = at;
        var log = _shared.Log;
        int max = bounds.IsAlone || mode == CourseMode.Careful ? 1 : mode == CourseMode.Suspended ? BatchPace.RequestsMax : _pace.Requests;
        bool isPlain = mode == CourseMode.Suspended || _course.IsPlain(at.Number);
        bool isReads = !isPlain && BatchRequests.AreReads(log, cursor, at, bounds.End);
        if (isReads && _course.InFlight > 0)
            return false;
        isPlain |= isReads;
        _locals = null;
        int count = 0;
        for (; count < max && isThere && at.Position < bounds.End && at.TryPeek(log, cursor, out var entry); count++)
        {
            var tag = new RequestTag(entry.Tag);
            if (tag.Kind != RequestKind.Client || (count > 0 && (tag.Replies != 1 || !Outgoing.HasRoom(entry.Length) || _course.ModeAt(at.Number) != mode)))
                break;
            if (isReads && !tag.IsLocal)
                break;
            var nature = mode == CourseMode.Suspended || isReads ? BatchNature.Batched : _natures.NatureOf(log, cursor, at, entry, tag, ref draft);
            if (nature != BatchNature.Batched && count > 0)
                break;
            isPlain |= nature != BatchNature.Batched;
            if (count == 0)
            {
                // What goes by itself waits for all that went before it.
                if (isPlain && _course.InFlight > 0)
                    return false;
                if (!isPlain && _course.Newest is null)
                    return false;
                WriteBegin(draft, isPlain);
            }

            if (draft.Body is { } body && !isPlain)
                Outgoing.Copy(log, cursor, at, body.Start, body.Length);
            else if (Outgoing.HasRoom(entry.Length))
                Outgoing.Copy(log, cursor, at, entry.Length);
            else
                Outgoing.Lend(at, entry.End);
            if (tag.IsLocal)
                (_locals ??= []).Add(entry.Number);
            at.Pass(entry);
            if (tag.Replies != 1 || (isPlain && !isReads && mode != CourseMode.Suspended) || Outgoing.IsLent)
            {
                count++;
                break;
            }
        }

        if (count == 0 && draft.Selects == 0)
            return false;
        if (count == 0)
        {
            if (_course.Newest is null)
                return false;
            WriteBegin(draft, isPlain: false);
        }

        draft.Kind = isPlain && count > 0 ? FlightKind.Plain : FlightKind.Batch;
        return Send(draft, at, count, bounds, out behind);
    }

    private void WriteBegin(in BatchDraft draft, bool isPlain)
    {
        if (!isPlain)
            _batches.WriteBegin(Outgoing.Buffer, _mark.Key.Span, _course.Newest);
        if (draft.Database > 0)
            _protocol.WriteSelect(Outgoing.Buffer, draft.Database);
    }

    private bool TryProve(long first, int selects, int wanted, LogScan at, in PlanBounds bounds, out LogScan behind)
    {
        behind = at;
        if (_course.InFlight > 0)
            return false;
        Outgoing.Begin();
        _protocol.WriteSelect(Outgoing.Buffer, wanted);
        _protocol.WriteSelect(Outgoing.Buffer, 0);
        return Send(new BatchDraft(first, selects, wanted, FlightKind.Proof), at, 0, bounds, out behind);
    }

    /// <summary>Nothing is to be sent: the watermark may lie behind what was done by itself, or what the stream has had since.</summary>
    private bool TryMove(LogScan at, in PlanBounds bounds, CourseMode mode)
    {
        bool isDue = ((_isBehind || bounds.MovesMark) && mode != CourseMode.Suspended) || bounds.Now - _movedAt >= MovesEvery.Ticks;
        if (_course.InFlight > 0 || _course.Committed is not { } committed || !isDue)
            return false;
        _movedAt = bounds.Now;
        if (_mark.At(_requests, bounds.Gap) is not { } after || after.AsSpan().SequenceEqual(committed))
        {
            _isBehind = false;
            if (mode != CourseMode.Suspended)
                return false;
        }

        Outgoing.Begin();
        var draft = new BatchDraft(at.Number, 0, 0, FlightKind.Batch);
        WriteBegin(draft, isPlain: false);
        return Send(draft, at, 0, bounds, out _);
    }

    private bool Send(in BatchDraft draft, LogScan at, int count, in PlanBounds bounds, out LogScan behind)
    {
        behind = at;
        byte[] after = [];
        List<long> locals = count > 0 && _locals is { } some ? some : [];
        int requests = count - locals.Count;
        int database = count > 0 ? draft.Database : 0;
        if (draft.Kind == FlightKind.Batch)
        {
            // A place that nobody knows can be written nowhere: then it stays as it is, and what is sent is sent at least once.
            after = _mark.At(_requests + requests, bounds.Gap) ?? _course.Newest!;
            Outgoing.Split();
            if (draft.Database > 0)
                _protocol.WriteSelect(Outgoing.Buffer, 0);
            _batches.WriteEnd(Outgoing.Buffer, _mark.Key.Span, after);
            database = draft.Database;
            _isBehind = false;
            _movedAt = bounds.Now;
        }
        else if (draft.Kind == FlightKind.Plain)
        {
            Outgoing.Split();
            if (database > 0)
                _protocol.WriteSelect(Outgoing.Buffer, 0);
        }

        _course.Sent(new Flight
        {
            Kind = draft.Kind,
            First = draft.First,
            End = at.Number,
            EndPosition = at.Position,
            RequestsBefore = _requests,
            Entries = count,
            Locals = locals,
            Selects = draft.Selects,
            DatabaseBefore = _database,
            Database = database,
            ProofOf = draft.Kind == FlightKind.Proof ? draft.Database : 0,
            Inner = draft.Kind == FlightKind.Batch ? draft.Inner : -1,
            Name = count == 1 ? draft.Name.ToArray() : [],
            After = after,
            SentAt = bounds.Now,
        });
        _database = draft.Database;
        _requests += requests;
        _mark.EverSent = Math.Max(_mark.EverSent, _requests);
        return true;
    }
}
