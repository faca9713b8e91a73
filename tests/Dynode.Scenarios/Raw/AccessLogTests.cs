using Dynode.Broadcast.Plane;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Raw;

/// <summary>The access log of raw clients: one line when one ends, whose reason is of a closed set and counted alike.</summary>
public sealed class AccessLogTests
{
    private const int Left = 1602;

    private static readonly BroadcastSettings Settings = new() { AccessLog = AccessLogging.Connections };

    [Fact]
    public async Task A_client_that_ends_has_one_line_with_what_it_did() => await EndsAsync(Settings, EndReason.Client, static async (client, broadcaster) =>
    {
        client.ShutdownSend();
        await client.ReadToEndAsync();
        await Eventually.Equal(1, () => broadcaster.Log.Count(Left), broadcaster.Dump);
        Assert.Matches(
            $@"^client {client.LocalEndPoint} ended: client \(closed by the client\), [0-9.E-]+ s, 2 bytes in, 2 bytes out$",
            Assert.Single(broadcaster.Log.Of(Left)));
    });

    [Fact]
    public async Task One_that_breaks_off_has_reset() => await EndsAsync(Settings, EndReason.Reset, static (client, _) =>
    {
        client.Reset();
        return Task.CompletedTask;
    });

    [Fact]
    public async Task One_that_is_silent_is_idle() =>
        await EndsAsync(Settings with { IdleTimeout = TimeSpan.FromSeconds(0.1) }, EndReason.Idle, static async (client, _) => await client.ReadToEndAsync());

    [Fact]
    public async Task One_that_an_operator_closes_is_his() => await EndsAsync(Settings, EndReason.Operator, static async (client, broadcaster) =>
    {
        Assert.True(broadcaster.Door.TryCloseClient(Assert.Single(broadcaster.Door.Clients()).Id));
        await client.ReadToEndAsync();
    });

    [Fact]
    public async Task One_that_is_there_at_the_end_is_drained() =>
        await EndsAsync(Settings, EndReason.Drain, static async (_, broadcaster) => await broadcaster.DrainAsync());

    [Fact]
    public async Task One_whose_servers_end_ends_with_them()
    {
        using var server = ScriptedServer.Start(new() { Echo = true });
        using var broadcaster = BroadcasterUnderTest.Start(Settings with { Reply = RawReply.Primary }, server);
        using var client = await AskedAsync(broadcaster);
        server.CloseAll();
        await client.ReadToEndAsync();
        await CountedAsync(broadcaster, EndReason.Server);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task One_that_takes_nothing_is_timed_out_also_behind_its_own_end(bool hasEnded)
    {
        using var server = ScriptedServer.Start(new() { FloodBytes = 64 << 20 });
        using var broadcaster = BroadcasterUnderTest.Start(Settings with { WriteTimeout = TimeSpan.FromSeconds(0.5), ReplyTimeout = TimeSpan.Zero }, server);
        using var deaf = await TestClient.ConnectAsync(broadcaster.Port, receiveBufferBytes: 4096);
        await deaf.SendAsync("x");
        await Eventually.True(() => broadcaster.Snapshot.RelayedBytes > 100_000, broadcaster.Dump);
        if (hasEnded)
            deaf.ShutdownSend();
        await CountedAsync(broadcaster, EndReason.WriteTimeout);
    }

    private static async Task EndsAsync(BroadcastSettings settings, EndReason reason, Func<TestClient, BroadcasterUnderTest, Task> end)
    {
        using var server = ScriptedServer.Start(new() { Echo = true });
        using var broadcaster = BroadcasterUnderTest.Start(settings, server);
        using var client = await AskedAsync(broadcaster);
        await end(client, broadcaster);
        await CountedAsync(broadcaster, reason);
    }

    private static async Task<TestClient> AskedAsync(BroadcasterUnderTest broadcaster)
    {
        var client = await broadcaster.ConnectAsync();
        await client.SendAsync("1\n");
        Assert.Equal("1", await client.ReadLineAsync());
        return client;
    }

    /// <summary>The only client has ended so, and is counted so and in no other way.</summary>
    private static async Task CountedAsync(BroadcasterUnderTest broadcaster, EndReason reason)
    {
        await Eventually.Equal(1, () => broadcaster.Log.Count(Left), broadcaster.Dump);
        Assert.Contains($" ended: {reason.Word()} (", broadcaster.Log.Of(Left).Single(), StringComparison.Ordinal);
        Assert.Equal((1, 1), (broadcaster.Snapshot.Ended[(int)reason], broadcaster.Snapshot.Ended.Sum()));
    }
}
