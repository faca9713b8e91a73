using System.Globalization;

namespace Dynode.Benchmarks.Captures;

/// <summary>What a list URL answers. One entry is a frame.</summary>
internal static class ServerLists
{
    public static Capture[] All => [Of(3), Of(100), Of(1024)];

    private static Capture Of(int count)
    {
        var writer = new CaptureWriter();
        for (int i = 0; i < count; i++)
            writer.Frame($"{(i == 0 ? "[" : ", ")}\"{Server(i)}\"{(i == count - 1 ? "]" : "")}");
        return writer.InFullReads(string.Create(CultureInfo.InvariantCulture, $"{count} servers"));
    }

    private static string Server(int i) => (i % 3) switch
    {
        0 => string.Create(CultureInfo.InvariantCulture, $"10.{i / 250}.{i % 250}.17:6379"),
        1 => string.Create(CultureInfo.InvariantCulture, $"redis-{i}.cache.svc.cluster.local:6379"),
        _ => string.Create(CultureInfo.InvariantCulture, $"[2001:db8::{i:x}:17]:6379"),
    };
}
