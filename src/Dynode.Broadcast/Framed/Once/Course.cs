using System.Diagnostics;
using Dynode.Protocols;
using Dynode.Streams;

namespace Dynode.Broadcast.Framed.Once;

/// <summary>
/// What is in flight to one server, and what becomes of it where a batch is not done. Whatever its end says but a list, nothing of a batch was done, nor of any behind it: so nothing
/// more is sent, all in flight is read out, and what was not done is sent again, one at a time; what is not done even so is sent as it is, and what the server says to that is its answer.
/// <code>
///   Batched ──not done──▶ reads out what is in flight ──▶ Careful ──past the last of that──▶ Batched
///                                                           └──eight in a row, for the server's own reason──▶ Suspended ──the watermark moves──▶ Batched
/// </code>
/// Pure: it is told replies and says what they mean. Dies with its connection.
/// </summary>
internal sealed class Course
{
    private const int StateAbortsMax = 8;

    private readonly Queue<Flight> _flights = new();
    private readonly LearnedNames _names;
    private Stage _stage;
    private int _seen;
    private BatchReply _look;
    private bool _refusedOne;
    private bool _refusedMark;
    private bool _isSettling;
    private int _databaseAgain;
    private long _carefulUntil;
    private long _plainNext = -1;
    private long _requests;
    private int _stateAborts;
    private bool _isSuspended;

    /// <param name="names">What is known of the server.</param>
    /// <param name="requests">Of the stream, that it has.</param>
    /// <param name="isSuspended">It refuses the watermark already.</param>
    public Course(LearnedNames names, long requests, bool isSuspended) => (_names, _requests, _isSuspended) = (names, requests, isSuspended);

    private enum Stage { Watch, Look, Multi, Queued, Exec, Select, Answers, Back, Mark }

    /// <summary>The oldest that is in flight.</summary>
    public Flight Head => _flights.Peek();

    /// <summary>How many.</summary>
    public int InFlight => _flights.Count;

    /// <summary>The last one's watermark will lie there, or lies there.</summary>
    public byte[]? Newest { get; private set; }

    /// <summary>What was wholly answered last.</summary>
    public Flight? Finished { get; private set; }

    /// <summary>Something of what is in flight was not done: nothing is sent.</summary>
    public bool IsSettling => _isSettling;

    /// <summary>The next reply is a request's.</summary>
    public bool AwaitsAnswer => _flights.Count > 0 && _stage == Stage.Answers;

    /// <summary>The next reply is a batch's list: its beginning is told alone.</summary>
    public bool IsHeadNext => _flights.Count > 0 && _stage == Stage.Exec;

    /// <summary>Batches that were not done.</summary>
    public long Aborts { get; private set; }

    /// <summary>The database that was wanted where it is sent again.</summary>
    public int DatabaseAgain => _databaseAgain;

    /// <summary>How what begins with a request is sent.</summary>
    public CourseMode ModeAt(long number) => _isSuspended ? CourseMode.Suspended : number < _carefulUntil ? CourseMode.Careful : CourseMode.Batched;

    /// <summary>It was not done alone in a batch either: it is sent as it is.</summary>
    public bool IsPlain(long number) => number == _plainNext;

    /// <summary>Something was sent.</summary>
    public void Sent(Flight flight)
    {
        Debug.Assert(!_isSettling, "What is sent now would be done behind what was not.");
        _flights.Enqueue(flight);
        if (flight.Kind == FlightKind.Batch)
            Newest = flight.After;
        if (_flights.Count == 1)
            Begin();
    }

    /// <summary>How many requests of the stream the server has answered.</summary>
    /// <param name="number">Of the oldest that it has not.</param>
    public long RequestsAt(long number) => _flights.Count == 0 || _isSettling ? _requests : Head.RequestsAt(number);

    /// <summary>A reply to something of ours.</summary>
    /// <param name="reply">What it is.</param>
    /// <param name="count">With a list: its length.</param>
    public CourseEvent Take(BatchReply reply, int count)
    {
        switch (_stage)
        {
            case Stage.Watch:
                _stage = Stage.Look;
                return CourseEvent.None;
            case Stage.Look:
                (_look, _stage) = (reply, Stage.Multi);
                return CourseEvent.None;
            case Stage.Multi:
                _stage = Stage.Queued;
                return reply == BatchReply.Done ? CourseEvent.None : CourseEvent.Unknown;
            case Stage.Queued:
                return TakeQueued(reply);
            case Stage.Exec:
                return TakeEnd(reply, count);
            case Stage.Select:
                // What follows has run in another database.
                _stage = Stage.Answers;
                return reply == BatchReply.Done ? CourseEvent.Answers : CourseEvent.Unknown;
            case Stage.Back:
                return Head.Kind == FlightKind.Batch ? GoOn(Stage.Mark) : Finish();
            case Stage.Mark:
                return reply == BatchReply.Done ? Done() : CourseEvent.MarkLost;
            default:
                return CourseEvent.Unknown;
        }
    }

    /// <summary>All requests of the oldest in flight have been answered.</summary>
    public CourseEvent Answered()
    {
        var head = Head;
        bool hasBack = head.Database > 0 || head.Kind is FlightKind.Proof or FlightKind.ClientSelect;
        if (hasBack)
            return GoOn(Stage.Back);
        return head.Kind == FlightKind.Batch ? GoOn(Stage.Mark) : Finish();
    }

    /// <summary>A request that was sent as it is was done, or refused for what it is.</summary>
    /// <param name="isError">Refused.</param>
    public void AnsweredPlain(bool isError)
    {
        if (Head is { Kind: FlightKind.Plain, Entries: 1, Name.Length: > 0 } head && !isError && !IsPlain(head.First + head.Selects))
            _names.Learn(head.Name, mayBatch: true);
    }

    /// <summary>What the batches in flight would leave as the watermark.</summary>
    public IEnumerable<byte[]> Unsettled => _flights.Where(static flight => flight.Kind == FlightKind.Batch).Select(static flight => flight.After);

    /// <summary>What lies there says that nothing is missing, and so does what the batches in flight would leave: whatever is done of them.</summary>
    public bool SaysNoGap => Committed is { } committed && Unsettled.Prepend(committed).All(static mark => Watermark.Read(mark) is { Gap: "" });

    /// <summary>So many were passed over: nothing is in flight.</summary>
    public void Passed(int requests) => _requests += requests;

    private CourseEvent GoOn(Stage stage)
    {
        _stage = stage;
        return CourseEvent.None;
    }

    private void Begin()
    {
        (_seen, _refusedOne, _refusedMark) = (0, false, false);
        var head = Head;
        _stage = head.Kind switch
        {
            FlightKind.Batch => Stage.Watch,
            FlightKind.Plain when head.Database > 0 => Stage.Select,
            _ => Stage.Answers,
        };
    }

    private CourseEvent TakeQueued(BatchReply reply)
    {
        bool isMark = ++_seen == Head.Queued;
        _refusedMark |= isMark && reply != BatchReply.Queued;
        _refusedOne |= !isMark && reply != BatchReply.Queued;
        if (isMark)
            _stage = Stage.Exec;
        return CourseEvent.None;
    }

    private CourseEvent TakeEnd(BatchReply reply, int count)
    {
        var head = Head;
        if (reply != BatchReply.Replies)
            return reply is BatchReply.NotDone or BatchReply.Error ? NotDone(reply) : CourseEvent.Unknown;
        if (_isSettling)
            return CourseEvent.Overtaken;
        if (count != head.Elements)
            return CourseEvent.Unknown;
        bool hasAnswers = head.Entries + head.Selects > 0;
        _stage = head.Database > 0 ? Stage.Select : hasAnswers ? Stage.Answers : Stage.Mark;
        return head.Database > 0 || !hasAnswers ? CourseEvent.None : CourseEvent.Answers;
    }

    private CourseEvent NotDone(BatchReply reply)
    {
        var head = Head;
        Aborts++;
        if (!_isSettling)
        {
            // The mark is not as it was left, though nothing before this batch was undone: it is somebody else's.
            if (_look == BatchReply.Changed || reply == BatchReply.NotDone)
                return CourseEvent.MarkLost;
            _isSettling = true;
            _databaseAgain = head.DatabaseBefore;
            Judge(head);
        }

        _flights.Dequeue();
        if (_flights.Count > 0)
        {
            Begin();
            return CourseEvent.None;
        }

        _isSettling = false;
        Newest = Committed;
        return CourseEvent.Again;
    }

    /// <summary>The watermark that is known to lie there.</summary>
    public byte[]? Committed { get; private set; }

    /// <summary>A fence has written it.</summary>
    public void Fenced(byte[] mark) => (Committed, Newest) = (mark, mark);

    private void Judge(Flight head)
    {
        // Its own fault is what is refused while the mark is not.
        bool isState = _look != BatchReply.Same || _refusedMark || !_refusedOne;
        bool isAlone = head.Entries <= 1 && _flights.Count == 1;
        _carefulUntil = Math.Max(_carefulUntil, _flights.Last().End);
        if (!isAlone)
            return;
        _plainNext = head.First + head.Selects;
        if (isState)
        {
            _isSuspended |= ++_stateAborts >= StateAbortsMax;
            return;
        }

        _stateAborts = 0;
        if (head.Inner < 0)
            _names.Learn(head.Name, mayBatch: false);
    }

    private CourseEvent Done()
    {
        Committed = Head.After;
        (_stateAborts, _isSuspended) = (0, false);
        return Finish();
    }

    private CourseEvent Finish()
    {
        Finished = _flights.Dequeue();
        _requests = Finished.RequestsAfter;
        if (_flights.Count > 0)
            Begin();
        return CourseEvent.None;
    }
}
