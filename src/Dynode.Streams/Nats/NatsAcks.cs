using System.Buffers;

namespace Dynode.Streams.Nats;

/// <summary>What the engine says to parcels: only that it did not take one is told, and that is no proof either way.</summary>
internal sealed class NatsAcks(NatsWords words, int life, NatsUse use) : INatsReplies
{
    // The least of what says that one was taken: {"stream":"s", "seq":1}
    private static readonly byte[] Error = "\"error\":"u8.ToArray();

    public string Subject => "";

    public void Take(string? replyTo, ReadOnlySpan<byte> header, in ReadOnlySequence<byte> bytes)
    {
        var lines = new NatsHeader(header);
        if (lines.Status == 0)
            use.Answered();
        string why = "";
        if (lines.Status != 0)
            why = lines.Status == 503 ? "no stream takes it" : $"the server says {lines.StatusText}";
        else if (bytes.IsSingleSegment ? bytes.FirstSpan.IndexOf(Error) >= 0 : bytes.ToArray().AsSpan().IndexOf(Error) >= 0)
            why = Read(bytes.ToArray());
        if (why.Length > 0)
            words.Add(life, new StreamWord(StreamWordKind.Refused, Text: why));
    }

    public void Fail(NatsTrouble why)
    {
    }

    private static string Read(byte[] bytes)
    {
        try
        {
            NatsJson json = NatsJson.Read(bytes);
            return NatsRemedy.With(json.Number("error.err_code"), NatsTrouble.Excerpt(json.Text("error.description")));
        }
        catch (NatsTrouble e)
        {
            return e.Message;
        }
    }
}
