using Dynode.TestKit.Framed;
using Xunit;
using Policy = Dynode.Broadcast.Plane.FramedReply;
using Reply = Dynode.TestKit.Framed.FramedReply;

namespace Dynode.Scenarios.Framed;

/// <summary>Servers that got the same requests and answer differently are seen; those that may are not reported.</summary>
public sealed class DivergenceTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task The_one_that_answers_differently_is_counted_and_named_with_the_request_and_not_more_often_than_is_bearable(int which)
    {
        FramedServer[] servers =
        [
            .. Enumerable.Range(0, 3).Select(i => FramedServer.Redis(Asking.Echoing with
            {
                Answer = request => i == which && request.Name == "INCR" ? Reply.Line(":7") : Asking.Echoing.Answer!(request),
                Default = Reply.Line(":1"),
            })),
        ];
        try
        {
            using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis, servers.Select(server => server.Address));
            await broadcaster.CurrentAsync(servers);
            using var client = await broadcaster.ConnectAsync();
            Assert.Equal("1", await client.AskAsync("GET 1"));
            Assert.Equal(which == 0 ? ":7" : ":1", await client.AskAsync("INCR counter"));
            await broadcaster.NothingOwedAsync(servers);
            string line = Assert.Single(broadcaster.Log.Of(1508));
            Assert.StartsWith($"server {servers[which].Address} diverges: its reply to request 1 differs", line, StringComparison.Ordinal);
            Assert.EndsWith("INCR counter", line, StringComparison.Ordinal);
            await client.SendAllAsync(Enumerable.Range(0, 99).Select(i => $"INCR {i}"));
            await client.ReadRepliesAsync(99);
            await broadcaster.NothingOwedAsync(servers);
            for (int i = 0; i < 3; i++)
                Assert.Equal(i == which ? 100 : 0, broadcaster.Of(servers[i]).Divergences);
            Assert.InRange(broadcaster.Log.Count(1508), 1, 6);
        }
        finally
        {
            Array.ForEach(servers, server => server.Dispose());
        }
    }

    /// <summary>More than one read holds, and less; a set's elements in each server's own order, and what is a server's own.</summary>
    [Theory]
    [InlineData("SMEMBERS set", 10)]
    [InlineData("SMEMBERS set", 30_000)]
    [InlineData("HGETALL hash", 30_000)]
    [InlineData("KEYS *", 30_000)]
    public async Task Elements_in_another_order_are_no_divergence_and_make_a_majority(string request, int elements)
    {
        FramedServer[] servers =
        [
            .. Enumerable.Range(0, 3).Select(i => FramedServer.Redis(new FramedScript
            {
                Default = Reply.Array([.. Enumerable.Range(0, elements).Select(at => Reply.Bulk($"{((at / 2 * 2) + (i * 1000)) % elements + (at % 2):d6}"))]),
            })),
        ];
        try
        {
            using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis with { FramedReply = Policy.Majority }, servers.Select(server => server.Address));
            await broadcaster.CurrentAsync(servers);
            using var client = await broadcaster.ConnectAsync();
            Assert.Equal($"*{elements}", await client.AskAsync(request));
            await client.ReadAsync(elements * 12);
            await broadcaster.NothingOwedAsync(servers);
            Assert.All(servers, server => Assert.Equal(0, broadcaster.Of(server).Divergences));
        }
        finally
        {
            Array.ForEach(servers, server => server.Dispose());
        }
    }

    [Theory]
    [InlineData("SCAN 0")]
    [InlineData("RANDOMKEY")]
    [InlineData("INFO")]
    [InlineData("TIME")]
    public async Task Replies_of_a_servers_own_are_the_primarys_and_not_compared(string request)
    {
        FramedServer[] servers = [.. Enumerable.Range(0, 3).Select(i => FramedServer.Redis(new FramedScript { Answer = asked => asked.IsPreamble ? null : Reply.Bulk($"{i}") }))];
        try
        {
            using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis with { FramedReply = Policy.Majority }, servers.Select(server => server.Address));
            await broadcaster.CurrentAsync(servers);
            using var client = await broadcaster.ConnectAsync();

            // A request of another kind first: a redis connection may begin with these before anything else.
            Assert.StartsWith("-ERR no majority", await client.AskAsync("GET a"), StringComparison.Ordinal);
            await broadcaster.NothingOwedAsync(servers);
            long before = servers.Sum(server => broadcaster.Of(server).Divergences);
            Assert.Equal(2, before);
            Assert.Equal("0", await client.AskAsync(request));
            await broadcaster.NothingOwedAsync(servers);
            Assert.Equal(before, servers.Sum(server => broadcaster.Of(server).Divergences));
        }
        finally
        {
            Array.ForEach(servers, server => server.Dispose());
        }
    }

    [Fact]
    public async Task A_long_reply_that_differs_in_one_byte_is_seen()
    {
        string value = new('x', 1 << 20);
        using var a = FramedServer.Redis(new FramedScript { Default = Reply.Bulk(value) });
        using var b = FramedServer.Redis(new FramedScript { Default = Reply.Bulk(value[1..] + "y") });
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis, [a.Address, b.Address]);
        await broadcaster.CurrentAsync(a, b);
        using var client = await broadcaster.ConnectAsync();
        Assert.Equal(value, await client.AskAsync("GET long"));
        await broadcaster.NothingOwedAsync(a, b);
        Assert.Equal((0, 1), (broadcaster.Of(a).Divergences, broadcaster.Of(b).Divergences));
        string line = Assert.Single(broadcaster.Log.Of(1508));
        Assert.StartsWith($"server {b.Address} diverges: its reply to request 0 differs", line, StringComparison.Ordinal);
        Assert.EndsWith("GET long", line, StringComparison.Ordinal);
    }
}
