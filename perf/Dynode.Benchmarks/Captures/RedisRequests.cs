using System.Globalization;
using System.Text;

namespace Dynode.Benchmarks.Captures;

/// <summary>What redis's clients send.</summary>
internal static class RedisRequests
{
    private const int LargeValueBytes = 100 << 10;

    public static Capture[] All => [Benchmark(), Pipelined(), Application(), Transactions(), Loaded(), LargeValues()];

    /// <summary>redis-benchmark as it runs by itself, with -r: all its tests in turn, each client waits for each reply.</summary>
    private static Capture Benchmark()
    {
        var writer = new CaptureWriter();
        for (int i = 0; i < 32; i++)
        {
            string value = writer.Text(3);
            writer.Frame("PING\r\n");
            writer.Frame(Request("PING"));
            writer.Frame(Request("SET", $"key:{Twelve(writer)}", value));
            writer.Frame(Request("GET", $"key:{Twelve(writer)}"));
            writer.Frame(Request("INCR", $"counter:{Twelve(writer)}"));
            writer.Frame(Request("LPUSH", "mylist", value));
            writer.Frame(Request("RPUSH", "mylist", value));
            writer.Frame(Request("LPOP", "mylist"));
            writer.Frame(Request("RPOP", "mylist"));
            writer.Frame(Request("SADD", "myset", $"element:{Twelve(writer)}"));
            writer.Frame(Request("HSET", "myhash", $"element:{Twelve(writer)}", value));
            writer.Frame(Request("SPOP", "myset"));
            writer.Frame(Request("ZADD", "myzset", "0", $"element:{Twelve(writer)}"));
            writer.Frame(Request("ZPOPMIN", "myzset"));
            writer.Frame(Request("LRANGE", "mylist", "0", "99"));
            writer.Frame(Request(["MSET", .. Enumerable.Range(0, 20).Select(k => k % 2 == 0 ? $"key:{Twelve(writer)}" : value)]));
        }

        return writer.InReadsOf(1, "benchmark");
    }

    /// <summary>redis-benchmark -P 16 -t set,get -d 100.</summary>
    private static Capture Pipelined()
    {
        var writer = new CaptureWriter();
        for (int i = 0; i < 512; i++)
            writer.Frame(i / 16 % 2 == 0 ? Request("SET", $"key:{Twelve(writer)}", writer.Text(100)) : Request("GET", $"key:{Twelve(writer)}"));
        return writer.InReadsOf(16, "pipelined");
    }

    /// <summary>A web application's library, which pipelines by itself what one tick of its loop asks for: names in lower case, many commands.</summary>
    private static Capture Application()
    {
        var writer = new CaptureWriter();
        for (int i = 0; i < 48; i++)
        {
            string user = $"user:{writer.Number(1_000_000)}";
            string session = $"session:{writer.Text(32)}";
            writer.Frame(Request("get", session));
            writer.Frame(Request("hgetall", user));
            writer.Frame(Request("expire", session, "1800"));
            writer.Frame(Request("setex", session, "1800", $"{{\"user\":\"{user}\",\"csrf\":\"{writer.Text(40)}\",\"cart\":[]}}"));
            writer.Frame(Request("hincrby", user, "visits", "1"));
            writer.Frame(Request("zadd", "recent", "1718000000", user));
            writer.Frame(Request("xadd", "events", "MAXLEN", "~", "10000", "*", "type", "view", "user", user, "page", $"/p/{writer.Text(12)}"));
            writer.Frame(Request("evalsha", "e0e1f9fabfc9d4800c877a703b823ac0578ff8db", "1", $"rate:{user}", "100", "60"));
        }

        return writer.InReadsOf(8, "application");
    }

    /// <summary>MULTI … EXEC as libraries send it: in one write.</summary>
    private static Capture Transactions()
    {
        var writer = new CaptureWriter();
        for (int i = 0; i < 96; i++)
        {
            writer.Frame(Request("MULTI"));
            writer.Frame(Request("INCR", "orders"));
            writer.Frame(Request("HSET", $"order:{writer.Number(1_000_000)}", "state", "paid", "total", "1290", "note", writer.Text(60)));
            writer.Frame(Request("LPUSH", "queue", writer.Text(24)));
            writer.Frame(Request("EXEC"));
        }

        return writer.InReadsOf(5, "MULTI");
    }

    /// <summary>redis-cli --pipe.</summary>
    private static Capture Loaded()
    {
        var writer = new CaptureWriter();
        for (int i = 0; i < 2048; i++)
            writer.Frame(Request("SET", $"key:{Twelve(writer)}", writer.Text(32)));
        return writer.InFullReads("bulk load");
    }

    /// <summary>Pages and pictures in a cache.</summary>
    private static Capture LargeValues()
    {
        var writer = new CaptureWriter();
        for (int i = 0; i < 8; i++)
            writer.Frame(Request("SET", $"page:{writer.Number(1000)}", writer.Text(LargeValueBytes), "EX", "300"));
        return writer.InReadsOf(1, "large values");
    }

    private static string Twelve(CaptureWriter writer) => writer.Number(1_000_000).ToString("D12", CultureInfo.InvariantCulture);

    private static string Request(params ReadOnlySpan<string> arguments)
    {
        var text = new StringBuilder($"*{arguments.Length}\r\n");
        foreach (string argument in arguments)
            text.Append(CultureInfo.InvariantCulture, $"${argument.Length}\r\n{argument}\r\n");
        return text.ToString();
    }
}
