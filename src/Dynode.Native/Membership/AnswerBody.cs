using System.IO.Pipelines;

namespace Dynode.Native.Membership;

/// <summary>
/// Reads the body of an answer, whole and bounded: whatever it declares or keeps sending, no more than
/// <see cref="AnswerBytesMax"/> and one segment are held. The stream fills a pipe by synchronous reads, so that no part
/// of it runs on a thread of the data plane; its segments come from the pool and go to the parser as they are.
/// </summary>
internal static class AnswerBody
{
    public const int AnswerBytesMax = 1 << 20;

    private const int SegmentBytes = 16 << 10;

    // Never pauses its writer: reader and writer are one thread, and the loop below is the limit.
    private static readonly PipeOptions Unpaused = new(
        pauseWriterThreshold: 0, resumeWriterThreshold: 0, minimumSegmentSize: SegmentBytes, useSynchronizationContext: false);

    public static ListVerdict Read(HttpContent content)
    {
        if (content.Headers.ContentEncoding.Any(coding => !coding.Equals("identity", StringComparison.OrdinalIgnoreCase)))
        {
            string codings = Excerpt.Escape(string.Join(", ", content.Headers.ContentEncoding));
            return ListVerdict.Bad($"the answer is compressed ({codings}), which was not asked for");
        }

        if (content.Headers.ContentLength is > AnswerBytesMax and var declared)
            return TooLong($"declares {declared} bytes");

        using Stream stream = content.ReadAsStream();
        var pipe = new Pipe(Unpaused);
        try
        {
            for (long total = 0; ;)
            {
                int count = stream.Read(pipe.Writer.GetMemory(1).Span);
                if (count == 0)
                    break;
                total += count;
                if (total > AnswerBytesMax)
                    return TooLong("does not end there");
                pipe.Writer.Advance(count);
            }

            pipe.Writer.Complete();
            return pipe.Reader.TryRead(out ReadResult whole) ? ServerList.Parse(whole.Buffer) : ListVerdict.Bad("the answer is empty");
        }
        finally
        {
            pipe.Writer.Complete();
            pipe.Reader.Complete();
        }
    }

    private static ListVerdict TooLong(string how) => ListVerdict.Bad($"the answer is longer than 1 MiB: it {how}");
}
