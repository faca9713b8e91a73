using System.Buffers;
using System.Buffers.Text;
using Dynode.Log;

namespace Dynode.Streams.Nats;

/// <summary>Hears what the stream's leader says it has placed: copies it where it is read, and says so. One for each time that somebody listens.</summary>
internal sealed class NatsEar(string subject, PagePool pool, NatsWords words, int life) : INatsReplies
{
    private volatile bool _isDeaf;

    public string Subject => subject;

    public void Deafen() => _isDeaf = true;

    public void Take(string? replyTo, ReadOnlySpan<byte> header, in ReadOnlySequence<byte> bytes)
    {
        var lines = new NatsHeader(header);
        if (_isDeaf || !Utf8Parser.TryParse(lines.Value("Nats-Sequence"u8), out ulong number, out _) || number == 0)
            return;

        // One that is not above the one before is said, too: whoever reads knows by it that the stream is not what it was.
        long time = NatsTime.Nanoseconds(lines.Value("Nats-Time-Stamp"u8)) / NatsTime.NanosecondsPerMillisecond;

        // Without its time it is read from the stream itself, which has it.
        PageChain? parcel = time > 0 ? NatsPages.Copy(pool, bytes) : null;
        words.Add(life, parcel is null ? new StreamWord(StreamWordKind.Missed, number) : new StreamWord(StreamWordKind.Heard, number, time, parcel));
    }

    // The connection has ended, which is said once, and not here.
    public void Fail(NatsTrouble why) => _isDeaf = true;
}
