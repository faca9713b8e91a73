using System.Text;

namespace Dynode.TestKit.Framed;

/// <summary>What a <see cref="FramedServer"/> does behind a reply.</summary>
public enum ReplyThen
{
    GoOn,

    /// <summary>FIN (RST by the kernel, as for every program, where more was received than read).</summary>
    Close,

    /// <summary>RST.</summary>
    Reset,
}

/// <summary>
/// What a <see cref="FramedServer"/> answers to one request: bytes, perhaps with a halt in the middle, and then perhaps the end
/// of the connection. A request whose reply is the end is the last that the connection takes.
/// </summary>
public sealed record FramedReply
{
    private FramedReply(byte[] bytes) => Bytes = bytes;

    /// <summary>Nothing, as where a protocol does not answer. To answer later there is <see cref="FramedServer.HoldAnswers"/>.</summary>
    public static FramedReply None { get; } = new([]);

    /// <summary>The end, without an answer.</summary>
    public static FramedReply Close { get; } = None with { Then = ReplyThen.Close };

    /// <inheritdoc cref="Close"/>
    public static FramedReply Reset { get; } = None with { Then = ReplyThen.Reset };

    public byte[] Bytes { get; private init; }

    public ReplyThen Then { get; private init; }

    /// <summary>So many bytes are sent, the rest when the test says so (<see cref="FramedServer.EndHalts"/>); -1: no halt.</summary>
    public int HaltsAt { get; private init; } = -1;

    /// <summary>As it is given.</summary>
    public static FramedReply Raw(byte[] bytes) => new(bytes);

    /// <summary>With a line end behind it: <c>Line("+OK")</c>, <c>Line("STORED")</c>.</summary>
    public static FramedReply Line(string text) => new(Encoding.Latin1.GetBytes(text + "\r\n"));

    /// <summary>A bulk string of redis.</summary>
    public static FramedReply Bulk(string text) => new(Encoding.Latin1.GetBytes($"${text.Length}\r\n{text}\r\n"));

    /// <summary>An array of redis.</summary>
    public static FramedReply Array(params IReadOnlyList<FramedReply> items) =>
        new([.. Encoding.Latin1.GetBytes($"*{items.Count}\r\n"), .. items.SelectMany(item => item.Bytes)])
        {
            Then = items.Select(item => item.Then).FirstOrDefault(then => then != ReplyThen.GoOn),
        };

    /// <summary>Its first bytes, and then the end.</summary>
    public FramedReply Torn(int bytes, ReplyThen then) => this with { Bytes = Bytes[..bytes], Then = then };

    /// <summary>Its first bytes; the rest, and all that comes behind it on the connection, when the test says so.</summary>
    public FramedReply Halted(int bytes) => this with { HaltsAt = bytes };

    /// <summary>Whole, and then the end.</summary>
    public FramedReply And(ReplyThen then) => this with { Then = then };
}
