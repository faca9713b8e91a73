using System.Text;
using Dynode.Protocols;
using Dynode.Protocols.Redis;

namespace Dynode.UnitTests.Protocols.Redis;

/// <summary>What became of one request.</summary>
/// <param name="Verdict">The verdict.</param>
/// <param name="Answer">What the client is answered.</param>
/// <param name="Sent">What is forwarded or put by; empty where it is neither.</param>
internal sealed record Judged(RequestVerdict Verdict, string Answer, string Sent);

/// <summary>One client at a reader: feeds bytes, and keeps what the data plane would keep. Text is Latin-1.</summary>
internal sealed class ReaderDriver
{
    private readonly RequestScratch _scratch = new();
    private readonly List<byte> _request = [];

    public ReaderDriver(string password = "", long clientId = 7, ScriptBodies? scripts = null)
    {
        Settings = new() { ClientPassword = password };
        Reader = new RedisRequestReader(clientId, scripts ?? new ScriptBodies());
    }

    public RedisRequestReader Reader { get; }

    public ProtocolSettings Settings { get; set; }

    /// <summary>How many bytes are fed at once.</summary>
    public int PieceBytes { get; init; } = int.MaxValue;

    /// <summary>How much of a long request is shown.</summary>
    public int HeadBytes { get; init; } = IRequestReader.HeadBytesMax;

    /// <summary>What SELECT is told.</summary>
    public bool AcceptsSelect { get; set; } = true;

    /// <summary>Lines of words; the verdict on the last.</summary>
    public Judged Say(params string[] lines)
    {
        var all = Feed(string.Concat(lines.Select(line => line + "\r\n")));
        Assert.Equal(lines.Length, all.Count);
        return all[^1];
    }

    /// <summary>One request of these arguments.</summary>
    public Judged Ask(params string[] arguments) => Assert.Single(Feed(Encode(arguments)));

    public static string Encode(params string[] arguments) =>
        $"*{arguments.Length}\r\n" + string.Concat(arguments.Select(argument => $"${argument.Length}\r\n{argument}\r\n"));

    public IReadOnlyList<Judged> Feed(string stream)
    {
        List<Judged> all = [];
        byte[] bytes = Encoding.Latin1.GetBytes(stream);
        for (int at = 0; at < bytes.Length;)
        {
            var status = Reader.Advance(bytes.AsSpan(at, Math.Min(PieceBytes, bytes.Length - at)), Settings, out int consumed);
            Assert.NotEqual(FrameStatus.Malformed, status);
            _request.AddRange(bytes.AsSpan(at, consumed));
            at += consumed;
            if (status == FrameStatus.Complete) all.Add(Judge());
        }

        return all;
    }

    private Judged Judge()
    {
        byte[] request = [.. _request];
        _request.Clear();
        _scratch.Clear();
        var verdict = Reader.Judge(request.AsSpan(0, Math.Min(request.Length, HeadBytes)), _scratch, Settings);
        Assert.Equal(0, Reader.Length);
        if (verdict.Selects >= 0) Reader.Settle(AcceptsSelect);
        string answer = Encoding.Latin1.GetString(_scratch.Answer.WrittenSpan);
        bool sends = verdict.Action is RequestAction.Forward or RequestAction.Collect or RequestAction.ForwardCollected;
        if (verdict.Action is RequestAction.Forward or RequestAction.ForwardCollected) Assert.Equal("", answer);
        ReadOnlySpan<byte> sent = _scratch.Replacement.WrittenCount > 0 ? _scratch.Replacement.WrittenSpan : request;
        return new(verdict, answer, sends ? Encoding.Latin1.GetString(sent) : "");
    }
}
