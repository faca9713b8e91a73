using Dynode.Broadcast.Plane;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Redis;

/// <summary>A cursor belongs to the server that gave it: a scan over a change of primary goes on there, or is told to begin anew; it never skips keys in silence.</summary>
[Trait("Server", "redis")]
public sealed class ScanTests
{
    private const int Keys = 1000;
    private const string Gone = "-ERR this cursor is of a server that is not current, or not of these: begin anew, with cursor 0";

    [Theory]
    [InlineData(FramedReply.Primary)]
    [InlineData(FramedReply.Majority)]
    [InlineData(FramedReply.Fastest)]
    public async Task A_scan_finds_every_key_whatever_the_policy(FramedReply reply)
    {
        using var redis = await FilledAsync(reply);
        using var client = await redis.ConnectAsync();
        Assert.Equal(Keys, (await ScanAsync(client, "0")).Distinct().Count());
        redis.NothingLost();
    }

    [Theory]
    [InlineData(FramedReply.Primary)]
    [InlineData(FramedReply.Every)]
    public async Task A_scan_whose_server_is_gone_is_told_to_begin_anew(FramedReply reply)
    {
        using var redis = await FilledAsync(reply);
        using var client = await redis.ConnectAsync();
        string cursor = (await client.AskAsync("SCAN", "0", "COUNT", "10")).Items![0].Text!;
        await redis.Servers[0].KillAsync();
        await redis.CurrentAsync(redis.Servers[1]);
        await Eventually.True(() => !redis.Of(redis.Servers[0]).Standing!.IsCurrent, redis.Broadcaster.Dump);
        Assert.Equal(Gone, (await client.AskAsync("SCAN", cursor, "COUNT", "10")).ToString());
        Assert.Equal(Keys, (await ScanAsync(client, "0")).Distinct().Count());

        // It is back, with another table: what it gave before is of no more use.
        await redis.Servers[0].StartAsync();
        await redis.CurrentAsync();
        Assert.True((await client.AskAsync("SCAN", cursor, "COUNT", "10")).IsError);
        Assert.True((await client.AskAsync("SCAN", "17", "COUNT", "10")).IsError);
    }

    [Fact]
    public async Task A_scan_goes_on_at_the_server_that_began_it_though_another_is_primary_now()
    {
        // There the first in the list answers as soon as it is current.
        using var redis = await FilledAsync(FramedReply.Every);
        using var client = await redis.ConnectAsync();
        await redis.Servers[0].KillAsync();
        await Eventually.True(() => !redis.Of(redis.Servers[0]).Standing!.IsCurrent, redis.Broadcaster.Dump);
        var first = await client.AskAsync("SCAN", "0", "COUNT", "10");
        await redis.Servers[0].StartAsync();
        await redis.CurrentAsync();
        using var other = await redis.ConnectAsync();
        Assert.Equal(Keys, (await ScanAsync(other, first.Items![0].Text!)).Concat(first.Items[1].Texts).Distinct().Count());
    }

    [Theory]
    [InlineData("HSCAN", "HSET", 2, "2")]
    [InlineData("SSCAN", "SADD", 1, "3")]
    [InlineData("ZSCAN", "ZADD", 2, "3")]
    public async Task So_is_a_scan_of_one_key_in_either_protocol(string scan, string add, int parts, string protocol)
    {
        using var redis = await FilledAsync(FramedReply.Every);
        using var client = await redis.ConnectAsync();
        Assert.False((await client.AskAsync("HELLO", protocol)).IsError);
        await client.AskAllAsync([.. Enumerable.Range(0, Keys).Select(i => (string[])(parts == 2 ? [add, "key", $"{i}", $"{i}"] : [add, "key", $"{i}"]))]);
        var found = new HashSet<string?>();
        string cursor = "0";
        do
        {
            var reply = await client.AskAsync(scan, "key", cursor, "COUNT", "10");
            cursor = reply.Items![0].Text!;
            found.UnionWith(reply.Items[1].Texts.Where((_, at) => at % parts == 0));
        }
        while (cursor != "0");
        Assert.Equal(Keys, found.Count);
        cursor = (await client.AskAsync(scan, "key", "0", "COUNT", "10")).Items![0].Text!;
        await redis.Servers[0].KillAsync();
        await Eventually.True(() => !redis.Of(redis.Servers[0]).Standing!.IsCurrent, redis.Broadcaster.Dump);
        Assert.Equal(Gone, (await client.AskAsync(scan, "key", cursor, "COUNT", "10")).ToString());

        // A line is read as an array is, and a name in small letters as one in large.
        await client.SendAsync(System.Text.Encoding.ASCII.GetBytes($"{scan.ToLowerInvariant()} key {cursor} COUNT 10\r\n"));
        Assert.Equal(Gone, (await client.ReadAsync()).ToString());
    }

    /// <summary>What goes on from a cursor that nobody has is not carried out, nor what stands beside it; nothing of it is kept.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(200_000)]
    public async Task A_transaction_that_goes_on_from_such_a_cursor_is_not_carried_out(int length)
    {
        using var redis = await FilledAsync(FramedReply.Primary);
        using var client = await redis.ConnectAsync();
        string cursor = (await client.AskAsync("SCAN", "0", "COUNT", "10")).Items![0].Text!;
        string value = new('x', length);
        var answers = await client.AskAllAsync([["MULTI"], ["SET", "a", value], ["SCAN", cursor, "COUNT", "10"], ["EXEC"], ["STRLEN", "a"]]);
        Assert.Equal('*', answers[3].Items![1].Kind);
        Assert.Equal(length, answers[4].Number);
        answers = await client.AskAllAsync([["DEL", "a"], ["MULTI"], ["SET", "a", value], ["SCAN", "17", "COUNT", "10", "MATCH", value], ["EXEC"], ["SCAN", "17", "MATCH", value], ["STRLEN", "a"]]);
        Assert.Equal([Gone, Gone, ":0"], answers[4..].Select(answer => answer.ToString()));
        await redis.EqualAsync();
        redis.NothingLost();
    }

    [Fact]
    public async Task A_scan_whose_server_was_removed_is_told_to_begin_anew_also_where_one_is_left()
    {
        using var redis = await FilledAsync(FramedReply.Primary);
        using var client = await redis.ConnectAsync();
        string cursor = (await client.AskAsync("SCAN", "0", "COUNT", "10")).Items![0].Text!;
        redis.Broadcaster.Apply([redis.Servers[1].Address]);
        Assert.Equal(Gone, (await client.AskAsync("SCAN", cursor, "COUNT", "10")).ToString());
        Assert.Equal(Keys, (await ScanAsync(client, "0")).Distinct().Count());
    }

    [Fact]
    public async Task With_one_server_cursors_are_its_own()
    {
        using var redis = await RedisBroadcast.StartAsync(RedisBroadcast.Settings, (string[])[]);
        using var client = await redis.ConnectAsync();
        await client.AskAllAsync([.. Enumerable.Range(0, Keys).Select(i => new[] { "SET", $"{i}", "x" })]);
        var through = await client.AskAsync("SCAN", "0", "COUNT", "10");
        Assert.Equal((await redis.AskAsync(redis.Servers[0], "SCAN", "0", "COUNT", "10")).ToString(), through.ToString());
        Assert.Equal(Keys, (await ScanAsync(client, "0")).Distinct().Count());
    }

    private static async Task<RedisBroadcast> FilledAsync(FramedReply reply)
    {
        var redis = await RedisBroadcast.StartAsync(RedisBroadcast.Settings with { FramedReply = reply }, RedisBroadcast.DurableArguments, RedisBroadcast.DurableArguments);
        using var client = await redis.ConnectAsync();
        await client.AskAllAsync([.. Enumerable.Range(0, Keys).Select(i => new[] { "SET", $"{i}", "x" })]);
        await redis.CurrentAsync();
        return redis;
    }

    /// <summary>From a cursor to the end.</summary>
    private static async Task<List<string?>> ScanAsync(RespClient client, string cursor)
    {
        var keys = new List<string?>();
        do
        {
            var reply = await client.AskAsync("SCAN", cursor, "COUNT", "10");
            Assert.False(reply.IsError, reply.ToString());
            keys.AddRange(reply.Items![1].Texts);
            cursor = reply.Items[0].Text!;
        }
        while (cursor != "0");
        return keys;
    }
}
