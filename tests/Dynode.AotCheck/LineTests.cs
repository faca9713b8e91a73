using System.Globalization;
using Dynode.TestKit;
using Xunit;

namespace Dynode.AotCheck;

/// <summary>The native binary with lines that nobody answers, as carbon has it.</summary>
public sealed class LineTests
{
    [Fact]
    public async Task At_a_signal_to_end_every_line_that_was_read_is_delivered_whole_and_it_exits_0()
    {
        const int Lines = 200_000;
        using ScriptedServer one = ScriptedServer.Start();
        using ScriptedServer slow = ScriptedServer.Start(new() { ReadPaused = true, ReceiveBufferBytes = 4_096 });
        using RunningDynode dynode = RunningDynode.Start([one, slow], ["protocol=line", "drain_timeout=100", "linger_timeout=90", "stall_timeout=100"]);
        using TestClient client = await dynode.ClientAsync();
        string text = string.Concat(Enumerable.Range(0, Lines).Select(i => string.Create(CultureInfo.InvariantCulture, $"metric.{i:000000} 1\n")));
        await client.SendAsync(text + "half");
        await one.ReceivedTextAsync(text);
        dynode.Process.Send(UnixSignal.Terminate);
        await dynode.NotListeningAsync();
        slow.ResumeReading();
        ReadToEnd read = await client.ReadToEndAsync();
        Assert.Equal((0, false), (read.Bytes.Length, read.WasReset));
        Assert.Equal(0, await dynode.Process.ExitAsync());
        Assert.Equal((text, text), (one.ReceivedText, slow.ReceivedText));
        await Eventually.Equal(ConnectionEnd.PeerFin, () => slow.Connections[0].End, slow.Dump);
    }
}
