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

    private static async Task<string?> AskAsync(TestClient client, string request)
    {
        await client.SendAsync(request);
        return await client.ReadLineAsync();
    }
}
