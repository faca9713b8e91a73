using Dynode.Broadcast.Plane;
using Dynode.TestKit;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Dynode.Scenarios.Raw;

/// <summary>A client that does not read its replies holds only what it must, and nobody but itself.</summary>
public sealed class SlowClientTests
{
    /// <summary>More than the kernel's buffers between a server and a client can hide.</summary>
    private const long FloodBytes = 64 << 20;

    /// <summary>For each server one page of replies, for the client its tail page.</summary>
    private const int PagesBytesMax = 4 * (64 << 10);

    /// <summary>Floods whoever asks for it, and answers everybody else.</summary>
    private static readonly ServerScript FloodsOnDemand = new()
    {
        ReplyPerLine = line => line == "flood" ? new string('f', (int)FloodBytes) : line + "\n",
        Recording = Recording.Hash,
    };

    [Theory]
    [InlineData(RawReply.All)]
    [InlineData(RawReply.Primary)]
    public async Task Its_servers_are_read_no_more_and_others_are_served_as_if_it_was_not_there(RawReply reply)
    {
        using var servers = new Servers(2, FloodsOnDemand);
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings { Reply = reply }, servers.All);
        using var deaf = await TestClient.ConnectAsync(broadcaster.Port, receiveBufferBytes: 4096);
        await deaf.SendAsync("flood\n");
        await Eventually.True(() => broadcaster.Snapshot.RelayedBytes > 100_000, broadcaster.Dump);

        using var other = await broadcaster.ConnectAsync();
        for (int i = 0; i < 2_000; i++)
        {
            await other.SendAsync($"{i}\n");
            for (int answer = 0; answer < (reply == RawReply.All ? 2 : 1); answer++)
                Assert.Equal($"{i}", await other.ReadLineAsync());
        }

        Assert.True(servers[0].Connections[0].SentBytes < FloodBytes, broadcaster.Dump());
        Assert.InRange(broadcaster.Snapshot.Memory.PeakBytes, 1, 2 * PagesBytesMax);
    }

    [Fact]
    public async Task Write_timeout_closes_it_and_what_it_had_sent_is_delivered()
    {
        using var servers = new Servers(2, new ServerScript { FloodBytes = FloodBytes });
        var time = new FakeTimeProvider();
        using var broadcaster = BroadcasterUnderTest.Start(
            new BroadcastSettings { WriteTimeout = TimeSpan.FromSeconds(60), IdleTimeout = TimeSpan.Zero, ReplyTimeout = TimeSpan.Zero, LingerTimeout = TimeSpan.FromDays(1) }, time, servers.All);
        using var deaf = await TestClient.ConnectAsync(broadcaster.Port, receiveBufferBytes: 4096);
        byte[] sent = new Random(11).Bytes(200_000);
        await deaf.SendAsync(sent);
        await Eventually.Equal(sent.Length, () => broadcaster.Snapshot.ReceivedBytes, broadcaster.Dump);
        await Eventually.True(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(61));
                return broadcaster.Snapshot.WriteTimeouts == 1;
            },
            broadcaster.Dump);
        await deaf.DrainToEndAsync();

        // Servers get a reset when they have been silent for a while: by the same clock, which may have stood still since.
        await Eventually.True(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                return broadcaster.Snapshot.Lingering == 0;
            },
            broadcaster.Dump);
        await broadcaster.NobodyLeftAsync();
        Assert.All(servers.All, server => Assert.Equal(sent, server.Received));
        Assert.Single(broadcaster.Log.Of(1203));
        Assert.InRange(broadcaster.Snapshot.Memory.PeakBytes, 1, 200_000 + PagesBytesMax);
    }

    [Fact]
    public async Task One_that_reads_slowly_but_steadily_is_not_closed()
    {
        // So much that the broadcaster has its turns between two steps of the clock.
        const int StepBytes = 1 << 20;
        using var server = ScriptedServer.Start(new ServerScript { Greeting = new byte[24 << 20] });
        var time = new FakeTimeProvider();
        using var broadcaster = BroadcasterUnderTest.Start(
            new BroadcastSettings { WriteTimeout = TimeSpan.FromSeconds(60), IdleTimeout = TimeSpan.Zero }, time, server);
        using var slow = await TestClient.ConnectAsync(broadcaster.Port, receiveBufferBytes: 4096);
        for (int read = 0; read < 24 << 20; read += StepBytes)
        {
            await slow.ReadAsync(StepBytes);
            time.Advance(TimeSpan.FromSeconds(45));
        }

        Assert.Equal(0, broadcaster.Snapshot.WriteTimeouts);
        slow.ShutdownSend();
        Assert.Null(await slow.ReadLineAsync());
        await broadcaster.NobodyLeftAsync();
    }

    [Fact]
    public async Task One_that_resets_with_replies_waiting_leaves_nothing()
    {
        using var servers = new Servers(3, new ServerScript { FloodBytes = FloodBytes });
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings(), servers.All);
        for (int i = 0; i < 10; i++)
        {
            // The servers speak first: some of it may be there before the client has sent anything.
            long before = broadcaster.Snapshot.RelayedBytes;
            using var deaf = await TestClient.ConnectAsync(broadcaster.Port, receiveBufferBytes: 4096);
            await deaf.SendAsync("x");
            await Eventually.True(() => broadcaster.Snapshot.RelayedBytes > before + 100_000, broadcaster.Dump);
            deaf.Reset();
        }

        await broadcaster.NobodyLeftAsync();
        Assert.All(servers.All, server => Assert.Equal(10, server.ReceivedBytes));
    }
}
