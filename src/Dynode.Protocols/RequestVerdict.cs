namespace Dynode.Protocols;

/// <summary>What is to become of one request of a client.</summary>
public enum RequestAction
{
    /// <summary>It goes into the log.</summary>
    Forward,

    /// <summary>It goes no further; its answer, which may be empty, is in <see cref="RequestScratch.Answer"/>.</summary>
    Answer,

    /// <summary>It is put by, behind what was put by before, until the client's transaction ends; answered as <see cref="Answer"/>.</summary>
    Collect,

    /// <summary>With all that was put by before it, it goes into the log as one request.</summary>
    ForwardCollected,

    /// <summary>What was put by is forgotten; answered as <see cref="Answer"/>.</summary>
    DropCollected,
}

/// <summary>How the replies of several servers to one request relate.</summary>
public enum ReplyClass : byte
{
    /// <summary>Equal servers give equal bytes.</summary>
    Compared,

    /// <summary>Equal servers give the same elements, each in its own order.</summary>
    Unordered,

    /// <summary>As <see cref="Unordered"/>, but elements belong together two by two: field and value.</summary>
    UnorderedPairs,

    /// <summary>Equal servers do it or refuse it alike; what they say with that may differ (a script may look at a clock, or at a set's order).</summary>
    Outcome,

    /// <summary>One server's own affair (its clock, its cursor, its statistics): the primary's reply is taken, and nothing is compared.</summary>
    Own,
}

/// <summary>What a <see cref="IRequestReader"/> decided about a request that is complete.</summary>
public readonly record struct RequestVerdict()
{
    /// <summary>What is to become of it.</summary>
    public RequestAction Action { get; init; }

    /// <summary>The client is closed behind the answer.</summary>
    public bool Closes { get; init; }

    /// <summary>How many replies each server gives to what is forwarded; the last one is the client's. 0: servers do not answer, and what was sent is acknowledged.</summary>
    public int Replies { get; init; } = 1;

    /// <summary>How replies are compared.</summary>
    public ReplyClass Class { get; init; }

    /// <summary>Which replies the client does not get to see: 0 none, <see cref="HidesAll"/> all, else as <see cref="IProtocol.Hides"/> says.</summary>
    public byte Hide { get; init; }

    /// <summary>The database that it must run in.</summary>
    public int Database { get; init; }

    /// <summary>The protocol that its reply must be in, which is the client's. redis: RESP2 or RESP3; others have but one.</summary>
    public byte Protocol { get; init; } = FirstProtocol;

    /// <summary>It asks for another database: the client's next request waits for its outcome, told to <see cref="IRequestReader.Settle"/>. -1: it does not.</summary>
    public int Selects { get; init; } = -1;

    /// <summary>
    /// Its reply gives a cursor, which is of no meaning to another server: <see cref="CursorBegins"/>, <see cref="CursorUnknown"/>, or the
    /// origin of the cursor that it goes on from, from 1 to <see cref="OriginMax"/>. 0: it has nothing to do with cursors.
    /// </summary>
    public int Cursor { get; init; }

    /// <summary>It changes no data at any server, for certain: whoever has done what comes before it may answer it alone. Only said where <see cref="ProtocolSettings.MarksReads"/>.</summary>
    public bool Reads { get; init; }

    /// <summary>Where in the request <see cref="CutLength"/> bytes are left out of what is forwarded; within its first <see cref="IRequestReader.HeadBytesMax"/> bytes.</summary>
    public int CutOffset { get; init; }

    /// <summary>0: nothing is cut.</summary>
    public int CutLength { get; init; }

    /// <summary>What a new connection speaks.</summary>
    public const byte FirstProtocol = 2;

    /// <summary>The newest that clients may choose.</summary>
    public const byte LastProtocol = 3;

    /// <summary>It begins at the beginning.</summary>
    public const int CursorBegins = -1;

    /// <summary>It goes on from a cursor that does not say whose it is.</summary>
    public const int CursorUnknown = -2;

    /// <summary>The largest number of a connection that a cursor may say.</summary>
    public const int OriginMax = (1 << 17) - 1;

    /// <summary>The client sees no reply to this request.</summary>
    public const byte HidesAll = byte.MaxValue;
}
