using System.Text;
using Dynode.Benchmarks.Captures;

namespace Dynode.Benchmarks.Native;

/// <summary>The configuration that is shipped, all of whose lines are comments, with what somebody set in it.</summary>
internal static class ConfigurationText
{
    private const string Set = """

        servers=10.0.0.1:6379, 10.0.0.2:6379, redis-3.example.net:6379
        host=*
        protocol=redis
        reply=majority
        log_format=json
        stall_timeout=2.5
        max_in_flight=16384
        backlog_bytes=32m

        """;

    public static byte[] InUse()
    {
        using var shipped = typeof(ConfigurationText).Assembly.GetManifestResourceStream("configuration")!;
        using var whole = new MemoryStream();
        shipped.CopyTo(whole);
        whole.Write(Encoding.UTF8.GetBytes(Set));
        return whole.ToArray();
    }

    public static Capture Capture()
    {
        byte[] bytes = InUse();
        return new Capture("as shipped", bytes, [bytes.Length], bytes.Count(b => b == '\n'));
    }
}
