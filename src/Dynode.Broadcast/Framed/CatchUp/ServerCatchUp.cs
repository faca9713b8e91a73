using System.Diagnostics.CodeAnalysis;
using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Framed.Once;
using Dynode.Broadcast.Framed.Placement;
using Dynode.Broadcast.Framed.Sequence;
using Dynode.Broadcast.Framed.Servers;
using Dynode.Log;
using Dynode.Streams;

namespace Dynode.Broadcast.Framed.CatchUp;

/// <summary>
/// One server that reads the stream by itself: a log of its own, filled from its place on by the same rule as the log of all, with places of its own.
/// <code>
///   stream ══▶ StreamBranch ─▶ OrderReader ─ pace, room ─▶ Log (its own) ─▶ FramedDelivery ─▶ the server
///                                                            └ up to where the log of all is held for it; then it goes on there
/// </code>
/// Its numbers are above all those of the log of all, so no client is answered by what comes of it. In turns only.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "What it reads with is given back each time that it stops.")]
internal sealed class ServerCatchUp : ICatchingUp
{
    /// <summary>The log of all never comes so far.</summary>
    private const long FirstNumber = Standing.NumberMax;

    /// <summary>No more is read ahead of what is answered, in bytes, and an entry more.</summary>
    private const long UnansweredMax = 256 << 10;

    private readonly FramedDelivery _delivery;
    private readonly CatchUpParts _parts;
    private readonly ParcelRequests _requests;
    private readonly Lanes _lanes = new();
    private readonly long _since;
    private readonly PlaceBehind _place;
    private CatchUpPace _pace = new();
    private StreamBranch? _branch;
    private OrderReader? _reader;
    private StreamParcel? _next;
    private LogCursor? _held;
    private ulong _skipTo;
    private bool _isTold;

    /// <param name="delivery">Whose server it is.</param>
    /// <param name="parts">What it is served with.</param>
    /// <param name="place">Where the server stands.</param>
    /// <param name="last">The highest number that the stream is known to have given.</param>
    public ServerCatchUp(FramedDelivery delivery, CatchUpParts parts, in PlaceBehind place, ulong last)
    {
        (_delivery, _parts, _place, _since, _skipTo) = (delivery, parts, place, parts.Plane.Clock.Now, place.Number);
        Marks = new PlaceMarks { IsApart = true, Hashes = parts.Marks.Hashes };
        _requests = new ParcelRequests(TryPlace);
        Log = new SharedLog(parts.Plane.Pool, parts.Protocol);
        Log.BeginAt(FirstNumber);

        // A table that nobody can read is of no use: then it is looked for in the stream.
        IsPlaceKnown = _lanes.TryRead(place.Table.Span) && _lanes.Number <= place.Number;
        Marks.BeginBehind(Log.Next, place.Number, place.Index);
        Marks.Note(_lanes);
        Marks.Last = last;
        parts.Plane.Logger.FromStream(delivery.Backend.Address, place.Number, last);
    }

    /// <summary>Whose server it is.</summary>
    public FramedDelivery Delivery => _delivery;

    /// <summary>What its server is owed of the stream.</summary>
    public SharedLog Log { get; }

    /// <summary>Which place of the stream lies where in that log.</summary>
    public PlaceMarks Marks { get; }

    /// <summary>It can be read from there.</summary>
    public bool IsPlaceKnown { get; }

    /// <summary>It reads.</summary>
    public bool IsReading => _reader is not null;

    /// <summary>All entries up to this one are in its log, or were had before; 0: it is not known yet.</summary>
    public ulong Has { get; private set; }

    /// <summary>Where it stands, for who comes first.</summary>
    public ulong Stands => Math.Max(Has, _place.Number);

    /// <summary>Behind which requests its server is to go on.</summary>
    public PlaceBehind Place => _place;

    /// <summary>The log of all is held for it behind this entry; null: it is not.</summary>
    public ulong? HeldAt { get; private set; }

    /// <inheritdoc/>
    public long? HoldsFrom { get; private set; }

    /// <summary>Requests of the stream before where the log of all is held for it.</summary>
    public long HeldRequests { get; private set; }

    /// <summary>So much of the log of all is held for it, in bytes.</summary>
    public long HeldBytes => _held is { } held ? _parts.Log.Log.Tail - held.Position : 0;

    /// <summary>Its server takes what it reads.</summary>
    public bool Wants => _delivery is { IsOpen: true, IsRetiring: false, IsInLog: true };

    /// <summary>All that is in its log was done, and is known to have been; nothing is in flight.</summary>
    public bool IsAnswered => _delivery.Cursor.Position == Log.Log.Tail && !_requests.IsHeld && !_delivery.Owes && (_delivery.Connection is null || _delivery.IsOpen) && _delivery.Once?.IsSettled != false;

    /// <inheritdoc/>
    public bool TryPlace(out ulong number, out ReadOnlyMemory<byte> table)
    {
        long done = _delivery.NumberDone;
        number = _delivery.Once is not null ? Marks.FirstAt(done) : Marks.NumberAt(done);
        table = Marks.TableAt(number);
        return number > 0 && !table.IsEmpty;
    }

    /// <summary>Begins to read, or goes on.</summary>
    public void Start(StreamBranch branch, StreamIdentity stream)
    {
        _branch = branch;
        _reader = new OrderReader(branch, (byte)_parts.Plane.Settings.Protocol, (int)UnansweredMax);
        _reader.BeginAt(_lanes, stream);
    }

    /// <summary>Reads no more for now.</summary>
    public void Stop()
    {
        if (_reader is null)
            return;
        if (_isTold)
            _lanes.CopyFrom(_reader.Lanes);
        _reader.Dispose();
        _branch!.Close();
        (_reader, _branch, _isTold) = (null, null, false);
    }

    /// <summary>Reads on, as far as its pace and its server allow.</summary>
    /// <param name="now">The turn's time.</param>
    /// <param name="appended">To the stream, in bytes a second.</param>
    /// <param name="last">The highest number that the stream is known to have given.</param>
    /// <param name="limit">No entry behind this one goes into its log.</param>
    /// <param name="fault">It cannot go on, and why.</param>
    /// <returns>True: something was read that its server can be sent.</returns>
    public bool TryRead(long now, long appended, ulong last, ulong limit, out StreamStanding? fault)
    {
        fault = null;
        _pace.BytesMax = _parts.Plane.Settings.CatchUpRate;
        _pace.Turn(now, appended);
        _branch!.CameTo(last);
        _reader!.Step(now);
        Marks.Last = Math.Max(Marks.Last, last);
        long from = Log.Next;
        while (_requests.TryPlace(out ulong number))
        {
            if (number > 0)
                Marks.Placed(Log.Next, number);
            if (_next is null && !TryTake(ref fault))
                break;
            if (_next is not { } parcel || parcel.Number > limit)
                break;
            if (parcel.Number > _skipTo && (!_pace.MayTake || Log.Log.Backlog >= UnansweredMax))
                break;
            _next = null;
            if (parcel.Number <= _skipTo)
            {
                parcel.Parcel.Release();
                continue;
            }

            _pace.Took(parcel.Parcel.Length);
            _requests.Begin(parcel);
        }

        Settle(limit);
        return Log.Next > from;
    }

    /// <summary>The lanes as they stand, so that its place can be said; what lies before that is of no use any more.</summary>
    public void Note()
    {
        Marks.Forget(_delivery.NumberDone);
        if (_reader is { Standing.Kind: StreamStandingKind.Reading } reader)
            Marks.Note(reader.Lanes);
    }

    /// <summary>From the end of the log of all on that is held for it.</summary>
    public void Hold(ulong number)
    {
        (_held, HeldAt, HoldsFrom, HeldRequests) = (_parts.Log.Log.Join(awaitBoundary: false), number, _parts.Log.Next, _parts.Marks.Requests);
    }

    /// <summary>Nothing is held for it any more.</summary>
    public void LetGo()
    {
        if (_held is { } held)
            _parts.Log.Log.Leave(held);
        (_held, HeldAt, HoldsFrom) = (null, null, null);
    }

    /// <summary>Its delivery goes on in the log of all.</summary>
    public void Join()
    {
        _delivery.Once?.Settle();
        _delivery.Once?.Mark.GoTo(_parts.Marks, HeldRequests, wentBack: false);
        _parts.Plane.Logger.Joined(_delivery.Backend.Address, HeldAt!.Value, TimeSpan.FromTicks(_parts.Plane.Clock.Now - _since).TotalSeconds, Log.Next - FirstNumber);
        _delivery.GoTo(_parts.Log, _held!, null);
        (_held, HeldAt, HoldsFrom) = (null, null, null);
        Release();
    }

    /// <summary>Gives back all that it has; its delivery is elsewhere, or nowhere.</summary>
    public void Release()
    {
        LetGo();
        Stop();
        _next?.Parcel.Release();
        _next = null;
        _requests.Release();
        Log.Log.Complete();
    }

    /// <summary>The next parcel that counts, or what stands in its way.</summary>
    private bool TryTake(ref StreamStanding? fault)
    {
        var reader = _reader!;
        if (reader.Standing.Kind == StreamStandingKind.Retention)
        {
            // What comes behind its place is kept no more, or only the table is not: it goes on where the stream begins. All before that is done first, and the server's word says so:
            // a word from before would say that nothing is missing.
            if (!IsAnswered)
                return false;
            reader.BeginOldest(reader.Identity);
            _isTold = false;
            return false;
        }

        if (reader.Standing.Kind is StreamStandingKind.Forked or StreamStandingKind.WentBack or StreamStandingKind.NoTable)
        {
            fault = reader.Standing;
            return false;
        }

        if (reader.Standing.Kind != StreamStandingKind.Reading)
            return false;
        if (!_isTold)
            Begin(reader);
        if (!reader.TryTake(out var parcel))
            return false;
        if (!ParcelRequests.Knows(parcel))
        {
            // The log of all stands still there, too.
            parcel.Parcel.Release();
            Stop();
            return false;
        }

        _next = parcel;
        return true;
    }

    /// <summary>It is known from where it reads.</summary>
    private void Begin(OrderReader reader)
    {
        _isTold = true;
        ulong begins = reader.Lanes.Number;
        ulong has = Math.Max(Marks.NumberAt(Log.Next), Math.Max(Has, _skipTo));
        Marks.Note(reader.Lanes);
        if (begins <= has)
            return;
        _parts.Plane.Logger.Overtaken(_delivery.Backend.Address, has, begins + 1);
        _delivery.Standing.Missed(DropReason.Retention, 0);
        _skipTo = begins;
        Marks.PassTo(Log.Next, begins);
    }

    /// <summary>What was judged and does not count is had.</summary>
    private void Settle(ulong limit)
    {
        if (_requests.IsHeld || _reader is not { Standing.Kind: StreamStandingKind.Reading } reader || !_isTold)
            return;
        ulong judged = Math.Min(limit, _next is { } next ? next.Number - 1 : reader.Lanes.Number);
        if (judged < _skipTo || judged < Has)
            return;
        Has = judged;
        Marks.Reached = judged;
        if (Marks.NumberAt(Log.Next) < judged)
            Marks.Placed(Log.Next, judged);
    }

    private bool TryPlace(uint tag, uint database, int length, ReadOnlySpan<byte> bytes, PageChain? chain)
    {
        if (Marks.TryPassOne())
            return true;
        if (!Log.TryAppend(new ParcelTag(tag).Verdict(database), isSeen: false, isLocal: false, bytes, default, chain))
        {
            _parts.Memory.AwaitPages();
            return false;
        }

        Marks.PlacedOne();
        return true;
    }
}
