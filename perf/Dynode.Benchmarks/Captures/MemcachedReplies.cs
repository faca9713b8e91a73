using System.Globalization;

namespace Dynode.Benchmarks.Captures;

/// <summary>What memcached answers.</summary>
internal static class MemcachedReplies
{
    public static Capture[] All => [OneByOne(), Pipelined(), ManyKeys(), Meta(), LargeValues()];

    private static Capture OneByOne() => new CaptureWriter().Frames(256, Short).InReadsOf(1, "one by one");

    /// <summary>Under load the connection that all clients share is read a page at a time.</summary>
    private static Capture Pipelined() => new CaptureWriter().Frames(1024, Short).InFullReads("pipelined");

    private static Capture ManyKeys()
    {
        var writer = new CaptureWriter();
        for (int i = 0; i < 16; i++)
            writer.Frame(string.Concat(Enumerable.Range(0, 40).Select(_ => Item(writer, 50 + writer.Number(200)))) + "END\r\n");
        return writer.InFullReads("get of 50");
    }

    private static Capture Meta()
    {
        var writer = new CaptureWriter();
        for (int i = 0; i < 256; i++)
        {
            for (int k = 0; k < 4; k++)
            {
                int length = 50 + writer.Number(200);
                writer.Frame(string.Create(CultureInfo.InvariantCulture, $"VA {length} f0 t3412 kapp:v3:user:{writer.Number(10_000_000)}:profile O{k}\r\n{writer.Text(length)}\r\n"));
            }

            writer.Frame("EN\r\n");
            writer.Frame("HD\r\n");
            writer.Frame("HD\r\n");
            writer.Frame("NF\r\n");
        }

        return writer.InFullReads("meta");
    }

    private static Capture LargeValues() => new CaptureWriter().Frames(8, static (writer, _) => Item(writer, 100 << 10) + "END\r\n").InFullReads("large values");

    /// <summary>Hits, a miss, and what a write is answered.</summary>
    private static string Short(CaptureWriter writer, int i) => (i % 10) switch
    {
        8 => "END\r\n",
        9 => "STORED\r\n",
        _ => Item(writer, 50 + writer.Number(450)) + "END\r\n",
    };

    private static string Item(CaptureWriter writer, int length) =>
        string.Create(CultureInfo.InvariantCulture, $"VALUE app:v3:user:{writer.Number(10_000_000)}:profile 0 {length}\r\n{writer.Text(length)}\r\n");
}
