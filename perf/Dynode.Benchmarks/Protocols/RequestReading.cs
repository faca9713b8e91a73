using Dynode.Benchmarks.Captures;
using Dynode.Protocols;

namespace Dynode.Benchmarks.Protocols;

/// <summary>A client's turn without its socket and its log: each read's bytes go to the reader once, and each request is judged.</summary>
internal sealed class RequestReading(IProtocol protocol, Capture capture)
{
    private readonly IRequestReader _reader = protocol.NewRequestReader(1);
    private readonly RequestScratch _scratch = new();
    private readonly ProtocolSettings _settings = new();

    /// <summary>Reads the whole capture.</summary>
    /// <returns>The number of requests.</returns>
    /// <exception cref="InvalidOperationException">It is no capture of this protocol.</exception>
    public int Run()
    {
        var bytes = capture.Bytes.AsSpan();
        int requests = 0;
        int start = 0;
        int scanned = 0;
        int end = 0;
        for (int i = 0; i < capture.Reads.Length; i++)
        {
            end += capture.Reads[i];
            while (scanned < end)
            {
                var status = _reader.Advance(bytes[scanned..end], _settings, out int consumed);
                scanned += consumed;
                if (status == FrameStatus.NeedMore)
                    break;
                if (status == FrameStatus.Malformed)
                    throw new InvalidOperationException($"{capture}: malformed at byte {scanned}");
                _scratch.Clear();
                _reader.Judge(bytes[start..scanned], _scratch, _settings);
                start = scanned;
                requests++;
            }
        }

        return requests;
    }

    /// <summary>Runs once, so that nothing is measured that reads something else than it should.</summary>
    public RequestReading Checked()
    {
        int requests = Run();
        return requests == capture.Frames ? this : throw new InvalidOperationException($"{capture}: {requests} requests, not {capture.Frames}");
    }
}
