using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Xunit;

namespace Dynode.AotCheck;

/// <summary>The native binary behind a proxy, and by unix sockets on both sides.</summary>
public sealed class EdgesTests
{
    private const int TakeOvers = 10;

    [Fact]
    public async Task A_proxys_header_says_whose_connection_it_is_and_who_sends_none_is_counted()
    {
        using FramedServer server = FramedServer.Redis();
        using RunningDynode dynode = RunningDynode.Start([server.Tcp], ["protocol=redis", "proxy_protocol=any", "proxy_from=127.0.0.2", "access_log=connections"]);
        using (TestClient plain = await dynode.ClientAsync())
            Assert.Equal("+OK", await AskAsync(plain, "GET a\r\n"));
        foreach (string header in new[] { "PROXY TCP4 203.0.113.7 192.0.2.1 4711 6379\r\n", "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\u00cb\0\x71\x08\u00c0\0\x02\x01\x12\x67\x18\u00eb" })
        {
            using TestClient client = await TestClient.ConnectFromAsync(IPAddress.Parse("127.0.0.2"), new IPEndPoint(IPAddress.Loopback, dynode.Port));
            Assert.Equal("+OK", await AskAsync(client, header + "GET b\r\n"));
        }

        await dynode.Process.LineAsync("client 203.0.113.7:4711 ended");
        await dynode.Process.LineAsync("client 203.0.113.8:4711 ended");
        using (TestClient headless = await TestClient.ConnectFromAsync(IPAddress.Parse("127.0.0.2"), new IPEndPoint(IPAddress.Loopback, dynode.Port)))
        {
            await headless.SendAsync("GET c\r\n");
            Assert.Equal("", (await headless.ReadToEndAsync()).Text);
        }

        await dynode.Process.LineAsync(" 1011 connections from proxy_from that began with no PROXY header, and were closed: 1 in all");
        dynode.Process.Send(UnixSignal.Terminate);
        Assert.Equal(0, await dynode.Process.ExitAsync());
        Assert.Contains(dynode.Process.Lines, static line => line.Contains("3 clients accepted, 1 refused", StringComparison.Ordinal));
    }

    [Fact]
    [Trait("Server", "redis")]
    public async Task By_unix_sockets_on_both_sides_it_goes_over_to_successors_and_nobody_is_refused_or_reset()
    {
        using var folder = new TemporaryFolder();
        string own = Path.Combine(folder.Path, "dynode.sock"), servers = Path.Combine(folder.Path, "redis.sock");
        using RealServer bySocket = await RedisServer.StartAsync("--unixsocket", servers), byPort = await RedisServer.StartAsync();
        using var dynodes = new SucceedingDynodes("protocol=redis", $"servers=unix:{servers}, {byPort.Address}", $"listen_unix={own}", "listen_unix_mode=600");
        await dynodes.StartAsync();
        await using var clients = new CountingClients(new UnixDomainSocketEndPoint(own), 10);
        for (int i = 0; i < TakeOvers; i++)
        {
            long before = clients.Acknowledged;
            await dynodes.TakeOverAsync();
            await Eventually.True(() => clients.Acknowledged > before + 100, dynodes.Dump);
        }

        // A server by a socket is ordered about as any.
        Assert.Equal(0, (await dynodes.AskAsync("disable", $"unix:{servers}")).Status);
        Assert.Equal(0, (await dynodes.AskAsync("enable", $"unix:{servers}")).Status);
        Assert.Contains(" unix ", (await dynodes.AskAsync("clients")).Output, StringComparison.Ordinal);
        await clients.StopAsync();
        Assert.Equal((0, 0), (clients.Refused, clients.Reset));
        Assert.True(clients.Ends >= TakeOvers, $"{clients.Ends} ends");
        await dynodes.StatusAsync(static status => status.GetProperty("servers").EnumerateArray().All(static server =>
            server.GetProperty("state").GetString() == "current" && server.GetProperty("lag").GetProperty("requests").GetInt64() == 0));
        Assert.Equal(await byPort.DataDigestAsync(), await bySocket.DataDigestAsync());

        // At its end the file goes, and one that is killed leaves it to the next.
        dynodes.Current.Send(UnixSignal.Terminate);
        Assert.Equal(0, await dynodes.Current.ExitAsync());
        Assert.False(File.Exists(own));
        await dynodes.StartAsync();
        await dynodes.Current.KillAsync();
        Assert.True(File.Exists(own));
        await dynodes.StartAsync();
        using TestClient last = TestClient.ConnectUnix(own);
        Assert.Equal("+OK", await AskAsync(last, "SET last 1\r\n"));
    }

    /// <summary>What the one that goes on listens on and shows is as it was, whatever has become of its files.</summary>
    [Fact]
    public async Task A_successor_that_fails_late_leaves_sockets_and_certificates_to_the_one_that_goes_on()
    {
        using var folder = new TemporaryFolder();
        using var authority = new TestAuthority();
        using PortLease tls = new(), another = new();
        string own = Path.Combine(folder.Path, "dynode.sock"), kept = Directory.CreateDirectory(Path.Combine(folder.Path, "kept")).FullName;
        string first = Write("first"), second = Write("second");
        using FramedServer server = FramedServer.Redis();
        using var dynodes = new SucceedingDynodes("protocol=redis", $"servers={server.Tcp.Address}", $"listen_unix={own}", $"tls_port={tls.Port}", $"tls_certificate={first}");
        await dynodes.StartAsync();

        // It finds out only when the one that runs has handed over.
        using ProcessUnderTest holder = ProcessUnderTest.Start(
            Binary.Path, ["--set", $"servers={server.Tcp.Address}", "--set", "host=127.0.0.1", "--set", $"port={another.Port}", "--set", $"state_directory={kept}"], null, folder.Path);
        await holder.LineAsync("accepting clients");
        File.Delete(first);
        ProcessUnderTest successor = dynodes.Run("--take-over", "--set", $"state_directory={kept}", "--set", $"tls_certificate={second}");
        Assert.Equal(69, await successor.ExitAsync());
        Assert.Contains("is another broadcaster's, which runs", successor.Output, StringComparison.Ordinal);
        await dynodes.Current.LineAsync(" 2703 ");
        using (TestClient byUnix = TestClient.ConnectUnix(own))
            Assert.Equal("+OK", await AskAsync(byUnix, "GET a\r\n"));
        using (TestClient plain = await TestClient.ConnectAsync(dynodes.Port))
            Assert.Equal("+OK", await AskAsync(plain, "GET a\r\n"));
        using TlsClient byTls = await TlsClient.ConnectAsync(tls.Port, authority, new() { Name = "first" });
        Assert.Equal("CN=first", byTls.ShownTo);
        await byTls.SendAsync("GET a\r\n");
        Assert.Equal("+OK\r\n", System.Text.Encoding.ASCII.GetString(await byTls.ReadAsync(5)));
        dynodes.Current.Send(UnixSignal.Terminate);
        Assert.Equal(0, await dynodes.Current.ExitAsync());
        Assert.False(File.Exists(own));

        string Write(string name)
        {
            var pair = authority.Issue(name);
            return folder.Write($"{name}.pem", $"{pair.Certificate}\n{pair.Key}");
        }
    }

    [Fact]
    [Trait("Server", "redis")]
    public async Task A_server_by_a_unix_socket_is_added_while_it_runs_and_is_there_after_a_kill()
    {
        using var folder = new TemporaryFolder();
        string socket = Path.Combine(folder.Path, "redis.sock"), address = $"unix:{socket}";
        using RealServer byPort = await RedisServer.StartAsync(), bySocket = await RedisServer.StartAsync("--unixsocket", socket);
        using var dynode = new KeptDynode("protocol=redis", $"servers={byPort.Address}");
        await dynode.StartAsync();
        foreach (string wrong in (string[])["unix:relative/redis.sock", "unix:", $"tls://{address}", $"unix:/{new string('x', 200)}"])
        {
            (int status, string said) = await dynode.AskAsync("add", wrong);
            Assert.True(status != 0, $"{wrong}: {said}");
        }

        Assert.Equal(0, (await dynode.AskAsync("add", address)).Status);
        await dynode.BecomesAsync(address, "state", "current");
        await BothHaveAsync("one");
        await dynode.Process.KillAsync();
        await dynode.StartAsync();
        await dynode.BecomesAsync(address, "source", "runtime");
        await dynode.BecomesAsync(address, "state", "current");
        await BothHaveAsync("two");
        (int removed, string order) = await dynode.AskAsync("remove", address);
        Assert.Equal((0, true), (removed, order.Contains(address, StringComparison.Ordinal)));
        Assert.True(await dynode.OfAsync(address, "source") is "removed" or "not there");

        async Task BothHaveAsync(string key)
        {
            using TestClient client = await TestClient.ConnectAsync(dynode.Port);
            Assert.Equal("+OK", await AskAsync(client, $"SET {key} here\r\n"));
            foreach (RealServer server in (RealServer[])[byPort, bySocket])
            {
                for (var began = Stopwatch.StartNew(); await server.AskAsync($"GET {key}") is var said && said != "here";)
                    Assert.True(began.Elapsed < TimeSpan.FromSeconds(30), $"{server.Address}: {said}\n{dynode.Process.Dump()}");
            }
        }
    }

    private static async Task<string?> AskAsync(TestClient client, string request)
    {
        await client.SendAsync(request);
        return await client.ReadLineAsync();
    }
}
