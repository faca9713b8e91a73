using Dynode.Protocols;

namespace Dynode.Broadcast.Framed.Sequence;

/// <summary>What a request in the shared log is to those who send it.</summary>
internal enum RequestKind
{
    /// <summary>A client's.</summary>
    Client,

    /// <summary>A client's that asks for another database; one that a server refuses changes nothing there.</summary>
    ClientSelect,

    /// <summary>The sequencer's own: makes a database the one in force for what follows. A server that refuses it must get nothing more.</summary>
    Select,

    /// <summary>
    /// The sequencer's own: makes a protocol the one in force for what follows. A server that refuses it carries out the same requests, and
    /// what it replies is of no use to those who asked.
    /// </summary>
    Protocol,
}

/// <summary>
/// The word that stands with each request in the shared log: its kind, and how many replies it gets or what it names.
/// <code>
///   31 … 26    25 … 23   22      21 20   19 … 0
///   unused   │ class   │ local │ kind  │ replies, or the database, or the protocol
/// </code>
/// </summary>
/// <param name="Bits">As drawn.</param>
internal readonly record struct RequestTag(uint Bits)
{
    /// <summary>Replies of one request, and databases, are below it.</summary>
    public const int PayloadMax = (1 << PayloadBits) - 1;

    private const int PayloadBits = 20;
    private const uint LocalBit = 1 << (PayloadBits + 2);
    private const int ClassBits = PayloadBits + 3;
    private const uint ClassMask = 7u << ClassBits;

    public RequestKind Kind => (RequestKind)((Bits >> PayloadBits) & 3);

    /// <summary>The sequencer's own: no client waits for its reply.</summary>
    public bool IsOwn => Kind is RequestKind.Select or RequestKind.Protocol;

    /// <summary>It is in this log alone, and in no stream that orders it.</summary>
    public bool IsLocal => (Bits & LocalBit) != 0;

    /// <summary>The same, in this log alone.</summary>
    public RequestTag Local => new(Bits | LocalBit);

    /// <summary>A client's own request, with one reply.</summary>
    public bool IsPlain => (Bits & ~(LocalBit | ClassMask)) == 1;

    /// <summary>A client's that the stream which orders the log has, too.</summary>
    public bool IsOfStream => Kind == RequestKind.Client && !IsLocal;

    /// <summary>Where a stream orders the log: how replies are compared with those of other regions; null: not at all.</summary>
    public ReplyClass? ToldAs => IsOfStream && Replies > 0 && Class != ReplyClass.Own ? Class : null;

    /// <summary>Where a stream orders the log: of a client's request that it has, how its replies are compared.</summary>
    public ReplyClass Class => (ReplyClass)((Bits & ClassMask) >> ClassBits);

    /// <summary>The same, with how its replies are compared.</summary>
    public RequestTag Of(ReplyClass replyClass) => new(Bits | ((uint)replyClass << ClassBits));

    /// <summary>How many replies a server gives; the last one counts. 0: none, and what was sent is acknowledged.</summary>
    public int Replies => Kind == RequestKind.Client ? Named : 1;

    /// <summary>Of the other kinds: the database, or the protocol.</summary>
    public int Named => (int)(Bits & PayloadMax);

    public static RequestTag Of(int replies) => new((uint)replies);

    public static RequestTag Of(RequestKind kind, int named) => new(((uint)kind << PayloadBits) | (uint)named);
}
