using System.Net.Sockets;
using System.Text;
using Dynode.TestKit;
using Xunit;

namespace Dynode.AotCheck;

/// <summary>What systemd hears of the binary, as <c>Type=notify</c> and <c>WatchdogSec=</c> want it.</summary>
public sealed class ServiceNotifierTests
{
    [Fact]
    public async Task It_hears_ready_reloading_the_watchdog_and_stopping()
    {
        using var folder = new TemporaryFolder();
        string name = Path.Combine(folder.Path, "notify");
        using var manager = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        manager.Bind(new UnixDomainSocketEndPoint(name));
        using ScriptedServer server = ScriptedServer.Start();
        var environment = new Dictionary<string, string?> { ["NOTIFY_SOCKET"] = name, ["WATCHDOG_USEC"] = "200000" };
        using RunningDynode dynode = RunningDynode.Start([server], environment: environment);
        await HeardAsync(manager, "READY=1");
        using (TestClient client = await dynode.ClientAsync())
            await client.SendAsync("it listens");
        await HeardAsync(manager, "WATCHDOG=1");
        await HeardAsync(manager, "WATCHDOG=1");
        dynode.Process.Send(UnixSignal.Hangup);
        await HeardAsync(manager, "RELOADING=1");
        await HeardAsync(manager, "READY=1");
        dynode.Process.Send(UnixSignal.Terminate);
        await HeardAsync(manager, "STOPPING=1");
        Assert.Equal(0, await dynode.Process.ExitAsync());
    }

    /// <summary>Passes over what comes before it.</summary>
    private static async Task HeardAsync(Socket manager, string word)
    {
        byte[] bytes = new byte[1000];
        using var patience = new CancellationTokenSource(Deadline.Default);
        string heard;
        do
        {
            int count = await manager.ReceiveAsync(bytes, patience.Token);
            heard = Encoding.ASCII.GetString(bytes, 0, count);
        }
        while (!heard.StartsWith(word, StringComparison.Ordinal));
    }
}
