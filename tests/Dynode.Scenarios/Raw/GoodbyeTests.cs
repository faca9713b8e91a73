using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;
using Dynode.TestKit;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Dynode.Scenarios.Raw;

/// <summary>What a client sent before it left is delivered; a half-closed client still gets its replies.</summary>
public sealed class GoodbyeTests
{
    private const int RequestsBytes = 2_000_000;

    /// <summary>Room for all that a client sends while its servers are paused.</summary>
    private static readonly BroadcastSettings Roomy = new() { BacklogBytesMax = 8 << 20 };

    [Theory]
    [InlineData(RawReply.All)]
    [InlineData(RawReply.Primary)]
    public async Task A_half_close_is_passed_on_and_replies_still_flow_back(RawReply reply)
    {
        var halfOpen = new ServerScript { AnswerEnd = false };
        using var a = ScriptedServer.Start(halfOpen);
        using var b = ScriptedServer.Start(halfOpen);
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings { Reply = reply }, a, b);
        using var client = await broadcaster.ConnectAsync();

        await client.SendAsync("last words\n");
        client.ShutdownSend();
        foreach (var server in new[] { a, b })
        {
            var connection = await server.ConnectionAsync(0);
            await Eventually.True(() => connection.PeerFinished, broadcaster.Dump);
            Assert.Equal("last words\n", connection.ReceivedText);
        }

        await a.Connections[0].SendAsync("late reply\n");
        if (reply == RawReply.All)
        {
            Assert.Equal("late reply", await client.ReadLineAsync());
            await b.Connections[0].SendAsync("later still\n");
            Assert.Equal("later still", await client.ReadLineAsync());
        }
        else if (await client.ReadLineAsync() is not "late reply")
        {
            Assert.Fail("the primary's reply did not come");
        }

        a.CloseAll();
        b.CloseAll();
        Assert.Equal(("", false), await EndOf(client));
        await broadcaster.NobodyLeftAsync();
    }

    [Theory]
    [InlineData(RawReply.All)]
    [InlineData(RawReply.Primary)]
    [InlineData(RawReply.None)]
    public async Task A_client_that_closes_right_after_its_last_byte_loses_nothing(RawReply reply)
    {
        using var servers = new Servers(3);
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings { Reply = reply }, servers.All);
        byte[] bytes = new Random(7).Bytes(RequestsBytes);
        using (var client = await broadcaster.ConnectAsync())
            await client.SendAsync(bytes);

        await broadcaster.NobodyLeftAsync();
        Assert.All(servers.All, server => Assert.Equal(bytes, server.Received));
    }

    [Theory]
    [InlineData(RawReply.All)]
    [InlineData(RawReply.Primary)]
    [InlineData(RawReply.None)]
    public async Task A_client_that_leaves_its_replies_unread_loses_nothing_that_had_arrived(RawReply reply)
    {
        // A reply for each read: were a connection closed with replies unread, its server's kernel would throw away requests.
        using var servers = new Servers(3, new ServerScript { Echo = true, ReadPaused = true });
        using var broadcaster = BroadcasterUnderTest.Start(Roomy with { Reply = reply }, servers.All);
        byte[] bytes = new Random(8).Bytes(RequestsBytes);
        using (var client = await TestClient.ConnectAsync(broadcaster.Port, receiveBufferBytes: 4096))
        {
            await client.SendAsync(bytes);
            await Eventually.Equal(bytes.LongLength, () => broadcaster.Snapshot.ReceivedBytes, broadcaster.Dump);
            Array.ForEach(servers.All, server => server.ResumeReading());
            if (reply != RawReply.None)
                await Eventually.True(() => broadcaster.Snapshot.RelayedBytes > 0, broadcaster.Dump);
        }

        await broadcaster.NobodyLeftAsync();
        Assert.All(servers.All, server => Assert.Equal(bytes, server.Received));

        // With replies unread its own end was a reset; with none there yet a FIN.
        ConnectionEnd[] ends = reply == RawReply.None ? [ConnectionEnd.PeerFin] : [ConnectionEnd.PeerFin, ConnectionEnd.PeerReset];
        foreach (var server in servers.All)
            await Eventually.True(() => ends.Contains(Assert.Single(server.Connections).End), server.Dump);
    }

    [Theory]
    [InlineData(RawReply.All)]
    [InlineData(RawReply.None)]
    public async Task What_a_client_left_reaches_a_server_that_comes_back(RawReply reply)
    {
        using var up = ScriptedServer.Start();
        using var down = ScriptedServer.Down();
        using var broadcaster = BroadcasterUnderTest.Start(
            new BroadcastSettings { Reply = reply, ReconnectDelayMax = TimeSpan.FromSeconds(0.2) }, up, down);
        using (var client = await broadcaster.ConnectAsync())
            await client.SendAsync("remember me\n");
        await up.ReceivedTextAsync("remember me\n");
        await Eventually.True(() => broadcaster.Snapshot is { Clients: 0, Lingering: 1 }, broadcaster.Dump);

        down.Listen();

        await down.ReceivedTextAsync("remember me\n");
        await broadcaster.NobodyLeftAsync();
        Assert.Equal(0, broadcaster.Of(down).DroppedRequests);
    }

    [Fact]
    public async Task It_is_dropped_and_counted_for_one_that_does_not_come_back_within_linger_timeout()
    {
        using var up = ScriptedServer.Start();
        using var down = ScriptedServer.Down();
        var time = new FakeTimeProvider();
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings { LingerTimeout = TimeSpan.FromSeconds(60) }, time, up, down);
        using (var client = await broadcaster.ConnectAsync())
            await client.SendAsync("too late\n");
        await Eventually.True(() => broadcaster.Snapshot is { Clients: 0, Lingering: 1 } && up.ReceivedBytes == 9, broadcaster.Dump);
        await Eventually.Equal(0, () => broadcaster.Of(up).Connections, broadcaster.Dump);

        time.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal(0, broadcaster.Of(down).DroppedRequests);
        time.Advance(TimeSpan.FromSeconds(1.1));

        await broadcaster.NobodyLeftAsync();
        Assert.Equal(new DropCount(DropReason.Linger, 1, 9), broadcaster.Of(down).Drops.Single(drop => drop.Bytes > 0));
        Assert.Equal(0, broadcaster.Of(up).DroppedRequests);
        Assert.Contains(broadcaster.Log.Of(1103), line => line.Contains(down.Address, StringComparison.Ordinal) && line.Contains("Linger", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Linger_timeout_counts_from_the_last_progress_of_a_server()
    {
        const int StepBytes = 1 << 20;
        using var slow = ScriptedServer.Start(new ServerScript { ReadPaused = true, Recording = Recording.Hash });
        var time = new FakeTimeProvider();
        using var broadcaster = BroadcasterUnderTest.Start(
            new BroadcastSettings { BacklogBytesMax = 64 << 20, LingerTimeout = TimeSpan.FromSeconds(10), Reply = RawReply.None }, time, slow);
        byte[] bytes = new Random(9).Bytes(32 << 20);
        using (var client = await broadcaster.ConnectAsync())
        {
            await client.SendAsync(bytes);
            await Eventually.Equal(bytes.LongLength, () => broadcaster.Snapshot.ReceivedBytes, broadcaster.Dump);
        }

        await Eventually.Equal(1, () => broadcaster.Snapshot.Lingering, broadcaster.Dump);
        var connection = await slow.ConnectionAsync(0);
        while (slow.ReceivedBytes < bytes.Length)
        {
            // The broadcaster sees progress once the kernel has room again, so as much is read as makes it see some.
            long seen = broadcaster.Of(slow).SentBytes;
            long target = Math.Min(bytes.Length, slow.ReceivedBytes + StepBytes);
            connection.ResumeReading();
            await Eventually.True(() => slow.ReceivedBytes >= target && (seen == bytes.Length || broadcaster.Of(slow).SentBytes > seen), broadcaster.Dump);
            connection.PauseReading();

            // A turn that began before the last step may be what was seen: one step late, it is still within the limit at the next.
            time.Advance(TimeSpan.FromSeconds(4));
        }

        connection.ResumeReading();
        await broadcaster.NobodyLeftAsync();
        Assert.Equal(0, broadcaster.Of(slow).DroppedBytes);
        Assert.Equal(bytes.Length, slow.ReceivedBytes);
    }

    [Fact]
    public async Task A_client_that_sends_nothing_and_leaves_leaves_nothing_behind()
    {
        using var up = ScriptedServer.Start();
        using var down = ScriptedServer.Down();
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings(), up, down);
        for (int i = 0; i < 200; i++)
        {
            using var client = await broadcaster.ConnectAsync();
            if (i % 3 == 0)
                client.Reset();
            else if (i % 3 == 1)
                client.ShutdownSend();
        }

        await Eventually.Equal(200, () => broadcaster.Snapshot.Accepted + broadcaster.Snapshot.Refused, broadcaster.Dump);
        await broadcaster.NobodyLeftAsync();
        await Eventually.Equal(0, () => broadcaster.Of(up).Connections, broadcaster.Dump);
        Assert.All(broadcaster.Snapshot.Backends, backend => Assert.Equal(0, backend.DroppedRequests));
        Assert.Equal(0, up.ReceivedBytes);
    }

    [Fact]
    public Task A_client_that_resets_at_any_moment_takes_back_nothing_that_was_received() => Seed.RunAsync(async random =>
    {
        using var servers = new Servers(3, new ServerScript { Recording = Recording.Hash, ReplyPerRead = static _ => "+OK\r\n"u8.ToArray() });
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings(), servers.All);
        for (int i = 0; i < 150; i++)
        {
            using var client = await broadcaster.ConnectAsync();
            if (random.Next(4) > 0)
                await client.SendAsync(random.Bytes(1 << random.Next(18)));
            if (random.Next(3) == 0)
                client.ShutdownSend();
            if (random.Next(3) == 0)
                await Task.Yield();
            client.Reset();
        }

        await Eventually.Equal(150, () => broadcaster.Snapshot.Accepted, broadcaster.Dump);
        await broadcaster.NobodyLeftAsync();
        foreach (var server in servers.All)
        {
            Assert.Equal(0, broadcaster.Of(server).DroppedBytes);
            Assert.Equal(broadcaster.Snapshot.ReceivedBytes, server.ReceivedBytes);
        }
    });

    private static async Task<(string, bool)> EndOf(TestClient client)
    {
        var end = await client.ReadToEndAsync();
        return (end.Text, end.WasReset);
    }
}
