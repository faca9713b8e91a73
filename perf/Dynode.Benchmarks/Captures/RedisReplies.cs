using System.Globalization;
using System.Text;

namespace Dynode.Benchmarks.Captures;

/// <summary>What redis-server answers.</summary>
internal static class RedisReplies
{
    public static Capture[] All => [OneByOne(), Pipelined(), Application(), Lists(), LargeValues()];

    /// <summary>GET: a page in a cache.</summary>
    public static Capture Value
    {
        get
        {
            var writer = new CaptureWriter();
            writer.Frame(Bulk(writer.Text(1000)));
            return writer.InFullReads("value of 1000");
        }
    }

    /// <summary>SMEMBERS or HGETALL: what equal servers order differently.</summary>
    public static Capture Members
    {
        get
        {
            var writer = new CaptureWriter();
            writer.Frame(Array(Values(writer, 100, 16)));
            return writer.InFullReads("100 members");
        }
    }

    /// <summary>A server that has nothing more to say: a read brings one short reply.</summary>
    private static Capture OneByOne() => new CaptureWriter().Frames(256, Short).InReadsOf(1, "one by one");

    /// <summary>The same replies under load: the connection that all clients share is read a page at a time.</summary>
    private static Capture Pipelined() => new CaptureWriter().Frames(4096, Short).InFullReads("pipelined");

    /// <summary>Sessions, hashes, streams and scripts, and now and then an error.</summary>
    private static Capture Application()
    {
        var writer = new CaptureWriter();
        for (int i = 0; i < 128; i++)
        {
            writer.Frame(Bulk(writer.Text(120)));
            writer.Frame(Array("name", writer.Text(12), "mail", writer.Text(20), "visits", "17", "plan", "free"));
            writer.Frame("$-1\r\n");
            writer.Frame(Bulk("1718000000000-0"));
            writer.Frame($"*3\r\n:1\r\n:{writer.Number(100)}\r\n*2\r\n$2\r\nok\r\n:60\r\n");
            writer.Frame(i % 16 == 0 ? "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n" : "+OK\r\n");
        }

        return writer.InFullReads("application");
    }

    /// <summary>LRANGE mylist 0 99.</summary>
    private static Capture Lists() => new CaptureWriter().Frames(64, static (writer, _) => Array(Values(writer, 100, 3))).InFullReads("LRANGE 100");

    private static Capture LargeValues() => new CaptureWriter().Frames(8, static (writer, _) => Bulk(writer.Text(100 << 10))).InFullReads("large values");

    private static string Short(CaptureWriter writer, int i) => (i % 4) switch
    {
        0 => "+OK\r\n",
        1 => Bulk(writer.Text(100)),
        2 => $":{writer.Number(1_000_000)}\r\n",
        _ => Bulk(writer.Text(3)),
    };

    private static string[] Values(CaptureWriter writer, int count, int length) =>
        [.. Enumerable.Range(0, count).Select(_ => writer.Text(length))];

    private static string Bulk(string value) => string.Create(CultureInfo.InvariantCulture, $"${value.Length}\r\n{value}\r\n");

    private static string Array(params ReadOnlySpan<string> values)
    {
        var text = new StringBuilder($"*{values.Length}\r\n");
        foreach (string value in values)
            text.Append(Bulk(value));
        return text.ToString();
    }
}
