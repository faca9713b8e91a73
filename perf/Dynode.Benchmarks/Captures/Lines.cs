using System.Globalization;

namespace Dynode.Benchmarks.Captures;

/// <summary>What protocols of lines carry.</summary>
internal static class Lines
{
    public static Capture[] Requests => [OneByOne(), Metrics(), Logs()];

    public static Capture[] Replies => [Answers(1), Answers(64)];

    /// <summary>A metric whenever something happens.</summary>
    private static Capture OneByOne() => new CaptureWriter().Frames(256, static (writer, _) => Metric(writer)).InReadsOf(1, "one by one");

    /// <summary>A relay's metrics of one interval.</summary>
    private static Capture Metrics() => new CaptureWriter().Frames(4096, static (writer, _) => Metric(writer)).InFullReads("metrics");

    private static Capture Logs()
    {
        var writer = new CaptureWriter();
        for (int i = 0; i < 1024; i++)
            writer.Frame($"<34>1 2024-06-10T06:13:20.{writer.Number(1000):D3}Z web{writer.Number(100)} nginx {writer.Number(60000)} - - GET /{writer.Text(40)} 200 {writer.Number(100000)} \"{writer.Text(90)}\"\r\n");
        return writer.InFullReads("logs");
    }

    private static Capture Answers(int frames)
    {
        var writer = new CaptureWriter();
        for (int i = 0; i < 1024; i++)
            writer.Frame(i % 16 == 15 ? $"ERR {writer.Text(20)}\n" : "OK\n");
        return writer.InReadsOf(frames, frames == 1 ? "one by one" : "pipelined");
    }

    private static string Metric(CaptureWriter writer) =>
        string.Create(CultureInfo.InvariantCulture, $"servers.web{writer.Number(100)}.cpu.{writer.Number(64)}.user {writer.Number(10000) / 100.0} {1718000000 + writer.Number(60)}\n");
}
