using System.Globalization;

namespace Dynode.Benchmarks.Captures;

/// <summary>What memcached's clients send.</summary>
internal static class MemcachedRequests
{
    public static Capture[] All => [Cache(), ManyKeys(), Meta(), Loaded(), LargeValues()];

    /// <summary>A cache in use: nine reads to a write, keys of some 30 bytes, values of some hundreds; each client waits for each reply.</summary>
    private static Capture Cache()
    {
        var writer = new CaptureWriter();
        for (int i = 0; i < 512; i++)
            writer.Frame(i % 10 == 9 ? Set(writer, Key(writer), 50 + writer.Number(450)) : $"get {Key(writer)}\r\n");
        return writer.InReadsOf(1, "get, set");
    }

    /// <summary>A page of a site asks for all that it shows at once.</summary>
    private static Capture ManyKeys()
    {
        var writer = new CaptureWriter();
        for (int i = 0; i < 48; i++)
            writer.Frame($"get {string.Join(' ', Enumerable.Range(0, 50).Select(_ => Key(writer)))}\r\n");
        return writer.InReadsOf(1, "get of 50");
    }

    /// <summary>The meta commands as proxies and newer libraries pipeline them: quiet ones, and mn at the end.</summary>
    private static Capture Meta()
    {
        var writer = new CaptureWriter();
        for (int i = 0; i < 64; i++)
        {
            for (int k = 0; k < 5; k++)
                writer.Frame(string.Create(CultureInfo.InvariantCulture, $"mg {Key(writer)} v f t k q O{k}\r\n"));
            int length = 50 + writer.Number(200);
            writer.Frame(string.Create(CultureInfo.InvariantCulture, $"ms {Key(writer)} {length} T3600 F0 q\r\n{writer.Text(length)}\r\n"));
            writer.Frame($"ma {Key(writer)} N0 J1 q\r\n");
            writer.Frame($"md {Key(writer)} q\r\n");
            writer.Frame("mn\r\n");
        }

        return writer.InReadsOf(9, "meta");
    }

    /// <summary>A cache that is being warmed.</summary>
    private static Capture Loaded()
    {
        var writer = new CaptureWriter();
        for (int i = 0; i < 1024; i++)
        {
            int length = 50 + writer.Number(100);
            writer.Frame(string.Create(CultureInfo.InvariantCulture, $"set {Key(writer)} 0 3600 {length} noreply\r\n{writer.Text(length)}\r\n"));
        }

        return writer.InFullReads("bulk load");
    }

    private static Capture LargeValues() => new CaptureWriter().Frames(8, static (writer, _) => Set(writer, Key(writer), 100 << 10)).InReadsOf(1, "large values");

    private static string Set(CaptureWriter writer, string key, int length) =>
        string.Create(CultureInfo.InvariantCulture, $"set {key} 0 3600 {length}\r\n{writer.Text(length)}\r\n");

    private static string Key(CaptureWriter writer) =>
        string.Create(CultureInfo.InvariantCulture, $"app:v3:user:{writer.Number(10_000_000)}:profile");
}
