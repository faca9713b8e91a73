using System.Globalization;
using Dynode.Protocols;
using Dynode.UnitTests.Protocols.Redis;

namespace Dynode.UnitTests.Fuzzing;

/// <summary>What one client's bytes became: what it was told and what servers would be sent, whatever pieces they came in.</summary>
internal sealed class RequestRun
{
    private const int LengthLineBytesMax = 32;

    private readonly List<string> _said = [];
    private readonly List<byte> _request = [];
    private readonly List<byte> _collected = [];
    private readonly RequestScratch _scratch = new();
    private readonly IRequestReader _reader;
    private readonly ProtocolSettings _settings;

    private RequestRun(IProtocol protocol, ProtocolSettings settings)
    {
        _reader = protocol.NewRequestReader(1);
        _settings = settings;
    }

    /// <summary>Each with the number of replies that it will have: as a server is sent it.</summary>
    public List<(byte[] Bytes, int Replies)> Sent { get; } = [];

    /// <summary>What the client is answered by the broadcaster itself, each whole.</summary>
    public List<byte[]> Answers { get; } = [];

    /// <summary>Kinds alone, for telling one outcome from another.</summary>
    public List<string> Kinds { get; } = [];

    public string Said => string.Join('\n', _said);

    public static RequestRun Of(IProtocol protocol, ProtocolSettings settings, IEnumerable<ReadOnlyMemory<byte>> pieces)
    {
        var run = new RequestRun(protocol, settings);
        foreach (var piece in pieces)
        {
            if (!run.Take(piece.Span)) break;
        }

        run._said.Add(string.Create(CultureInfo.InvariantCulture, $"open {run._request.Count}"));
        return run;
    }

    private bool Take(ReadOnlySpan<byte> fresh)
    {
        while (!fresh.IsEmpty)
        {
            var status = _reader.Advance(fresh, _settings, out int consumed);
            Assert.InRange(consumed, 0, fresh.Length);
            _request.AddRange(fresh[..consumed]);
            fresh = fresh[consumed..];
            if (status == FrameStatus.Malformed)
            {
                _scratch.Clear();
                _reader.WriteFault(_scratch.Answer);
                Assert.NotEqual("", _reader.Fault);
                IsPlain(_reader.Fault);
                Tell("malformed", "");
                _request.Clear();
                return false;
            }

            Assert.Equal(_request.Count, _reader.Length);
            Assert.True(_reader.DeclaredLength >= _reader.Length);

            // Of redis the line that says how long an argument is may end behind it: that is looked at when it is whole.
            Assert.True(_reader.Length <= _settings.RequestBytesMax + LengthLineBytesMax, $"{_reader.Length} bytes were taken of at most {_settings.RequestBytesMax}");
            if (status == FrameStatus.NeedMore)
            {
                Assert.True(fresh.IsEmpty);
                if (_reader.Length > 0) IsPlain(_reader.Part);
                continue;
            }

            Assert.True(consumed > 0);
            if (!Judge()) return false;
        }

        return true;
    }

    private bool Judge()
    {
        byte[] request = [.. _request];
        _request.Clear();
        _scratch.Clear();
        var verdict = _reader.Judge(request.AsSpan(0, Math.Min(request.Length, IRequestReader.HeadBytesMax)), _scratch, _settings);
        Assert.Equal(0, _reader.Length);
        Assert.InRange(verdict.CutOffset, 0, Math.Min(request.Length, IRequestReader.HeadBytesMax) - verdict.CutLength);
        Assert.InRange(verdict.Replies, 0, int.MaxValue);
        if (verdict.Selects >= 0) _reader.Settle(verdict.Selects % 2 == 0);
        byte[] bytes = _scratch.Replacement.WrittenCount > 0
            ? _scratch.Replacement.WrittenSpan.ToArray()
            : [.. request[..verdict.CutOffset], .. request[(verdict.CutOffset + verdict.CutLength)..]];
        string sent = "";
        switch (verdict.Action)
        {
            case RequestAction.Forward:
                Sent.Add((bytes, verdict.Replies));
                sent = Trace.Shown(bytes);
                break;
            case RequestAction.Collect:
                _collected.AddRange(bytes);
                break;
            case RequestAction.ForwardCollected:
                Sent.Add(([.. _collected, .. bytes], verdict.Replies));
                _collected.Clear();
                sent = Trace.Shown(Sent[^1].Bytes);
                break;
            case RequestAction.DropCollected:
                _collected.Clear();
                break;
            default:
                break;
        }

        Tell($"{verdict.Action}{(verdict.Closes ? " closes" : "")} {verdict.Class} {verdict.Hide}", string.Create(CultureInfo.InvariantCulture, $"{verdict} {sent}"));
        return !verdict.Closes;
    }

    private void Tell(string kind, string more)
    {
        byte[] answer = _scratch.Answer.WrittenSpan.ToArray();
        if (answer.Length > 0) Answers.Add(answer);

        // What is quoted in an error is the client's own.
        string beginning = Trace.Shown(answer);
        Kinds.Add($"{kind} {beginning[..Math.Min(12, beginning.Length)]}");
        _said.Add($"{kind} {more} {Trace.Shown(answer)}");
    }

    /// <summary>One line that may stand in a log.</summary>
    public static void IsPlain(string text) => Assert.DoesNotContain(text, static c => char.IsControl(c));
}
