using System.Globalization;
using System.Text;
using Dynode.Broadcast.Plane;
using Dynode.TestKit;
using StackExchange.Redis;
using Xunit;

namespace Dynode.Scenarios.Raw;

/// <summary>Real servers behind raw mode: write-only traffic leaves them all with equal data, and a real client library works.</summary>
public sealed class RealServerTests
{
    private const int Clients = 6;
    private const int Commands = 2_000;

    [Theory]
    [Trait("Server", "any")]
    [InlineData(RawReply.All)]
    [InlineData(RawReply.Primary)]
    [InlineData(RawReply.None)]
    public Task Redis_servers_hold_equal_data_after_pipelines_of_writes(RawReply reply) => Seed.RunAsync(async random =>
    {
        using var a = await RedisServer.StartAsync();
        using var b = await RedisServer.StartAsync();
        using var c = await RedisServer.StartAsync();
        RealServer[] servers = [a, b, c];
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings { Reply = reply }, servers.Select(server => server.Address));
        byte[][] pipelines = [.. Enumerable.Range(0, Clients).Select(client => Pipeline(client, new Random(random.Next())))];
        long replyBytes = (await Task.WhenAll(pipelines.Select(pipeline => SendAsync(broadcaster, pipeline)))).Sum();
        await broadcaster.NobodyLeftAsync();

        string[] digests = await Task.WhenAll(servers.Select(server => server.DataDigestAsync()));
        Assert.Equal($":{(Clients * 3) + 1}", await a.AskAsync("DBSIZE"));
        Assert.Single(digests.Distinct());
        foreach (var server in servers)
            Assert.Equal((Clients * Commands / 4).ToString(CultureInfo.InvariantCulture), await server.AskAsync("GET counter"));
        Assert.Equal(reply == RawReply.None, replyBytes == 0);
        Assert.All(broadcaster.Snapshot.Backends, backend => Assert.Equal((0L, 0L), (backend.DroppedBytes, backend.ConnectionsLost)));
    });

    [Fact]
    [Trait("Server", "any")]
    public async Task A_redis_server_that_was_down_holds_equal_data_after_it_came_back()
    {
        using var up = await RedisServer.StartAsync();
        using var late = RedisServer.Down();
        using var broadcaster = BroadcasterUnderTest.Start(
            new BroadcastSettings { BacklogBytesMax = 16 << 20, ReconnectDelayMax = TimeSpan.FromSeconds(0.2) }, [up.Address, late.Address]);
        await SendAsync(broadcaster, Pipeline(0, new Random(31)));
        await Eventually.True(() => broadcaster.Snapshot is { Clients: 0, Lingering: 1 }, broadcaster.Dump);
        await late.StartAsync();
        await broadcaster.NobodyLeftAsync();
        Assert.Equal(await up.DataDigestAsync(), await late.DataDigestAsync());
        Assert.Equal((Commands / 4).ToString(CultureInfo.InvariantCulture), await late.AskAsync("GET counter"));
    }

    [Theory]
    [Trait("Server", "any")]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Memcached_servers_hold_equal_values(bool noreply)
    {
        using var a = await MemcachedServer.StartAsync();
        using var b = await MemcachedServer.StartAsync();
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings(), [a.Address, b.Address]);
        long[] replies = await Task.WhenAll(Enumerable.Range(0, Clients).Select(client =>
        {
            var text = new StringBuilder();
            for (int i = 0; i < Commands; i++)
            {
                string value = $"value-{client}-{i}";
                text.Append(CultureInfo.InvariantCulture, $"set key-{client}-{i % 500} 0 0 {value.Length}{(noreply ? " noreply" : "")}\r\n{value}\r\n");
            }

            // memcached closes at once on a FIN, commands unread or not: its own goodbye is asked for behind the last command.
            return SendAsync(broadcaster, Encoding.ASCII.GetBytes(text + "mn\r\n"), end: "MN\r\n", servers: 2);
        }));
        await broadcaster.NobodyLeftAsync();
        for (int client = 0; client < Clients; client++)
        {
            for (int key = 0; key < 500; key += 7)
            {
                string expected = $"value-{client}-{Commands - 500 + key}";
                foreach (var server in new[] { a, b })
                    Assert.Equal($"VALUE key-{client}-{key} 0 {expected.Length}\n{expected}\nEND", await server.AskAsync($"get key-{client}-{key}"));
            }
        }

        Assert.All(replies, bytes => Assert.Equal(2 * ("MN\r\n".Length + (noreply ? 0 : Commands * "STORED\r\n".Length)), bytes));
    }

    [Fact]
    [Trait("Server", "any")]
    public async Task A_real_redis_client_library_works_against_the_primary_and_both_servers_get_its_writes()
    {
        using var first = await RedisServer.StartAsync();
        using var second = await RedisServer.StartAsync();
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings { Reply = RawReply.Primary }, [first.Address, second.Address]);
        await using (var redis = await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{broadcaster.Port},abortConnect=true,connectTimeout=20000,syncTimeout=20000,asyncTimeout=20000"))
        {
            var database = redis.GetDatabase();
            for (int i = 0; i < 200; i++)
                Assert.True(await database.StringSetAsync($"key-{i}", $"value-{i}"));
            string?[] values = await Task.WhenAll(Enumerable.Range(0, 200).Select(async i => (string?)await database.StringGetAsync($"key-{i}")));
            Assert.Equal(Enumerable.Range(0, 200).Select(i => $"value-{i}"), values);
            Assert.Equal(3, await database.ListRightPushAsync("list", ["a", "b", "c"]));
            Assert.Equal(10, await database.StringIncrementAsync("number", 10));
            Assert.True((await database.StringGetAsync("nothing")).IsNull);
        }

        await broadcaster.NobodyLeftAsync();
        Assert.Equal(await first.DataDigestAsync(), await second.DataDigestAsync());
        Assert.Equal("value-199", await second.AskAsync("GET key-199"));
    }

    /// <summary>SET, RPUSH, APPEND on keys of this client's own, whose order shows; INCR on one of all, where none does.</summary>
    private static byte[] Pipeline(int client, Random random)
    {
        var bytes = new MemoryStream();
        for (int i = 0; i < Commands; i++)
        {
            // Any bytes, also what looks like commands.
            byte[] value = i % 100 == 0 ? Encoding.ASCII.GetBytes("\r\nFLUSHALL\r\n*1\r\n$8\r\nFLUSHALL\r\n") : random.Bytes(random.Next(300));
            Command(bytes, (i % 4) switch
            {
                0 => ["SET"u8.ToArray(), Key("s"), value],
                1 => ["RPUSH"u8.ToArray(), Key("l"), value],
                2 => ["APPEND"u8.ToArray(), Key("a"), value],
                _ => ["INCR"u8.ToArray(), "counter"u8.ToArray()],
            });
        }

        return bytes.ToArray();

        byte[] Key(string kind) => Encoding.ASCII.GetBytes($"{kind}-{client}");
    }

    private static void Command(MemoryStream bytes, byte[][] parts)
    {
        bytes.Write(Encoding.ASCII.GetBytes($"*{parts.Length}\r\n"));
        foreach (byte[] part in parts)
        {
            bytes.Write(Encoding.ASCII.GetBytes($"${part.Length}\r\n"));
            bytes.Write(part);
            bytes.Write("\r\n"u8);
        }
    }

    /// <summary>Sends, says goodbye, and reads to the end. With <paramref name="end"/> the goodbye waits for that answer of each server.</summary>
    private static async Task<long> SendAsync(BroadcasterUnderTest broadcaster, byte[] requests, string? end = null, int servers = 0)
    {
        using var client = await broadcaster.ConnectAsync();
        if (end is null)
        {
            var draining = client.DrainToEndAsync();
            await client.SendAsync(requests);
            client.ShutdownSend();
            return await draining;
        }

        var sending = client.SendAsync(requests);
        long read = 0;
        for (int ends = 0; ends < servers;)
        {
            string line = await client.ReadLineAsync() + "\r\n";
            read += line.Length;
            if (line == end)
                ends++;
        }

        await sending;
        return read;
    }
}
