using Dynode.Broadcast.Framed.Once;
using Dynode.Broadcast.Framed.Sequence;
using Dynode.Log;
using Dynode.Streams;

namespace Dynode.Broadcast.Framed.Servers;

/// <summary>
/// What the log owes one server, done there exactly once: from its watermark on, in batches that move it. In place of what sends the log as it is; the connection, the matcher and all
/// behind them are the same. In turns only.
/// </summary>
internal sealed class OnceDelivery(FramedDelivery delivery, ServerParts parts, ServerMark mark)
{
    /// <summary>A connection that began without a watermark is made anew so often, to have one.</summary>
    private static readonly TimeSpan RefusedFor = TimeSpan.FromSeconds(10);

    private Course? _course;
    private BatchPlanner? _planner;
    private long _openedAt;

    /// <summary>What is known of it beyond a connection.</summary>
    public ServerMark Mark => mark;

    /// <summary>What is in flight; null: there is no connection.</summary>
    public Course? Course => _course;

    /// <summary>How the next request is sent.</summary>
    public CourseMode Mode => _course?.ModeAt(delivery.IsOpen ? delivery.Connection!.Matcher!.Number : 0) ?? CourseMode.Batched;

    /// <summary>The watermark does not lie yet where the last answer was.</summary>
    public bool Owes => _course is { } course && (course.InFlight > 0 || (_planner!.IsBehind && course.Committed is not null));

    /// <summary>The watermark that is known to lie there; null: none is.</summary>
    public Watermark? Lies => _course?.Committed is { } committed ? Watermark.Read(committed) : null;

    /// <summary>Neither that nor what is in flight says that anything is missing.</summary>
    public bool SaysNoGap => _course is { SaysNoGap: true };

    /// <summary>For a new connection.</summary>
    public OnceBegin NewBegin() => new(delivery, this, parts);

    /// <summary>It is decided from where on a new connection is sent the log.</summary>
    /// <param name="decision">So.</param>
    /// <param name="isThere">Something lies under the key.</param>
    /// <param name="found">The watermark that does; null: none.</param>
    /// <param name="wentBack">The server has less than it was sent: it has been restarted, most likely.</param>
    public void Begins(in BeginDecision decision, bool isThere, Watermark? found, out bool wentBack)
    {
        Settle();
        wentBack = false;
        if (decision is { Kind: BeginKind.AtMark, Gap: { } standing } && delivery.Standing.Closing.IsOn && delivery.Standing.Gap == standing)
        {
            // It is the one that is being closed: the fence writes it no more.
        }
        else if (decision.Gap is { } reason)
        {
            delivery.Standing.Missed(reason, delivery.NumberDone);
        }
        else if (decision.Kind == BeginKind.AtMark && mark.IsByItsWord && !delivery.Standing.Closing.IsOn && delivery.Standing.TryCloseGap())
        {
            parts.Plane.Logger.MarkWithoutGap(delivery.Backend.Address);
        }

        if (decision.Kind == BeginKind.AtMark)
        {
            wentBack = decision.Requests < mark.EverSent;
            mark.EverSent = mark.EverSent == long.MaxValue ? decision.Requests : mark.EverSent;
            long had = mark.Requests;
            PassTo(decision.Requests);
            mark.RepeatsAvoided += mark.Requests - had;
        }
        else if (found is null && isThere)
        {
            parts.Plane.Logger.MarkOverwritten(delivery.Backend.Address);
        }
        else if (decision is { Kind: BeginKind.AtKnown or BeginKind.AtKept, Gap: null } && found is null && (mark.IsKept || mark.HasCommitted))
        {
            parts.Plane.Logger.MarkGone(delivery.Backend.Address);
        }

        parts.Plane.Logger.MarkFound(delivery.Backend.Address, decision.Kind.ToString(), mark.Epoch, mark.Requests);
    }

    /// <summary>A connection is ready.</summary>
    public void Opened(byte[]? committed, Selection selection, int database, long now)
    {
        mark.Began();
        _course = new Course(mark.Names, mark.Requests, isSuspended: committed is null);
        if (committed is not null)
            _course.Fenced(committed);
        else
            parts.Plane.Logger.MarkRefused(delivery.Backend.Address);
        _planner = new BatchPlanner(delivery.Log, parts.Protocol, _course, mark, selection, database);
        _openedAt = now;
    }

    /// <summary>Sends what there is to send.</summary>
    public void Send(SendWindow window, ReplyMatcher matcher, long end, bool isAlone, long now)
    {
        var connection = delivery.Connection!;
        var cursor = delivery.Cursor;
        while (delivery.IsOpen && connection.PendingBytes == 0)
        {
            if (_planner!.Outgoing.TryRead(delivery.Log.Log, cursor, out var bytes, out var page))
            {
                int sent = connection.Send(bytes, page, now);
                Sent(sent, now);
                continue;
            }

            if (_course is { Committed: null, InFlight: 0 } && now - _openedAt >= RefusedFor.Ticks)
            {
                delivery.EndConnection(now, "it has no watermark yet");
                return;
            }

            bool owesNothing = cursor.Position == window.Position;
            if (!_planner.TryPlan(window.Scan, cursor, new PlanBounds(end, isAlone, matcher.IsRefusing, delivery.Standing.Closing.Written, now, delivery.Standing.Closing.MovesMark), out var behind))
                return;
            window.Pass(behind);
            if (owesNothing)
                delivery.Standing.Progressed(now);
        }
    }

    /// <summary>The kernel has taken bytes.</summary>
    public void Sent(int count, long now)
    {
        if (count == 0 || _planner is null)
            return;
        if (_planner.Outgoing.IsLent)
            delivery.Standing.Progressed(now);
        _planner.Outgoing.Skip(count);
    }

    /// <summary>The connection passed over requests that it does not send.</summary>
    public void Passed(int requests)
    {
        if (requests == 0)
            return;
        _planner!.Passed(requests);
        _course!.Passed(requests);
    }

    /// <summary>All is done, and its watermark says so: where the log goes on it will be found. One that takes no watermark now is left as it is.</summary>
    public bool IsSettled => _course is not { } course || (!Owes && (course.Committed is null || SaysAll(course)));

    /// <summary>Something was answered, wholly: how long it took, and what follows from it.</summary>
    public void Took(Flight flight, long now) => _planner!.Took(flight, now);

    /// <summary>What follows the cursor is sent again: nothing of it was done.</summary>
    public void GoBack(SendWindow window)
    {
        window.Pass(LogScan.At(delivery.Log.Log, delivery.Cursor));
        _planner!.GoBack(_course!.RequestsAt(delivery.NumberDone));
        parts.Turns.Wake();
    }

    /// <summary>The connection is no more: what was answered is known.</summary>
    public void Settle()
    {
        if (_course is null)
            return;
        mark.Left(_course, delivery.NumberDone);
        (_course, _planner) = (null, null);
    }

    /// <summary>The oldest request is dropped for it.</summary>
    public void Dropping()
    {
        Settle();
        if (LogScan.At(delivery.Log.Log, delivery.Cursor).TryPeek(delivery.Log.Log, delivery.Cursor, out var entry) && new RequestTag(entry.Tag).IsOfStream)
            mark.Dropped();
    }

    private bool SaysAll(Course course) =>
        mark.Places.TryPlace(course.RequestsAt(delivery.NumberDone), out ulong number, out long index, out _)
        && Watermark.Read(course.Committed) is { } said && (said.Number, said.Index) == (number, index);

    /// <summary>The server has had these already.</summary>
    private void PassTo(long requests)
    {
        var log = delivery.Log.Log;
        while (mark.Requests < requests && LogScan.At(log, delivery.Cursor).TryPeek(log, delivery.Cursor, out var entry))
        {
            log.Advance(delivery.Cursor, entry.Length);
            if (new RequestTag(entry.Tag).IsOfStream)
                mark.Requests++;
        }
    }
}
