using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;
using Dynode.Log;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Raw;

/// <summary>What waits for servers has two bounds: <c>backlog_bytes</c> for one client, <c>memory_max</c> for all together.</summary>
public sealed class BoundedMemoryTests
{
    private static readonly BroadcastSettings Settings = new() { ReconnectDelayMax = TimeSpan.FromSeconds(0.1) };

    /// <summary>Ten bursts of 1,000 bytes; the bound lies around their sum.</summary>
    [Theory]
    [InlineData(10_001, 0)]
    [InlineData(10_000, 0)]
    [InlineData(9_999, 1)]
    [InlineData(9_000, 1)]
    [InlineData(8_999, 2)]
    [InlineData(1_000, 9)]
    public async Task A_server_that_is_down_loses_exactly_what_overflows_the_oldest_first(int backlogBytesMax, int dropped)
    {
        using var up = ScriptedServer.Start();
        using var down = ScriptedServer.Down();
        using var broadcaster = BroadcasterUnderTest.Start(Settings with { BacklogBytesMax = backlogBytesMax }, up, down);
        using var client = await broadcaster.ConnectAsync();
        await Eventually.True(() => broadcaster.Of(down).State == BackendState.Down, broadcaster.Dump);

        for (int i = 0; i < 10; i++)
            await broadcaster.BurstAsync(client, Burst.Of(0, i, 1000), cursors: 2);
        await up.ReceivedTextAsync(Burst.Text(0, 0..10, 1000));
        Assert.Equal(new DropCount(DropReason.Backlog, dropped, dropped * 1000), broadcaster.Drop(down, DropReason.Backlog));
        down.Listen();

        await down.ReceivedTextAsync(Burst.Text(0, dropped..10, 1000));
        Assert.Equal(dropped * 1000, broadcaster.Of(down).DroppedBytes);
        Assert.Equal(0, broadcaster.Of(up).DroppedBytes);
        Assert.Equal(dropped > 0, broadcaster.Log.Of(1103).Any(line => line.Contains("Backlog", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_burst_larger_than_the_bound_is_lost_to_a_server_that_is_down_and_the_next_is_not()
    {
        using var up = ScriptedServer.Start();
        using var down = ScriptedServer.Down();
        using var broadcaster = BroadcasterUnderTest.Start(Settings with { BacklogBytesMax = 10_000 }, up, down);
        using var client = await broadcaster.ConnectAsync();
        await Eventually.True(() => broadcaster.Of(down).State == BackendState.Down, broadcaster.Dump);

        await broadcaster.BurstAsync(client, Burst.Of(0, 0, 50_000), cursors: 2);
        await broadcaster.BurstAsync(client, Burst.Of(0, 1, 1000), cursors: 2);
        await up.ReceivedBytesAsync(51_000);
        down.Listen();

        await down.ReceivedTextAsync(Burst.Text(0, 1..2, 1000));
        Assert.Equal(50_000, broadcaster.Of(down).DroppedBytes);
    }

    [Fact]
    public async Task What_is_held_for_servers_that_are_down_never_exceeds_the_bound_by_more_than_the_page_that_is_read_into()
    {
        const int backlog = 256 << 10;
        using var up = ScriptedServer.Start(new ServerScript { Recording = Recording.Hash });
        using var down = ScriptedServer.Down();
        using var broadcaster = BroadcasterUnderTest.Start(Settings with { BacklogBytesMax = backlog }, up, down);
        using var client = await broadcaster.ConnectAsync();

        await client.SendAsync(new byte[20 << 20]);
        await up.ReceivedBytesAsync(20 << 20);

        // What the pages have that is not full, at either end, and the one that is read into.
        Assert.InRange(broadcaster.Snapshot.Memory.PeakBytes, 0, (2 * backlog) + (3 * PagePool.LargePageBytes));
    }

    /// <summary>Sixteen large pages are all that this budget has for logs, and two hundred clients are few for it as long as they are quiet.</summary>
    [Theory]
    [InlineData(1000)]
    [InlineData(1024)]
    [InlineData(4000)]
    public async Task Clients_that_have_become_quiet_leave_memory_for_those_that_come(int burstBytes)
    {
        using var server = ScriptedServer.Start(new ServerScript { Echo = true });
        using var broadcaster = BroadcasterUnderTest.Start(Settings with { MemoryBytesMax = PagePool.BytesMaxLeast }, server);
        List<TestClient> clients = [];
        try
        {
            for (int i = 0; i < 200; i++)
            {
                clients.Add(await broadcaster.ConnectAsync());
                for (int burst = 0; burst < 3; burst++)
                {
                    await clients[i].SendAsync(Burst.Of(0, burst, burstBytes));
                    await clients[i].ReadAsync(burstBytes);
                }

                Assert.InRange(broadcaster.Snapshot.Memory.SlabBytes, 0, PagePool.BytesMaxLeast);
            }
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
        }
    }

    [Fact]
    public async Task When_memory_is_spent_clients_wait_and_nothing_beyond_the_budget_is_taken_and_it_recovers()
    {
        const int clientsCount = 40;
        const int each = 1 << 20;
        using var server = ScriptedServer.Start(new ServerScript { Recording = Recording.Hash });
        server.PauseReading();
        using var broadcaster = BroadcasterUnderTest.Start(
            Settings with { MemoryBytesMax = PagePool.BytesMaxLeast, StallTimeout = TimeSpan.Zero, BacklogBytesMax = each }, server);
        List<TestClient> clients = [];
        try
        {
            for (int i = 0; i < clientsCount; i++)
                clients.Add(await broadcaster.ConnectAsync());
            await Eventually.Equal(clientsCount, () => server.Accepted, broadcaster.Dump);
            Task[] sends = [.. clients.Select(client => client.SendAsync(new byte[each]))];
            await Eventually.True(() => broadcaster.Log.Count(1301) > 0, broadcaster.Dump);
            Assert.InRange(broadcaster.Snapshot.Memory.BacklogBytes, 1, PagePool.BytesMaxLeast / 2);
            server.ResumeReading();

            await Task.WhenAll(sends);
            await server.ReceivedBytesAsync(clientsCount * each);
            Assert.Equal(0, broadcaster.Of(server).DroppedBytes);
            Assert.InRange(broadcaster.Snapshot.Memory.PeakBytes, 1, PagePool.BytesMaxLeast);
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
        }
    }

    [Fact]
    public async Task When_memory_is_spent_the_oldest_lingering_session_goes_first_and_is_counted()
    {
        const int each = 200_000;
        using var up = ScriptedServer.Start(new ServerScript { Recording = Recording.Hash });
        using var down = ScriptedServer.Down();
        using var broadcaster = BroadcasterUnderTest.Start(Settings with { MemoryBytesMax = PagePool.BytesMaxLeast }, up, down);
        await LeaveAsync(broadcaster, up, Burst.Of(0, 0, each));
        int sessions = 1;
        for (; broadcaster.Snapshot.Evicted == 0; sessions++)
        {
            Assert.True(sessions < 50, broadcaster.Dump());
            await LeaveAsync(broadcaster, up, Burst.Of(1, sessions, each));
        }

        // The first one went, whole; the last one is there.
        await Eventually.True(() => broadcaster.Drop(down, DropReason.Evicted).Bytes >= each, broadcaster.Dump);
        down.Listen();
        await broadcaster.NobodyLeftAsync();
        Assert.DoesNotContain("c0#", down.ReceivedText, StringComparison.Ordinal);
        string last = Burst.Text(1, (sessions - 1)..sessions, each);
        Assert.True(down.Connections.Any(connection => connection.ReceivedText == last), broadcaster.Dump());
        Assert.Equal((long)sessions * each, down.ReceivedBytes + broadcaster.Of(down).DroppedBytes);
        Assert.True(broadcaster.Log.Count(1205) > 0, broadcaster.Dump());
    }

    [Fact]
    public async Task When_memory_is_spent_and_nobody_lingers_servers_that_are_down_lose_their_oldest()
    {
        const int each = 1 << 20;
        using var up = ScriptedServer.Start(new ServerScript { Recording = Recording.Hash });
        using var down = ScriptedServer.Down();
        using var broadcaster = BroadcasterUnderTest.Start(
            Settings with { MemoryBytesMax = PagePool.BytesMaxLeast, BacklogBytesMax = each }, up, down);
        using var a = await broadcaster.ConnectAsync();
        using var b = await broadcaster.ConnectAsync();
        for (int i = 0; i < 10; i++)
        {
            await Task.WhenAll(a.SendAsync(Burst.Of(0, i, each / 4)), b.SendAsync(Burst.Of(1, i, each / 4)));
            await up.ReceivedBytesAsync((i + 1) * (each / 2));
        }

        Assert.InRange(broadcaster.Snapshot.Memory.PeakBytes, 1, PagePool.BytesMaxLeast);
        Assert.True(broadcaster.Drop(down, DropReason.Memory).Bytes > 0, broadcaster.Dump());
        down.Listen();
        a.ShutdownSend();
        b.ShutdownSend();
        await a.ReadToEndAsync();
        await b.ReadToEndAsync();
        await broadcaster.NobodyLeftAsync();
        Assert.Equal(5 * each, down.ReceivedBytes + broadcaster.Of(down).DroppedBytes);
    }

    /// <summary>A client that sends one burst and leaves.</summary>
    private static async Task LeaveAsync(BroadcasterUnderTest broadcaster, ScriptedServer up, byte[] bytes)
    {
        long before = up.ReceivedBytes;
        using var client = await broadcaster.ConnectAsync();
        await client.SendAsync(bytes);
        client.ShutdownSend();
        await client.ReadToEndAsync();
        await up.ReceivedBytesAsync(before + bytes.Length);
    }
}
