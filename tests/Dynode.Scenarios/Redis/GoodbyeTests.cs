using Dynode.Broadcast.Plane;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Redis;

/// <summary>Goodbye and shutdown: what a client sent before the end is delivered, what it was answered is on all servers, and both sides get a FIN.</summary>
[Trait("Server", "redis")]
public sealed class GoodbyeTests(ITestOutputHelper output)
{
    private const int Pushes = 2_000;

    [Theory]
    [InlineData(FramedReply.Primary)]
    [InlineData(FramedReply.Every)]
    public async Task A_client_that_closes_its_half_still_gets_all_its_replies_and_then_a_FIN(FramedReply reply)
    {
        using var redis = await RedisBroadcast.StartAsync(reply);
        using var client = await redis.ConnectAsync();
        await client.SendAsync(Many(Pushes));
        client.ShutdownSend();
        Assert.Equal(Enumerable.Range(1, Pushes).Select(i => (long)i), (await client.ReadAsync(Pushes)).Select(answer => answer.Number));
        Assert.Null(await client.TryReadAsync());
        await redis.EqualAsync();
    }

    [Fact]
    public async Task What_a_client_sent_before_it_left_reaches_every_server_and_its_half_request_and_open_transaction_none()
    {
        using var redis = await RedisBroadcast.StartAsync(FramedReply.None);
        using (var client = await redis.ConnectAsync())
        {
            byte[] half = RespClient.Request("SET", "half", new string('x', 5_000));
            byte[] all = [.. Many(Pushes), .. RespClient.Request("MULTI"), .. RespClient.Request("SET", "open", "x"), .. half[..^100]];
            await client.SendAsync(all);
        }

        await Eventually.True(() => redis.Snapshot is { Requests: Pushes, Clients: 0 }, redis.Broadcaster.Dump);
        await redis.EqualAsync();
        foreach (var server in redis.Servers)
            Assert.Equal((Pushes, 1), ((await redis.AskAsync(server, "LLEN", "list")).Number, (await redis.AskAsync(server, "DBSIZE")).Number));
    }

    [Fact]
    public async Task A_client_that_left_before_its_answers_came_harms_no_other()
    {
        using var redis = await RedisBroadcast.StartAsync(FramedReply.Majority);
        using var stays = await redis.ConnectAsync();
        for (int i = 0; i < 20; i++)
        {
            using (var leaves = await redis.ConnectAsync()) await leaves.SendAsync(Many(200));
            Assert.Equal($"{i}", (await stays.AskAsync("ECHO", $"{i}")).Text);
            Assert.Equal("+OK", (await stays.AskAsync("SET", "mine", $"{i}")).ToString());
            Assert.Equal($"{i}", (await stays.AskAsync("GET", "mine")).Text);
        }

        await redis.EqualAsync();
        redis.NothingLost();
    }

    [Theory]
    [InlineData(FramedReply.Primary)]
    [InlineData(FramedReply.Fastest)]
    [InlineData(FramedReply.Every)]
    public async Task At_shutdown_under_load_what_was_answered_is_on_all_servers_and_both_sides_get_a_FIN(FramedReply reply)
    {
        const int Clients = 16;
        using var redis = await RedisBroadcast.StartAsync(reply);
        var pushing = Enumerable.Range(0, Clients).Select(number => PushUntilTheEndAsync(redis, number)).ToArray();
        await Eventually.True(() => redis.Snapshot.Requests > 2_000, redis.Broadcaster.Dump);
        await redis.Broadcaster.DrainAsync();
        string[] answered = [.. (await Task.WhenAll(pushing)).SelectMany(elements => elements)];

        string[][] lists = await Task.WhenAll(redis.Servers.Select(server => redis.ListAsync(server, "list")));
        Assert.All(lists, list => Assert.Equal(lists[0], list));
        Assert.Empty(answered.Except(lists[0]));
        foreach (var server in redis.Servers)
            await Eventually.Equal(1, () => redis.AskAsync(server, "CLIENT", "LIST").GetAwaiter().GetResult().Text!.Trim().Split('\n').Length);
        Assert.All(redis.Snapshot.Backends, backend => Assert.Equal((0L, 0L), (backend.DroppedRequests, backend.ConnectionsLost)));
        output.WriteLine($"{reply}: {answered.Length} answered, {lists[0].Length} on each server");
    }

    private static byte[] Many(int count) => [.. Enumerable.Range(0, count).SelectMany(i => RespClient.Request("RPUSH", "list", $"{i}"))];

    /// <returns>The elements whose RPUSH was answered, before the FIN.</returns>
    private static async Task<List<string>> PushUntilTheEndAsync(RedisBroadcast redis, int number)
    {
        using var client = await redis.ConnectAsync();
        var answered = new List<string>();
        for (int i = 0; ; i += 5)
        {
            string[] elements = [.. Enumerable.Range(i, 5).Select(element => $"{number}:{element}")];
            try
            {
                await client.SendAsync(elements.SelectMany(element => RespClient.Request("RPUSH", "list", element)).ToArray());
            }
            catch (System.Net.Sockets.SocketException)
            {
                // It has sent its FIN, and is gone.
                return answered;
            }

            foreach (string element in elements)
            {
                if (await client.TryReadAsync() is not { } answer) return answered;
                Assert.False(answer.IsError, answer.ToString());
                answered.Add(element);
            }
        }
    }
}
