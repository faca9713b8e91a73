using Dynode.Broadcast.Plane;
using Dynode.TestKit;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Dynode.Scenarios.Raw;

/// <summary><c>read_idle_timeout</c>: silence in both directions with nothing owed closes a client.</summary>
public sealed class IdleTimeoutTests
{
    private static readonly BroadcastSettings Settings = new() { IdleTimeout = TimeSpan.FromSeconds(60) };
    private static readonly TimeSpan Less = TimeSpan.FromSeconds(59);

    // What comes while a turn is at work is taken at that turn's time: a small step behind is nothing, half of the timeout would be.
    private const int Steps = 8;
    private static readonly TimeSpan More = TimeSpan.FromSeconds(61);

    private readonly FakeTimeProvider _time = new();

    [Theory]
    [InlineData(RawReply.All)]
    [InlineData(RawReply.Primary)]
    [InlineData(RawReply.None)]
    public async Task Silence_in_both_directions_closes_a_client(RawReply reply)
    {
        using var servers = new Servers(2, new ServerScript { Echo = true });
        using var broadcaster = BroadcasterUnderTest.Start(Settings with { Reply = reply }, _time, servers.All);
        using var client = await broadcaster.ConnectAsync();
        await Said(client, broadcaster, "a\n");
        _time.Advance(Less);
        await Said(client, broadcaster, "b\n");
        _time.Advance(More);
        Assert.False((await client.ReadToEndAsync()).WasReset);
        client.Dispose();
        await broadcaster.NobodyLeftAsync();
        Assert.Equal(1, broadcaster.Snapshot.IdleTimeouts);
        Assert.Single(broadcaster.Log.Of(1204));
        Assert.All(servers.All, server => Assert.Equal("a\nb\n", server.ReceivedText));
    }

    [Fact]
    public async Task A_client_that_never_said_a_word_is_closed_too()
    {
        using var up = ScriptedServer.Start();
        using var down = ScriptedServer.Down();
        using var broadcaster = BroadcasterUnderTest.Start(Settings, _time, up, down);
        using var client = await broadcaster.ConnectAsync();
        await up.ConnectionAsync(0);
        _time.Advance(More);
        Assert.Null(await client.ReadLineAsync());
        client.Dispose();
        await broadcaster.NobodyLeftAsync();
    }

    [Theory]
    [InlineData(RawReply.All)]
    [InlineData(RawReply.None)]
    public async Task What_a_server_says_keeps_a_silent_client(RawReply reply)
    {
        using var server = ScriptedServer.Start();
        using var broadcaster = BroadcasterUnderTest.Start(Settings with { Reply = reply }, _time, server);
        using var client = await broadcaster.ConnectAsync();
        var connection = await server.ConnectionAsync(0);
        for (int i = 1; i <= 4 * Steps; i++)
        {
            _time.Advance(Less / (2 * Steps));
            await connection.SendAsync("tick\n");
            await Eventually.Equal(5 * i, () => broadcaster.Of(server).RepliedBytes, broadcaster.Dump);
        }

        await client.SendAsync("still here\n");
        await server.ReceivedTextAsync("still here\n");
        Assert.Equal(0, broadcaster.Snapshot.IdleTimeouts);
    }

    [Fact]
    public async Task What_a_client_says_keeps_it_though_nobody_answers()
    {
        using var server = ScriptedServer.Start();
        using var broadcaster = BroadcasterUnderTest.Start(Settings, _time, server);
        using var client = await broadcaster.ConnectAsync();
        for (int i = 1; i <= 4 * Steps; i++)
        {
            _time.Advance(Less / (2 * Steps));
            await client.SendAsync(".");
            await server.ReceivedBytesAsync(i);
        }

        Assert.Equal(0, broadcaster.Snapshot.IdleTimeouts);
    }

    [Fact]
    public async Task A_client_whose_bytes_wait_for_a_connected_server_is_not_idle()
    {
        const int Bytes = 8 << 20;
        using var server = ScriptedServer.Start(new ServerScript { ReadPaused = true, Recording = Recording.Hash });
        using var broadcaster = BroadcasterUnderTest.Start(
            Settings with { BacklogBytesMax = 16 << 20, ReplyTimeout = TimeSpan.Zero, StallTimeout = TimeSpan.Zero }, _time, server);
        using var client = await broadcaster.ConnectAsync();
        await client.SendAsync(new byte[Bytes]);
        await Eventually.Equal(Bytes, () => broadcaster.Snapshot.ReceivedBytes, broadcaster.Dump);
        _time.Advance(More);
        _time.Advance(More);
        server.ResumeReading();
        await server.ReceivedBytesAsync(Bytes);
        await client.SendAsync("!");
        await server.ReceivedBytesAsync(Bytes + 1);
        Assert.Equal(0, broadcaster.Snapshot.IdleTimeouts);

        // And once nothing is owed, it is.
        _time.Advance(More);
        Assert.Null(await client.ReadLineAsync());
        client.Dispose();
        await broadcaster.NobodyLeftAsync();
        Assert.Equal(0, broadcaster.Of(server).DroppedBytes);
    }

    [Fact]
    public async Task What_a_dead_server_is_owed_keeps_no_silent_client()
    {
        using var down = ScriptedServer.Down();
        using var broadcaster = BroadcasterUnderTest.Start(Settings with { LingerTimeout = TimeSpan.FromHours(1) }, _time, down);
        using var client = await broadcaster.ConnectAsync();
        await client.SendAsync("for later\n");
        await Eventually.Equal(10, () => broadcaster.Snapshot.ReceivedBytes, broadcaster.Dump);
        await Eventually.True(() => broadcaster.Of(down).ConnectFailures > 0, broadcaster.Dump);
        _time.Advance(More);
        Assert.Null(await client.ReadLineAsync());
        client.Dispose();
        await Eventually.True(() => broadcaster.Snapshot is { Clients: 0, Lingering: 1 }, broadcaster.Dump);

        // What it said is kept all the same.
        down.Listen();
        await Eventually.True(
            () =>
            {
                _time.Advance(TimeSpan.FromSeconds(10));
                return down.ReceivedText == "for later\n";
            },
            broadcaster.Dump);
        await broadcaster.NobodyLeftAsync();
    }

    [Fact]
    public async Task A_timer_that_fires_early_loses_no_deadline()
    {
        var early = new EarlyTimers();
        using var server = ScriptedServer.Start();
        using var broadcaster = BroadcasterUnderTest.Start(Settings, early, server);
        using var client = await broadcaster.ConnectAsync();
        await server.ConnectionAsync(0);
        early.Advance(Settings.IdleTimeout - TimeSpan.FromMilliseconds(2));
        await Eventually.True(
            () =>
            {
                early.Advance(TimeSpan.FromMilliseconds(0.1));
                return broadcaster.Snapshot.IdleTimeouts == 1;
            },
            broadcaster.Dump);
        Assert.Null(await client.ReadLineAsync());
    }

    [Fact]
    public async Task Zero_means_never()
    {
        using var server = ScriptedServer.Start(new ServerScript { Echo = true });
        using var broadcaster = BroadcasterUnderTest.Start(Settings with { IdleTimeout = TimeSpan.Zero }, _time, server);
        using var client = await broadcaster.ConnectAsync();
        await Said(client, broadcaster, "a\n");
        Assert.Equal("a", await client.ReadLineAsync());
        for (int i = 0; i < 5; i++)
            _time.Advance(TimeSpan.FromDays(10));
        await client.SendAsync("b\n");
        Assert.Equal("b", await client.ReadLineAsync());
    }

    private static async Task Said(TestClient client, BroadcasterUnderTest broadcaster, string line)
    {
        long before = broadcaster.Snapshot.Backends.Sum(backend => backend.RepliedBytes);
        await client.SendAsync(line);
        int echoes = broadcaster.Snapshot.Backends.Length;
        await Eventually.Equal(before + (echoes * line.Length), () => broadcaster.Snapshot.Backends.Sum(backend => backend.RepliedBytes), broadcaster.Dump);
    }
}
