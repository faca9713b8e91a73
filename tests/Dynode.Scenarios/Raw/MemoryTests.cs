using Dynode.Broadcast;
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
}
