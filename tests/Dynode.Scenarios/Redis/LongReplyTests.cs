using Dynode.Broadcast.Plane;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Redis;

/// <summary>Replies that are too long for one read are kept in pages until it is known who gets them, and not a moment longer.</summary>
[Trait("Server", "redis")]
public sealed class LongReplyTests
{
    private const int Length = 150_000;

    [Theory]
    [InlineData(FramedReply.All)]
    [InlineData(FramedReply.Primary)]
    [InlineData(FramedReply.None)]
    [InlineData(FramedReply.Fastest)]
    [InlineData(FramedReply.Majority)]
    [InlineData(FramedReply.Every)]
    public async Task The_pages_of_long_replies_come_back_whoever_speaks_last(FramedReply reply)
    {
        using var redis = await RedisBroadcast.StartAsync(reply);
        using var client = await redis.ConnectAsync();
        int repliesEach = reply switch { FramedReply.None => 0, FramedReply.All => redis.Servers.Length, _ => 1 };
        string value = new('v', Length);
        await client.SendAsync(RespClient.Request("SET", "key", value));
        await client.ReadAsync(repliesEach);
        for (int i = 0; i < 20; i++)
        {
            await client.SendAsync(RespClient.Request("GET", "key"));
            Assert.All(await client.ReadAsync(repliesEach), answer => Assert.Equal(value, answer.Text));
        }

        // What is left: a page for each connection's reading, and none for a reply.
        await redis.CurrentAsync();
        await Eventually.True(() => redis.Snapshot is { Slots: 0 } now && now.Memory.ReplyBytes <= redis.Servers.Length * 64 << 10, redis.Broadcaster.Dump);
    }

    [Fact]
    public async Task The_pages_of_long_replies_come_back_when_the_broadcaster_ends_before_the_last_server_has_spoken()
    {
        using var redis = await RedisBroadcast.StartAsync(FramedReply.Every);
        using var client = await redis.ConnectAsync();
        Assert.Equal("OK", (await client.AskAsync("SET", "key", new string('v', Length))).Text);
        var halted = redis.Servers[1];
        halted.Process.Send(UnixSignal.Stop);
        try
        {
            await client.SendAsync(RespClient.Request("GET", "key"));
            await Eventually.True(() => redis.Snapshot.Requests == 2 && redis.Servers.All(server => server == halted || redis.Of(server).Standing!.LagRequests == 0), redis.Broadcaster.Dump);
            redis.Broadcaster.Door.Dispose();
            Assert.Empty(redis.Broadcaster.Door.DescribeOutstandingPages());
        }
        finally
        {
            halted.Process.Send(UnixSignal.Continue);
        }
    }
}
