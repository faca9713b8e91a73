using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Dynode.TestKit;
using Xunit;

namespace Dynode.AotCheck;

/// <summary>What a busy time has taken of the machine's memory goes back when it is over. scripts/figures.sh shows the lines that begin with "figure: ".</summary>
public sealed class BurstTests(ITestOutputHelper output)
{
    private const double MiB = 1024 * 1024;
    private const double LeftMiBMax = 4;

    private static readonly TimeSpan QuietMax = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task What_a_burst_has_taken_goes_back_within_a_minute_of_quiet()
    {
        using RealServer one = await RedisServer.StartAsync("--appendonly", "no");
        using RealServer two = await RedisServer.StartAsync("--appendonly", "no");
        using ScriptedServer three = ScriptedServer.Start(new() { Echo = true, Recording = Recording.Hash });
        string servers = $"servers={one.Address},{two.Address}";
        using RunningDynode values = RunningDynode.Start([], ["protocol=redis", servers]);
        using RunningDynode pipelines = RunningDynode.Start([], ["protocol=redis", servers]);
        using RunningDynode clients = RunningDynode.Start([], ["protocol=redis", servers]);
        using RunningDynode raw = RunningDynode.Start([three], []);
        (string Name, RunningDynode Dynode, string Request, int Answer, int Clients, int Each)[] bursts =
        [
            ("100 MB of SETs", values, $"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$100000\r\n{new string('v', 100_000)}\r\n", "+OK\r\n".Length, 50, 20),
            ("100,000 requests in flight 10,000 at a time", pipelines, "SET k v\r\n", "+OK\r\n".Length, 10, 10_000),
            ("400 clients that come and go", clients, "SET k v\r\n", "+OK\r\n".Length, 400, 1),
            ("64 MB through raw", raw, new string('v', 64_000), 64_000, 10, 100),
        ];
        double[] idle = new double[bursts.Length];
        for (int i = 0; i < bursts.Length; i++)
        {
            // Servers are connected, and one request has passed.
            await RunAsync(bursts[i].Dynode, bursts[i].Dynode == raw ? "hello" : "SET k v\r\n", "+OK\r\n".Length, 1, 1);
            idle[i] = bursts[i].Dynode.Process.ResidentBytes / MiB;
        }

        double[] after = new double[bursts.Length];
        for (int i = 0; i < bursts.Length; i++)
        {
            await RunAsync(bursts[i].Dynode, bursts[i].Request, bursts[i].Answer, bursts[i].Clients, bursts[i].Each);
            after[i] = bursts[i].Dynode.Process.ResidentBytes / MiB;
        }

        for (int i = 0; i < bursts.Length; i++)
        {
            var process = bursts[i].Dynode.Process;
            await Eventually.True(
                () => process.ResidentBytes / MiB <= idle[i] + LeftMiBMax, () => $"{bursts[i].Name}: {process.ResidentBytes / MiB:F2} MiB resident, {idle[i]:F2} before", QuietMax);
            Print($"resident, {bursts[i].Name}: {idle[i]:F2} MiB before, {after[i]:F2} MiB behind it, {process.ResidentBytes / MiB:F2} MiB when it was quiet");
        }
    }

    private static async Task RunAsync(RunningDynode dynode, string request, int answer, int clients, int each)
    {
        using (await dynode.ClientAsync())
        {
            byte[] requests = System.Text.Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(request, each)));
            await Task.WhenAll(Enumerable.Range(0, clients).Select(async _ =>
            {
                using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(IPAddress.Loopback, dynode.Port);
                var sending = Task.Run(async () =>
                {
                    for (int sent = 0; sent < requests.Length;)
                        sent += await socket.SendAsync(requests.AsMemory(sent));
                });
                byte[] buffer = new byte[64 << 10];
                for (long left = (long)answer * each; left > 0;)
                {
                    int read = await socket.ReceiveAsync(buffer.AsMemory(0, (int)Math.Min(left, buffer.Length)));
                    if (read == 0)
                        throw new ExpectationException("the broadcaster closed a client");
                    left -= read;
                }

                await sending;
            }));
        }
    }

    private void Print(FormattableString figure)
    {
        string line = "figure: " + figure.ToString(CultureInfo.InvariantCulture);
        output.WriteLine(line);
        Console.Out.WriteLine(line);
    }
}
