using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Ordered;

/// <summary><c>dynode demo --regions</c> as it is typed: it starts all that it needs, and nothing of it is left behind.</summary>
[Trait("Server", "nats")]
[Trait("Server", "redis")]
public sealed partial class RegionsDemoTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("dynode-test-");
    private readonly (PortLease One, PortLease Two) _ports = Adjacent();

    public void Dispose()
    {
        _ports.One.Dispose();
        _ports.Two.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Two_regions_of_redis_have_the_same_and_end_with_it()
    {
        using ProcessUnderTest demo = Start(withRedis: true);
        await demo.LineAsync("Ctrl-C ends the demo", deadline: Patience);
        int[] servers = [.. ServerPorts().Match(demo.Output).Groups[1].Value.Split(' ').Select(int.Parse)];
        Assert.Equal(4, servers.Length);
        Assert.Equal(":1", await AskAsync(_ports.One.Port, "INCR visits"));
        Assert.Equal(":2", await AskAsync(_ports.Two.Port, "INCR visits"));
        foreach (int server in servers)
            await Eventually.True(() => AskAsync(server, "INCRBY visits 0").Result == ":2", demo.Dump);
        int nats = int.Parse(NatsPort().Match(demo.Output).Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);
        demo.Send(UnixSignal.Interrupt);
        Assert.Equal(0, await demo.ExitAsync(Patience));
        Assert.All([.. servers, nats, _ports.One.Port, _ports.Two.Port], port => Assert.Throws<SocketException>(() => new TcpClient().Connect(IPAddress.Loopback, port)));
        Assert.Empty(_folder.EnumerateFileSystemInfos("tmp/*"));
    }

    [Fact]
    public async Task Without_redis_they_are_line_servers_that_show_one_order()
    {
        using ProcessUnderTest demo = Start(withRedis: false);
        await demo.LineAsync("Ctrl-C ends the demo", deadline: Patience);
        Assert.Equal("east-1 got \"one\"", await AskAsync(_ports.One.Port, "one"));
        Assert.Equal("west-1 got \"two\"", await AskAsync(_ports.Two.Port, "two"));
        foreach (string server in (string[])["east-1", "east-2", "west-1", "west-2"])
        {
            await demo.LineAsync($"{server}: received \"two\"");
            Assert.Equal(["one", "two"], demo.Lines.Select(line => Received().Match(line)).Where(match => match.Groups[1].Value == server).Select(match => match.Groups[2].Value));
        }

        demo.Send(UnixSignal.Terminate);
        Assert.Equal(0, await demo.ExitAsync(Patience));
        Assert.Empty(_folder.EnumerateFileSystemInfos("tmp/*"));
    }

    [Fact]
    public async Task A_nats_server_that_is_too_old_is_named_with_what_is_needed()
    {
        using ProcessUnderTest demo = Start(withRedis: true, NatsServer.OldProgram);
        Assert.Equal(69, await demo.ExitAsync(Patience));
        Assert.Matches("/bin/nats-server: version [0-9.]+ is too old: 2\\.10\\.27 or later is needed", demo.Output);
        Assert.Empty(_folder.EnumerateFileSystemInfos("tmp/*"));
    }

    private ProcessUnderTest Start(bool withRedis, string? nats = null)
    {
        string bin = _folder.CreateSubdirectory("bin").FullName;
        File.CreateSymbolicLink(Path.Combine(bin, "nats-server"), nats ?? NatsServer.Program);
        return ProcessUnderTest.Start(
            Path.Combine(AppContext.BaseDirectory, "dynode"),
            ["demo", "--regions", "--port", $"{_ports.One.Port}"],
            new Dictionary<string, string?>
            {
                ["PATH"] = withRedis ? $"{bin}:{Environment.GetEnvironmentVariable("PATH")}" : bin,
                ["TMPDIR"] = _folder.CreateSubdirectory("tmp").FullName,

                // What the runtime itself leaves there.
                ["DOTNET_EnableDiagnostics"] = "0",
            },
            _folder.FullName);
    }

    private static async Task<string> AskAsync(int port, string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port);
        await using NetworkStream stream = client.GetStream();
        await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes($"{request}\r\n"));
        using var reader = new StreamReader(stream);
        return await reader.ReadLineAsync() ?? "";
    }

    private static (PortLease One, PortLease Two) Adjacent()
    {
        while (true)
        {
            var one = new PortLease(bothFamilies: true);
            try
            {
                return (one, new PortLease(one.Port + 1, bothFamilies: true));
            }
            catch (Exception e) when (e is SocketException or ArgumentException)
            {
                one.Dispose();
            }
        }
    }

    [GeneratedRegex("for port in ([0-9 ]+);")]
    private static partial Regex ServerPorts();

    [GeneratedRegex("nats://127\\.0\\.0\\.1:([0-9]+)/demo")]
    private static partial Regex NatsPort();

    [GeneratedRegex("^(\\S+): received \"([^\"]*)\"")]
    private static partial Regex Received();
}
