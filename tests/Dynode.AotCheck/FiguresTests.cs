using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Xunit;

namespace Dynode.AotCheck;

/// <summary>What is promised in numbers. scripts/figures.sh shows the lines that begin with "figure: ".</summary>
public sealed class FiguresTests(ITestOutputHelper output)
{
    private const double MiB = 1024 * 1024;
    private const double BinaryMiBMax = 14;
    private const double ResidentMiBMax = 10;
    private const double ListeningPerVersionMax = 2;
    private const double ScrapedMiBMax = 14;
    private const double RestedMiBMax = 11;
    private const int Scrapes = 1_000;
    private const int Starts = 20;

    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(3);

    /// <summary>On a machine that does other things too one start in many is as long as it is.</summary>
    private const int StartsMax = 300;

    [Fact]
    public void The_binary_is_at_most_14_MiB()
    {
        long bytes = new FileInfo(Binary.Path).Length;
        Print($"binary size: {bytes / MiB:F2} MiB ({bytes} bytes)");
        Assert.InRange(bytes / MiB, 0, BinaryMiBMax);
    }

    /// <summary>Against the least that any start of this binary takes, on this machine, in this very minute.</summary>
    [Fact]
    public async Task It_listens_in_less_than_twice_the_time_that_saying_its_version_takes()
    {
        using ScriptedServer server = ScriptedServer.Start();
        List<double> listening = [], version = [];
        while (listening.Count < Starts || (listening.Min() >= ListeningPerVersionMax * version.Min() && listening.Count < StartsMax))
        {
            using (ProcessUnderTest says = ProcessUnderTest.Start(Binary.Path, ["--version"]))
            {
                Assert.Equal(0, await says.ExitAsync());
                version.Add(Stopwatch.GetElapsedTime(says.StartedAt).TotalMilliseconds);
            }

            using RunningDynode dynode = RunningDynode.Start([server]);
            TestClient? client;

            // A tight loop on purpose: a pause would be measured too.
            while ((client = TestClient.TryConnect(dynode.Port)) is null)
                Assert.True(Stopwatch.GetElapsedTime(dynode.Process.StartedAt) < Deadline.Default && !dynode.Process.HasExited, dynode.Process.Dump());
            listening.Add(Stopwatch.GetElapsedTime(dynode.Process.StartedAt).TotalMilliseconds);
            client.Dispose();
            await dynode.Process.KillAsync();
        }

        listening.Sort();
        version.Sort();
        Print($"exec to listening: {listening[0]:F1} ms least, {listening[listening.Count / 2]:F1} ms median of {listening.Count} starts; to the end of --version: {version[0]:F1}, {version[version.Count / 2]:F1}");

        // The least: everything above it is what else the machine did.
        Assert.InRange(listening[0] / version[0], 0, ListeningPerVersionMax);
    }

    [Fact]
    public async Task Idle_with_three_servers_it_holds_at_most_10_MiB()
    {
        using ScriptedServer one = ScriptedServer.Start(new() { Echo = true });
        using ScriptedServer two = ScriptedServer.Start(new() { Echo = true });
        using ScriptedServer three = ScriptedServer.Start(new() { Echo = true });
        using RunningDynode dynode = RunningDynode.Start([one, two, three]);
        using TestClient client = await dynode.ClientAsync();
        await client.SendAsync("x");
        await client.ReadAsync(3);

        // What only the start needed is given back when the start is over, which may be a moment later.
        double resident = 0;
        await Eventually.True(() => (resident = dynode.Process.ResidentBytes / MiB) <= ResidentMiBMax, () => $"{resident:F2} MiB resident");

        // And it stays so: what gives memory back, a moment after the last byte, touches some itself. Time is the subject.
        for (long began = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(began) < Quiet;)
        {
            await Task.Delay(TimeSpan.FromSeconds(0.1));
            resident = dynode.Process.ResidentBytes / MiB;
        }

        double peak = dynode.Process.ResidentBytesPeak / MiB;
        Print($"resident, idle with three servers and one client: {resident:F2} MiB (peak {peak:F2} MiB)");
        Assert.InRange(resident, 0, ResidentMiBMax);
    }

    [Fact]
    public async Task After_a_thousand_scrapes_it_holds_at_most_14_MiB_and_11_a_minute_later()
    {
        using FramedServer one = FramedServer.Redis();
        using FramedServer two = FramedServer.Redis();
        using FramedServer three = FramedServer.Redis();
        using RunningDynode dynode = RunningDynode.Start([one.Tcp, two.Tcp, three.Tcp], ["protocol=redis"]);
        using (TestClient client = await dynode.ClientAsync())
        {
            await client.SendAsync("SET a 1\r\n");
            await client.ReadAsync(5);
        }

        using var http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancel) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(ControlServer.NameOf(dynode.Port), cancel);
                return new NetworkStream(socket, ownsSocket: true);
            },
        });
        for (int i = 0; i < Scrapes; i++)
            Assert.Contains("dynode_clients ", await http.GetStringAsync(new Uri("http://localhost/metrics"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        double scraped = dynode.Process.ResidentBytes / MiB;
        double rested = 0;
        await Eventually.True(() => (rested = dynode.Process.ResidentBytes / MiB) <= RestedMiBMax, () => $"{rested:F2} MiB resident", TimeSpan.FromMinutes(1));
        Print($"resident after {Scrapes} scrapes: {scraped:F2} MiB, at most a minute later: {rested:F2} MiB (peak {dynode.Process.ResidentBytesPeak / MiB:F2} MiB)");
        Assert.InRange(scraped, 0, ScrapedMiBMax);
    }

    private void Print(FormattableString figure)
    {
        string line = "figure: " + figure.ToString(CultureInfo.InvariantCulture);
        output.WriteLine(line);
        Console.Out.WriteLine(line);
    }
}
