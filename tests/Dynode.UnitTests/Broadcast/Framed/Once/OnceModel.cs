using System.Globalization;
using System.Text;
using Dynode.Broadcast.Framed.Once;
using Dynode.Broadcast.Framed.Sequence;
using Dynode.Log;
using Dynode.Protocols;
using Dynode.Protocols.Redis;
using Dynode.Streams;

namespace Dynode.UnitTests.Broadcast.Framed.Once;

/// <summary>
/// One delivery to a <see cref="TinyRedis"/>, with the parts that decide, and around them the least that can carry them: a connection that is cut, or whose bytes are kept back and let go later.
/// </summary>
internal sealed class OnceModel : IStreamPlaces, ISelected
{
    private const int ParcelRequests = 5;

    private readonly RedisProtocol _protocol = new();
    private readonly PagePool _pool = new(64 << 20);
    private readonly LogCursor _cursor;
    private readonly byte[] _table;
    private readonly List<bool> _isOfStream = [];
    private Course? _course;
    private BatchPlanner? _planner;
    private IBatchReplyReader _reader;
    private LogScan _send;
    private byte[] _read = [];
    private bool _isDone;

    public OnceModel(TinyRedis redis)
    {
        Redis = redis;
        Shared = new SharedLog(_pool, _protocol);
        _cursor = Shared.Log.Join(awaitBoundary: false);
        var lanes = new Lanes();
        _table = new byte[lanes.Bytes];
        lanes.Write(_table);
        _reader = _protocol.Batches!.NewReplyReader();
        Mark = new ServerMark(this, "w"u8.ToArray(), keptRun: null, keptGap: null);
    }

    public TinyRedis Redis { get; }

    public SharedLog Shared { get; }

    public ServerMark Mark { get; }

    public TinyRedis.Connection? Connection { get; private set; }

    /// <summary>By the number in the log: what each request was answered, last.</summary>
    public Dictionary<long, string> Answers { get; } = [];

    /// <summary>Requests that were on their way without a batch when a connection was lost: of those nobody knows.</summary>
    public HashSet<long> Doubtful { get; } = [];

    public string Trouble { get; private set; } = "";

    public long Now { get; set; }

    public bool HasAll => _cursor.Position == Shared.Log.Tail && _course is { InFlight: 0 };

    /// <summary>The fence is a compare-and-set; false: it only writes.</summary>
    public bool IsFenced { get; init; } = true;

    public Course Course => _course!;

    public string Stream => "00000000000000aa";

    public ulong Last => (ulong)Requests;

    public bool IsApart => false;

    public bool IsWhole => false;

    public bool IsOther(ReadOnlySpan<byte> table) => false;

    public long Requests { get; private set; }

    public bool IsGranted(int database) => true;

    public bool TryPlace(long requests, out ulong number, out long index, out ReadOnlyMemory<byte> table)
    {
        (number, index, table) = ((ulong)(requests / ParcelRequests), requests % ParcelRequests, _table);
        return true;
    }

    public PlaceSpot Find(ulong number, long index, out long requests)
    {
        requests = ((long)number * ParcelRequests) + index;
        return requests > Requests ? PlaceSpot.Beyond : PlaceSpot.Within;
    }

    public void Append(string request)
    {
        Assert.True(Shared.TryAppend(new RequestVerdict(), true, false, Encoding.Latin1.GetBytes(request), default, null));
        _isOfStream.Add(true);
        Requests++;
    }

    public static string Request(params string[] words) =>
        string.Create(CultureInfo.InvariantCulture, $"*{words.Length}\r\n") + string.Concat(words.Select(word => string.Create(CultureInfo.InvariantCulture, $"${word.Length}\r\n{word}\r\n")));

    /// <summary>The connection is gone; what it had sent may be done yet.</summary>
    public TinyRedis.Connection? Cut()
    {
        if (_course is { InFlight: > 0 } course && course.Head.Kind == FlightKind.Plain)
        {
            for (long number = course.Head.First; number < course.Head.End; number++)
                Doubtful.Add(number);
        }

        if (_course is not null)
            Mark.Left(_course, Number);
        (_course, _planner, _read) = (null, null, []);
        var connection = Connection;
        Connection = null;
        return connection;
    }

    /// <summary>Begins a connection as one does; <paramref name="between"/> is done between what was asked and the fence.</summary>
    public bool TryBegin(Action? between = null)
    {
        var connection = new TinyRedis.Connection(Redis);
        string watched = Ask(connection, _protocol.Batches!.Ask("w"u8));
        Mark.Met("r");
        ReadOnlyMemory<byte>? found = Redis.Mark is { } text ? Encoding.Latin1.GetBytes(text) : null;
        Assert.StartsWith("+OK", watched, StringComparison.Ordinal);
        between?.Invoke();
        var decision = Mark.Begin(found, isEmpty: false, out var mark);
        if (decision.Gap is { } gap)
            Trouble = $"gap {gap}";
        if (decision.Kind == BeginKind.NotYet)
            return false;
        Mark.Take(mark);
        while (Mark.Requests < decision.Requests && decision.Kind == BeginKind.AtMark && LogScan.At(Shared.Log, _cursor).TryPeek(Shared.Log, _cursor, out var entry))
        {
            Answers[entry.Number] = "(done)";
            Shared.Log.Advance(_cursor, entry.Length);
            Mark.Requests++;
        }

        byte[] after = Mark.At(Mark.Requests, null)!;
        string said = IsFenced ? Ask(connection, _protocol.Batches.Fence("w"u8, after)) : Ask(connection, [_protocol.Batches.Fence("w"u8, after)[1]]);
        if (said.Contains("*-1", StringComparison.Ordinal))
            return false;
        bool isRefused = said.Contains("-OOM", StringComparison.Ordinal);
        Connection = connection;
        _course = new Course(Mark.Names, Mark.Requests, isRefused);
        if (!isRefused)
        {
            _course.Fenced(after);
            Mark.Fenced(after);
        }

        _planner = new BatchPlanner(Shared, _protocol, _course, Mark, this, 0);
        _reader = _protocol.Batches.NewReplyReader();
        _send = LogScan.At(Shared.Log, _cursor);
        return true;
    }

    /// <summary>Sends what may be sent.</summary>
    public bool TrySend(long end)
    {
        if (!_planner!.TryPlan(_send, _cursor, new PlanBounds(Math.Min(end, Shared.Log.Tail), false, false, null, Now), out var behind))
            return false;
        _send = behind;
        while (_planner.Outgoing.TryRead(Shared.Log, _cursor, out var bytes, out _))
        {
            Connection!.Send(bytes.Span);
            _planner.Outgoing.Skip(bytes.Length);
        }

        return true;
    }

    /// <summary>Reads so many bytes of what has come.</summary>
    /// <returns>False: the connection must end.</returns>
    public bool TryRead(int max)
    {
        byte[] fresh = Connection!.Take(max);
        for (int at = 0; at < fresh.Length;)
        {
            _reader.IsHeadNext = _course!.IsHeadNext;
            var status = _reader.Advance(fresh.AsSpan(at), out int consumed);
            _read = [.. _read, .. fresh.AsSpan(at, consumed)];
            at += consumed;
            if (status != FrameStatus.Complete)
                return status == FrameStatus.NeedMore;
            byte[] reply = _read;
            _read = [];
            if (!TryTake(reply))
                return false;
        }

        return true;
    }

    private long Number => Shared.Log.NumberAt(_cursor, _cursor.Position);

    private bool TryTake(byte[] reply)
    {
        var course = _course!;
        var what = CourseEvent.None;
        if (course.AwaitsAnswer)
        {
            bool isError = reply[0] == (byte)'-';
            if (course.Head is { Kind: FlightKind.Plain, Entries: 1 })
                course.AnsweredPlain(isError);

            // Where the server took no fence an older connection's batches may be done yet.
            if (course.Committed is null)
                Doubtful.Add(Number);
            Answers[Number] = Encoding.Latin1.GetString(reply);
            LogScan.At(Shared.Log, _cursor).TryPeek(Shared.Log, _cursor, out var entry);
            Shared.Log.Advance(_cursor, entry.Length);
            if (Number < course.Head.End)
                return true;
            what = course.Answered();
        }
        else
        {
            what = course.Take(_protocol.Batches!.Read(reply, out int count), count);
        }

        if (course.Finished is { } done)
            _planner!.Took(done, Now);
        if (what == CourseEvent.Again)
        {
            _send = LogScan.At(Shared.Log, _cursor);
            _planner!.GoBack(course.RequestsAt(Number));
        }

        _isDone = what is CourseEvent.MarkLost or CourseEvent.Overtaken or CourseEvent.Unknown;
        if (what is CourseEvent.Overtaken or CourseEvent.Unknown)
            Trouble = what.ToString();
        return !_isDone;
    }

    private static string Ask(TinyRedis.Connection connection, IReadOnlyList<ReadOnlyMemory<byte>> requests)
    {
        foreach (var request in requests)
            connection.Send(request.Span);
        while (connection.TryStep())
        {
            // All of it.
        }

        return Encoding.Latin1.GetString(connection.Take(int.MaxValue));
    }
}
