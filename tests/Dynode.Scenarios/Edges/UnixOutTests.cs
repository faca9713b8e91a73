using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;
using Dynode.Scenarios.Framed;
using Dynode.Scenarios.Line;
using Dynode.Scenarios.Redis;
using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Xunit;
using Reply = Dynode.Broadcast.Plane.FramedReply;

namespace Dynode.Scenarios.Edges;

/// <summary>Servers that are reached by unix sockets.</summary>
public sealed class UnixOutTests
{
    [Fact]
    [Trait("Server", "redis")]
    public async Task Redis_by_a_socket_and_by_a_port_hold_the_same_over_a_death()
    {
        using var folder = new TemporaryFolder();
        using var byPort = await RedisServer.StartAsync();
        using var bySocket = await RedisServer.StartAsync("--unixsocket", Socket(folder), "--appendfsync", "always");
        string address = "unix:" + Socket(folder);
        using var broadcaster = BroadcasterUnderTest.Start(RedisBroadcast.Settings with { FramedReply = Reply.Fastest }, [byPort.Address, address]);
        await broadcaster.CurrentAsync(2);
        Assert.Equal([byPort.Address, address], broadcaster.Snapshot.Backends.Select(static backend => backend.Address.ToString()));
        using var client = await broadcaster.ConnectAsync();
        for (int i = 0; i < 300; i++)
        {
            Assert.Equal("+OK", await client.AskAsync($"SET key:{i} {new string('v', 1 + (i * 97 % 10_000))}"));
            if (i == 150)
            {
                await bySocket.KillAsync();
                await bySocket.StartAsync();
                await broadcaster.CurrentAsync(2);
            }
        }

        await Eventually.True(() => broadcaster.Snapshot.Backends.All(static backend => backend.Standing is { LagRequests: 0, Gap: null }), broadcaster.Dump);
        Assert.Equal(await byPort.DataDigestAsync(), await bySocket.DataDigestAsync());
        Assert.Equal(":300", await bySocket.AskAsync("DBSIZE"));
    }

    [Fact]
    [Trait("Server", "redis")]
    public async Task Redis_in_raw()
    {
        using var folder = new TemporaryFolder();
        using var byPort = await RedisServer.StartAsync();
        using var bySocket = await RedisServer.StartAsync("--unixsocket", Socket(folder));
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings { Reply = RawReply.Primary }, ["unix:" + Socket(folder), byPort.Address]);
        for (int i = 0; i < 20; i++)
        {
            using var client = await broadcaster.ConnectAsync();
            Assert.Equal("+OK", await client.AskAsync($"SET key:{i} {new string('v', 1 + (i * 2_000))}"));
            Assert.Equal("+OK", await client.AskAsync("QUIT"));
            Assert.False((await client.ReadToEndAsync()).WasReset);
        }

        await broadcaster.NobodyLeftAsync();
        Assert.Equal(await byPort.DataDigestAsync(), await bySocket.DataDigestAsync());
    }

    [Fact]
    [Trait("Server", "memcached")]
    public async Task Memcached_by_its_socket()
    {
        using var folder = new TemporaryFolder();
        string[] asRoot = Environment.IsPrivilegedProcess ? ["-u", "root"] : [];
        RealServer.Starting?.Invoke("memcached");
        using var process = ProcessUnderTest.Start(MemcachedServer.Program, ["-s", Socket(folder), "-t", "2", .. asRoot]);
        using var broadcaster = BroadcasterUnderTest.Start(
            new BroadcastSettings { Protocol = Protocol.Memcached, ReconnectDelayMax = TimeSpan.FromSeconds(0.2) }, ["unix:" + Socket(folder)]);
        await broadcaster.CurrentAsync(1);
        using var client = await broadcaster.ConnectAsync();
        await client.SendAsync("set key 0 0 5\r\nhello\r\nget key\r\n");
        Assert.Equal(["STORED", "VALUE key 0 5", "hello", "END"], new[] { await client.ReadLineAsync(), await client.ReadLineAsync(), await client.ReadLineAsync(), await client.ReadLineAsync() });

        // The same by itself.
        using var itself = TestClient.ConnectUnix(Socket(folder));
        await itself.SendAsync("get key\r\n");
        Assert.Equal("VALUE key 0 5", await itself.ReadLineAsync());
    }

    [Fact]
    public async Task Lines_by_a_socket()
    {
        using var server = FramedServer.Line();
        using var front = await Haproxy.StartAsync(server.Address, byUnix: true);
        using var broadcaster = BroadcasterUnderTest.Start(LineSettings.Answered(Reply.Primary), ["unix:" + front.Path]);
        await broadcaster.CurrentAsync(1);
        using var client = await broadcaster.ConnectAsync();
        await client.SendAsync("in\n");
        Assert.Equal("ok in", await client.ReadLineAsync());
        Assert.Equal(["in"], server.Texts);
    }

    [Fact]
    public async Task Raw_by_a_socket_with_all_that_its_client_sent_and_its_end()
    {
        using var server = ScriptedServer.Start();
        using var front = await Haproxy.StartAsync(server.Address, byUnix: true);
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings(), ["unix:" + front.Path]);
        byte[] sent = new byte[4 << 20];
        new Random(27).NextBytes(sent);
        using (var client = await broadcaster.ConnectAsync())
        {
            await client.SendAsync(sent);
            client.ShutdownSend();
            Assert.Empty((await client.ReadToEndAsync()).Bytes);
        }

        await broadcaster.NobodyLeftAsync();
        Assert.Equal(sent, server.Received);
        Assert.Equal(sent.Length, Assert.Single(broadcaster.Snapshot.Backends).SentBytes);

        // Nothing of it can be reset; whoever breaks off ends.
        using (var broken = await broadcaster.ConnectAsync())
        {
            await broken.SendAsync("abc");
            await Eventually.True(() => server.ReceivedBytes == sent.Length + 3, broadcaster.Dump);
            broken.Reset();
        }

        await Eventually.True(() => server.OpenConnections.Count == 0, broadcaster.Dump);
        await broadcaster.NobodyLeftAsync();
    }

    [Fact]
    public async Task One_that_is_not_there_is_down_and_said_to_be_and_is_found_when_it_comes()
    {
        using var folder = new TemporaryFolder();
        using var server = FramedServer.Redis();
        string path = Socket(folder);
        using var broadcaster = BroadcasterUnderTest.Start(RedisBroadcast.Settings, ["unix:" + path]);
        await SaysAsync(broadcaster, "there is no such file");
        File.WriteAllText(path, "");
        await SaysAsync(broadcaster, "nobody listens there");
        File.Delete(path);
        using var front = await Haproxy.StartAsync(server.Address, byUnix: true);
        File.CreateSymbolicLink(path, front.Path);
        await broadcaster.CurrentAsync(1);
    }

    [Fact]
    public void It_is_plain_whatever_is_said_of_others()
    {
        Assert.True(ServerScheme.TryParse("unix:/run/redis.sock", out var address, out _));
        Assert.Equal((false, "unix:/run/redis.sock", "unix:/run/redis.sock"), (address.ByTls, address.ToString(), ServerScheme.Write(address)));
        Assert.False(ServerScheme.TryParse("tls://unix:/run/redis.sock", out _, out string? fault));
        Assert.Equal("is a unix socket, which is spoken to plain and has no tls:// or tcp:// before it", fault);
    }

    private static string Socket(TemporaryFolder folder) => Path.Combine(folder.Path, "server.sock");

    private static Task SaysAsync(BroadcasterUnderTest broadcaster, string reason) =>
        Eventually.True(() => broadcaster.Snapshot.Backends.Single() is { State: BackendState.Down } down && down.LastError == reason, broadcaster.Dump);
}
