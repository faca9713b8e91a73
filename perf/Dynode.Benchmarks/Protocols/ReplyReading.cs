using Dynode.Benchmarks.Captures;
using Dynode.Protocols;

namespace Dynode.Benchmarks.Protocols;

/// <summary>A server connection's turn without its socket: each read's bytes go to the reader once.</summary>
internal sealed class ReplyReading(IProtocol protocol, Capture capture)
{
    private readonly IReplyReader _reader = protocol.NewReplyReader();

    /// <summary>Reads the whole capture.</summary>
    /// <returns>The number of replies.</returns>
    /// <exception cref="InvalidOperationException">It is no capture of this protocol.</exception>
    public int Run()
    {
        var bytes = capture.Bytes.AsSpan();
        int replies = 0;
        int scanned = 0;
        int end = 0;
        for (int i = 0; i < capture.Reads.Length; i++)
        {
            end += capture.Reads[i];
            while (scanned < end)
            {
                var status = _reader.Advance(bytes[scanned..end], out int consumed);
                scanned += consumed;
                if (status == FrameStatus.NeedMore)
                    break;
                if (status == FrameStatus.Malformed)
                    throw new InvalidOperationException($"{capture}: malformed at byte {scanned}");
                replies++;
            }
        }

        return replies;
    }

    /// <summary>Runs once, so that nothing is measured that reads something else than it should.</summary>
    public ReplyReading Checked()
    {
        int replies = Run();
        return replies == capture.Frames ? this : throw new InvalidOperationException($"{capture}: {replies} replies, not {capture.Frames}");
    }
}
