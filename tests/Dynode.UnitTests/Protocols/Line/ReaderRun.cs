using System.Globalization;
using System.Text;
using Dynode.Protocols;

namespace Dynode.UnitTests.Protocols.Line;

/// <summary>
/// Feeds a reader a stream in pieces and writes down all that it said, one entry per frame, so that two cuts of one stream,
/// or a reader and its oracle, are compared as lists of strings. What every reader owes to its caller is asserted on the way.
/// </summary>
internal static class ReaderRun
{
    public static List<string> Requests(IProtocol protocol, ProtocolSettings settings, IEnumerable<ReadOnlyMemory<byte>> pieces)
    {
        var reader = protocol.NewRequestReader(1);
        var scratch = new RequestScratch();
        var request = new List<byte>();
        var said = new List<string>();
        long declared = 0;
        foreach (var piece in pieces)
        {
            var fresh = piece.Span;
            while (fresh.Length > 0)
            {
                var status = reader.Advance(fresh, settings, out int consumed);
                Assert.InRange(consumed, 0, fresh.Length);
                request.AddRange(fresh[..consumed]);
                Assert.Equal(request.Count, reader.Length);
                Assert.InRange(reader.DeclaredLength, Math.Max(declared, reader.Length), long.MaxValue);
                declared = reader.DeclaredLength;
                fresh = fresh[consumed..];
                if (status == FrameStatus.NeedMore)
                {
                    Assert.Equal(0, fresh.Length);
                    Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"{request.Count} bytes"), reader.Part, StringComparison.Ordinal);

                    // Behind a verdict that closes nobody reads on but this.
                    if (!said.Exists(verdict => verdict.StartsWith("answer and close", StringComparison.Ordinal))) Assert.Equal("", reader.Fault);
                    continue;
                }

                if (status == FrameStatus.Malformed)
                {
                    // The log says at least what the client is told.
                    reader.WriteFault(scratch.Answer);
                    string told = Text(scratch.Answer.WrittenSpan).TrimEnd();
                    Assert.Contains(reader.Fault.Split(':')[0], told, StringComparison.Ordinal);
                    Assert.NotEqual("", reader.Fault);
                    said.Add(Malformed(Text(scratch.Answer.WrittenSpan), request.Count));
                    return said;
                }

                Assert.Equal(reader.Length, reader.DeclaredLength);
                said.Add(Judged(reader, scratch, settings, [.. request]));
                Assert.Equal(0, reader.Length);
                request.Clear();
                declared = 0;
            }
        }

        if (request.Count > 0) said.Add(Open(request.Count));
        return said;
    }

    public static List<string> Replies(IProtocol protocol, IEnumerable<ReadOnlyMemory<byte>> pieces)
    {
        var reader = protocol.NewReplyReader();
        var reply = new List<byte>();
        var said = new List<string>();
        foreach (var piece in pieces)
        {
            var fresh = piece.Span;
            while (fresh.Length > 0)
            {
                var status = reader.Advance(fresh, out int consumed);
                Assert.InRange(consumed, 0, fresh.Length);
                reply.AddRange(fresh[..consumed]);
                fresh = fresh[consumed..];
                if (status == FrameStatus.NeedMore)
                {
                    Assert.Equal(0, fresh.Length);
                    continue;
                }

                if (status == FrameStatus.Malformed)
                {
                    said.Add(Malformed("", reply.Count));
                    return said;
                }

                said.Add(Text([.. reply]));
                reply.Clear();
            }
        }

        if (reply.Count > 0) said.Add(Open(reply.Count));
        return said;
    }

    public static string Forward(string sent, int replies, ReplyClass replyClass, int hide) =>
        string.Create(CultureInfo.InvariantCulture, $"forward {replies} {replyClass} hide {hide}: {sent}");

    public static string Answer(string text, bool closes = false) => $"answer{(closes ? " and close" : "")}: {text}";

    public static string Malformed(string fault, int length) => string.Create(CultureInfo.InvariantCulture, $"malformed after {length}: {fault}");

    public static string Open(int length) => string.Create(CultureInfo.InvariantCulture, $"open: {length}");

    public static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    public static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    /// <summary>The stream in random pieces: mostly short ones, some long.</summary>
    public static IEnumerable<ReadOnlyMemory<byte>> Cut(ReadOnlyMemory<byte> stream, Random random)
    {
        while (stream.Length > 0)
        {
            int length = Math.Min(stream.Length, random.Next(4) == 0 ? random.Next(1, 400) : random.Next(1, 12));
            yield return stream[..length];
            stream = stream[length..];
        }
    }

    private static string Judged(IRequestReader reader, RequestScratch scratch, ProtocolSettings settings, byte[] request)
    {
        scratch.Clear();
        var head = request.AsSpan(0, Math.Min(request.Length, IRequestReader.HeadBytesMax));
        var verdict = reader.Judge(head, scratch, settings);
        string answer = Text(scratch.Answer.WrittenSpan);
        scratch.Clear();
        Assert.Equal(-1, verdict.Selects);
        Assert.Equal(0, verdict.Database);
        if (verdict.Action == RequestAction.Answer) return Answer(answer, verdict.Closes);
        Assert.Equal(RequestAction.Forward, verdict.Action);
        Assert.Equal("", answer);
        Assert.False(verdict.Closes);
        string sent = Text(request).Remove(verdict.CutOffset, verdict.CutLength);
        return Forward(sent, verdict.Replies, verdict.Class, verdict.Hide);
    }
}
