using Dynode.Broadcast.Plane;
using Dynode.Log;
using Dynode.TestKit;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Dynode.Scenarios.Raw;

/// <summary>All pages come from one pool of at most <c>memory_max</c>, and a pool that is too small for all at once still serves everybody in turn.</summary>
public sealed class MemoryTests
{
    private static readonly BroadcastSettings Tight = new() { MemoryBytesMax = PagePool.BytesMaxLeast };

    [Theory]
    [InlineData(100, RawReply.All)]
    [InlineData(1000, RawReply.All)]
    [InlineData(1000, RawReply.Primary)]
    [InlineData(50_000, RawReply.All)]
    public async Task Clients_that_had_their_replies_and_are_quiet_keep_no_page_from_others(int replyBytes, RawReply reply)
    {
        const int Clients = 60;
        using var servers = new Servers(3, new ServerScript { ReplyPerLine = _ => new string('r', replyBytes) });
        using var broadcaster = BroadcasterUnderTest.Start(Tight with { Reply = reply }, servers.All);
        List<TestClient> clients = [];
        int answers = reply == RawReply.All ? 3 : 1;
        for (int i = 0; i < Clients; i++)
        {
            clients.Add(await broadcaster.ConnectAsync());
            for (int round = 0; round < 3; round++)
            {
                await clients[i].SendAsync("?\n");
                await clients[i].ReadAsync(answers * replyBytes);
            }
        }

        clients.ForEach(client => client.Dispose());
        await broadcaster.NobodyLeftAsync();
        Assert.InRange(broadcaster.Snapshot.Memory.PeakBytes, 1, Tight.MemoryBytesMax);
    }

    [Fact]
    public async Task More_quiet_clients_than_pages_are_all_served()
    {
        const int Clients = 500;
        using var servers = new Servers(3, new ServerScript { Echo = true, Recording = Recording.Hash });
        using var broadcaster = BroadcasterUnderTest.Start(Tight, servers.All);
        List<TestClient> clients = [];
        for (int i = 0; i < Clients; i++)
        {
            clients.Add(await broadcaster.ConnectAsync());
            await clients[i].SendAsync("?");
            await clients[i].ReadAsync(3);
        }

        clients.ForEach(client => client.Dispose());
        await broadcaster.NobodyLeftAsync();
    }

    [Theory]
    [InlineData(RawReply.All)]
    [InlineData(RawReply.None)]
    public async Task Many_busy_clients_share_too_little_memory_and_all_is_delivered(RawReply reply)
    {
        const int Clients = 60;
        byte[] bytes = new Random(14).Bytes(400_000);
        using var servers = new Servers(3, new ServerScript { Echo = true, Recording = Recording.Hash });
        using var broadcaster = BroadcasterUnderTest.Start(Tight with { Reply = reply }, servers.All);
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(async _ =>
        {
            using var client = await broadcaster.ConnectAsync();
            var draining = client.DrainToEndAsync(TimeSpan.FromMinutes(2));
            await client.SendAsync(bytes, TimeSpan.FromMinutes(2));
            client.ShutdownSend();
            Assert.Equal(reply == RawReply.All ? 3 * bytes.Length : 0, await draining);
        }));
        await broadcaster.NobodyLeftAsync();
        Assert.All(servers.All, server => Assert.Equal(Clients * (long)bytes.Length, server.ReceivedBytes));
        Assert.InRange(broadcaster.Snapshot.Memory.PeakBytes, 1, Tight.MemoryBytesMax);
        Assert.All(broadcaster.Snapshot.Backends, backend => Assert.Equal(0, backend.DroppedBytes));
    }

    [Fact]
    public async Task Clients_that_never_read_hold_their_share_and_no_more()
    {
        const int Deaf = 40;
        using var servers = new Servers(2, new ServerScript { ReplyPerLine = line => line == "flood" ? new string('f', 16 << 20) : line + "\n" });
        using var broadcaster = BroadcasterUnderTest.Start(Tight with { WriteTimeout = TimeSpan.FromSeconds(2) }, servers.All);
        List<TestClient> deaf = [];
        for (int i = 0; i < Deaf; i++)
        {
            deaf.Add(await TestClient.ConnectAsync(broadcaster.Port, receiveBufferBytes: 4096));
            await deaf[i].SendAsync("flood\n");
        }

        // They take the pages for replies from each other and from this one, until the write timeout has closed them.
        using var hearing = await broadcaster.ConnectAsync();
        for (int i = 0; i < 100; i++)
        {
            await hearing.SendAsync($"{i}\n");
            Assert.Equal($"{i}", await hearing.ReadLineAsync(TimeSpan.FromMinutes(1)));
            Assert.Equal($"{i}", await hearing.ReadLineAsync(TimeSpan.FromMinutes(1)));
        }

        deaf.ForEach(client => client.Dispose());
        hearing.Dispose();
        await broadcaster.NobodyLeftAsync();
        Assert.InRange(broadcaster.Snapshot.Memory.PeakBytes, 1, Tight.MemoryBytesMax);
    }

    [Fact]
    public async Task Everybody_who_waited_goes_on_once_memory_is_free()
    {
        const int Waiting = 60;
        using var server = ScriptedServer.Start(new ServerScript { Echo = true, ReadPaused = true, Recording = Recording.Hash });
        using var broadcaster = BroadcasterUnderTest.Start(Tight with { BacklogBytesMax = 8 << 20 }, server);
        using var hog = await broadcaster.ConnectAsync();
        var sending = hog.SendAsync(new byte[6 << 20]);
        var hogging = await server.ConnectionAsync(0);
        server.Script = server.Script with { ReadPaused = false };
        await Eventually.True(() => broadcaster.Snapshot.Memory.BacklogBytes + PagePool.SmallPageBytes > Tight.MemoryBytesMax / 2, broadcaster.Dump);
        List<TestClient> clients = [];
        for (int i = 0; i < Waiting; i++)
        {
            clients.Add(await broadcaster.ConnectAsync());
            await clients[i].SendAsync("?");
        }

        // One of those who wait leaves, and must not take the word for the others with it.
        await Eventually.Equal(Waiting + 1, () => broadcaster.Snapshot.Accepted, broadcaster.Dump);
        clients[0].Reset();
        hogging.ResumeReading();
        foreach (var client in clients.Skip(1))
            Assert.Equal("?", await client.ReadTextAsync(1));
        await hog.ReadAsync(6 << 20);
        await sending;
        clients.ForEach(client => client.Dispose());
    }

    [Fact]
    public async Task What_a_client_that_waited_without_a_page_sends_next_begins_a_burst()
    {
        // More than half of what backlogs may have makes memory tight, and all of it would make everybody wait.
        var settings = Tight with { BacklogBytesMax = Tight.MemoryBytesMax * 3 / 8, StallTimeout = TimeSpan.FromHours(1), ReconnectDelayMax = TimeSpan.FromSeconds(0.1) };
        using var server = ScriptedServer.Start(new ServerScript { ReadPaused = true });
        using var broadcaster = BroadcasterUnderTest.Start(settings, server);
        using var hog = await broadcaster.ConnectAsync();
        var sending = hog.SendAsync(new byte[16 << 20]);
        await server.ConnectionAsync(0);
        server.Script = server.Script with { ReadPaused = false };
        await Eventually.True(() => broadcaster.Snapshot.Memory.BacklogBytes > Tight.MemoryBytesMax / 4, broadcaster.Dump);

        using var client = await broadcaster.ConnectAsync();
        var first = await server.ConnectionAsync(1);
        await client.SendAsync("one ");
        await Eventually.Equal("one ", () => first.ReceivedText, server.Dump);
        await client.SendAsync("two ");
        await Eventually.Equal("one two ", () => first.ReceivedText, server.Dump);
        await Eventually.True(() => !broadcaster.Door.DescribeOutstandingPages().Any(page => page.Contains($"Backlog page of {PagePool.SmallPageBytes} bytes", StringComparison.Ordinal)), broadcaster.Dump);
        first.Reset();
        await Eventually.Equal(1, () => broadcaster.Of(server).ConnectionsLost, broadcaster.Dump);
        await client.SendAsync("three ");

        var second = await server.ConnectionAsync(2);
        await Eventually.Equal("three ", () => second.ReceivedText, () => broadcaster.Dump() + server.Dump());
        Assert.Equal(0, broadcaster.Of(server).DroppedBytes);
        hog.Reset();
        await Assert.ThrowsAnyAsync<Exception>(() => sending);
    }

    [Fact]
    public async Task Replies_that_nobody_reads_cost_no_server_its_backlog()
    {
        const int Deaf = 12;
        using var up = ScriptedServer.Start(new ServerScript { ReplyPerLine = line => line == "flood" ? new string('f', 16 << 20) : null });
        using var down = ScriptedServer.Down();
        var time = new FakeTimeProvider();
        using var broadcaster = BroadcasterUnderTest.Start(Tight, time, up, down);
        using (var gone = await broadcaster.ConnectAsync())
            await gone.SendAsync("for later\n");
        using var present = await broadcaster.ConnectAsync();
        await present.SendAsync("this too\n");
        await up.ReceivedBytesAsync(19);
        List<TestClient> deaf = [];
        for (int i = 0; i < Deaf; i++)
        {
            deaf.Add(await TestClient.ConnectAsync(broadcaster.Port, receiveBufferBytes: 4096));
            await deaf[i].SendAsync("flood\n");
        }

        await Eventually.True(() => broadcaster.Snapshot.Memory.ReplyBytes + PagePool.LargePageBytes > Tight.MemoryBytesMax / 4, broadcaster.Dump);

        // Memory is looked for again and again while somebody waits for it.
        for (int i = 0; i < 20; i++)
            time.Advance(TimeSpan.FromSeconds(0.1));
        down.Listen();
        await Eventually.True(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                return down.ReceivedBytes == 19 + (Deaf * 6);
            },
            broadcaster.Dump);
        Assert.Equal(0, broadcaster.Of(down).DroppedBytes);
        Assert.Equal(0, broadcaster.Snapshot.Evicted);
        deaf.ForEach(client => client.Dispose());
    }
}
