using Dynode.Broadcast.Plane;
using Dynode.Scenarios.Framed;
using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Xunit;

namespace Dynode.Scenarios.Ordered;

/// <summary>The log is away: clients wait for so long, and are told what is certain; no more.</summary>
public sealed class AwayTests
{
    private static readonly BroadcastSettings Redis = Asking.Redis with { ClaimLease = TimeSpan.FromSeconds(1), PlaceTimeout = TimeSpan.FromSeconds(0.5) };

    [Fact]
    public async Task What_is_in_no_parcel_is_not_kept_and_is_nowhere_and_what_comes_later_of_that_client_neither()
    {
        using var server = FramedServer.Redis();
        using var ordered = new OrderedBroadcasters();
        var broadcaster = ordered.Start(Redis, server.Address);
        await broadcaster.CurrentAsync(server);
        using var client = await broadcaster.ConnectAsync();
        using var another = await broadcaster.ConnectAsync();
        await client.SendAsync("SET a 1\r\n");
        Assert.Equal("+OK", await client.ReadLineAsync());
        ordered.Logs[0].Connect(isHere: false, "cut off by a test");
        await client.SendAsync("SET a 2\r\nPING\r\nSET a 3\r\n");
        await another.SendAsync("SET b 1\r\nPING\r\n");
        Assert.Equal("-ERR the log is away: not kept", await client.ReadLineAsync());
        Assert.Equal("+PONG", await client.ReadLineAsync());
        Assert.Equal("-ERR the log is away: not kept", await client.ReadLineAsync());
        Assert.Equal("-ERR the log is away: not kept", await another.ReadLineAsync());
        Assert.Equal("+PONG", await another.ReadLineAsync());
        ordered.Logs[0].Connect(isHere: true);
        await Eventually.True(() => broadcaster.Log.Count(1700) > 1, broadcaster.Dump);
        await client.SendAsync("SET a 4\r\n");
        Assert.Equal("+OK", await client.ReadLineAsync());
        Assert.Equal(["SET a 1", "SET a 4"], server.Texts);
    }

    [Fact]
    public async Task Whoever_waits_for_less_than_the_time_out_is_answered_as_if_nothing_had_been()
    {
        using var server = FramedServer.Redis();
        using var ordered = new OrderedBroadcasters();
        var broadcaster = ordered.Start(Redis with { PlaceTimeout = TimeSpan.FromMinutes(1) }, server.Address);
        await broadcaster.CurrentAsync(server);
        using var client = await broadcaster.ConnectAsync();
        ordered.Logs[0].Connect(isHere: false);
        await client.SendAsync("SET a 1\r\nPING\r\nSET a 2\r\n");
        await Eventually.True(() => broadcaster.Snapshot.ReceivedBytes == client.SentBytes, broadcaster.Dump);
        ordered.Logs[0].Connect(isHere: true);
        Assert.Equal("+OK", await client.ReadLineAsync());
        Assert.Equal("+PONG", await client.ReadLineAsync());
        Assert.Equal("+OK", await client.ReadLineAsync());
        Assert.Equal(["SET a 1", "SET a 2"], server.Texts);
    }

    [Fact]
    public async Task A_drain_waits_for_no_log_that_is_away_and_says_what_became_of_each_request()
    {
        using var server = FramedServer.Redis();
        using var ordered = new OrderedBroadcasters();
        var broadcaster = ordered.Start(Redis with { PlaceTimeout = TimeSpan.FromMinutes(1), DrainTimeout = TimeSpan.FromMinutes(1) }, server.Address);
        await broadcaster.CurrentAsync(server);
        using var client = await broadcaster.ConnectAsync();
        await client.SendAsync("SET a 1\r\n");
        Assert.Equal("+OK", await client.ReadLineAsync());
        ordered.Logs[0].Connect(isHere: false, "cut off by a test");
        await client.SendAsync("SET a 2\r\nPING\r\n");
        await Eventually.True(() => broadcaster.Snapshot.Feed!.Waiting == 1, broadcaster.Dump);
        var drained = broadcaster.DrainAsync();
        Assert.Equal("-ERR the log is away: not kept", await client.ReadLineAsync());
        Assert.Equal("+PONG", await client.ReadLineAsync());
        Assert.False((await client.ReadToEndAsync()).WasReset);
        await drained;
        Assert.Equal(["SET a 1"], server.Texts);
    }

    [Fact]
    public async Task Without_a_server_of_its_own_that_is_current_a_broadcaster_keeps_nothing_and_says_so()
    {
        using var server = FramedServer.Redis(listens: false);
        using var ordered = new OrderedBroadcasters();
        var broadcaster = ordered.Start(Redis, server.Address);
        using var client = await broadcaster.ConnectAsync();
        await client.SendAsync("SET a 1\r\n");
        Assert.Equal("-ERR no server is current here: not kept", await client.ReadLineAsync());
        server.Listen();
        await broadcaster.CurrentAsync(server);
        await client.SendAsync("SET a 2\r\n");
        Assert.Equal("+OK", await client.ReadLineAsync());
        Assert.Equal(["SET a 2"], server.Texts);
    }
}
