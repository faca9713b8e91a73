using System.Diagnostics;
using Dynode.Broadcast.Plane;
using Dynode.Log;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Raw;

/// <summary>
/// Isolation where <c>memory_max</c>, not one client's backlog, is what is full: a server that takes nothing holds clients for at most
/// <c>stall_timeout</c>, however many of them hold a little for it.
/// </summary>
public sealed class MemoryIsolationTests
{
    /// <summary>Little room in the kernel, so that what a server does not read soon shows.</summary>
    private static readonly ServerScript Hashing = new() { Recording = Recording.Hash, ReceiveBufferBytes = 16 << 10 };

    private static readonly BroadcastSettings Tight = new()
    {
        MemoryBytesMax = PagePool.BytesMaxLeast,
        StallTimeout = TimeSpan.FromSeconds(2),
        ReplyTimeout = TimeSpan.Zero,
        IdleTimeout = TimeSpan.Zero,
    };

    /// <summary>What the longest silence of a healthy server is held to: without ejection it has no end, for nothing but ejection ends it here.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData(2, 12, 1, 1)]
    [InlineData(2, 5, 1, 1)]
    [InlineData(2, 100, 1, 1)]
    [InlineData(2, 12, 2, 2)]
    [InlineData(2, 40, 1, 3)]
    [InlineData(4, 60, 2, 1)]
    [InlineData(8, 20, 1, 1)]
    public async Task A_server_that_reads_nothing_holds_the_others_no_longer_than_the_stall_timeout_wherever_memory_is_spent(
        int memoryMegabytes, int clientsCount, int healthyCount, int deafCount)
    {
        int each = 1 << 20;
        using var healthy = new Servers(healthyCount, Hashing);
        using var deaf = new Servers(deafCount, Hashing with { ReadPaused = true });
        var settings = Tight with { MemoryBytesMax = (long)memoryMegabytes << 20 };
        using var broadcaster = BroadcasterUnderTest.Start(settings, [.. healthy.All, .. deaf.All]);
        List<TestClient> clients = [];
        try
        {
            for (int i = 0; i < clientsCount; i++)
                clients.Add(await broadcaster.ConnectAsync());
            var sending = Task.WhenAll(clients.Select(client => client.SendInPiecesAsync(new byte[each], 4000)));
            await ProgressAsync(broadcaster, healthy.All, (long)clientsCount * each);
            await sending;

            // Whoever held memory was ejected, and loses what it had no room for; nobody else lost anything.
            Assert.All(deaf.All, server => Assert.InRange(broadcaster.Of(server).Ejections, 1, long.MaxValue));
            Assert.All(healthy.All, server => Assert.Equal((0, 0, (long)clientsCount * each), (broadcaster.Of(server).Ejections, broadcaster.Of(server).DroppedBytes, server.ReceivedBytes)));
            Assert.InRange(broadcaster.Snapshot.Memory.PeakBytes, 1, settings.MemoryBytesMax);
            Assert.InRange(broadcaster.Snapshot.Memory.SlabBytes, 1, settings.MemoryBytesMax);
            foreach (var server in deaf.All)
                server.ResumeReading();
            clients.ForEach(client => client.ShutdownSend());
            await Task.WhenAll(clients.Select(client => client.DrainToEndAsync()));
            await broadcaster.NobodyLeftAsync();
            foreach (var server in deaf.All)
                AssertSum(broadcaster, server, (long)clientsCount * each);
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
        }
    }

    /// <summary>Those that hold memory send nothing any more; a newcomer waits for it.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Clients_that_have_become_quiet_hold_a_newcomer_no_longer_than_the_stall_timeout(bool theyEnd)
    {
        using var healthy = ScriptedServer.Start(Hashing);
        using var deaf = ScriptedServer.Start(Hashing with { ReadPaused = true });
        using var broadcaster = BroadcasterUnderTest.Start(Tight, healthy, deaf);
        List<TestClient> clients = [];
        long sent = 0;
        try
        {
            // Each until it is held, or its log is.
            while (broadcaster.Snapshot.Memory.BacklogBytes + PagePool.LargePageBytes <= Tight.MemoryBytesMax / 2)
            {
                var client = await broadcaster.ConnectAsync();
                clients.Add(client);
                for (int i = 0; i < 32 && broadcaster.Snapshot.Memory.BacklogBytes + PagePool.LargePageBytes <= Tight.MemoryBytesMax / 2; i++)
                {
                    await client.SendAsync(new byte[16 << 10]);
                    sent += 16 << 10;
                }
            }

            if (theyEnd)
                clients.ForEach(client => client.ShutdownSend());
            var newcomers = new List<TestClient>();
            for (int i = 0; i < 4; i++)
                newcomers.Add(await broadcaster.ConnectAsync());
            clients.AddRange(newcomers);
            await Task.WhenAll(newcomers.Select(client => client.SendAsync(new byte[1 << 20], TimeSpan.FromMinutes(1))));
            sent += 4 << 20;
            await ProgressAsync(broadcaster, [healthy], sent);
            Assert.Equal((0, 0), (broadcaster.Of(healthy).Ejections, broadcaster.Of(healthy).DroppedBytes));
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
        }
    }

    /// <summary>None of them could go on were another ejected, so nobody is, however long memory is spent.</summary>
    [Fact]
    public async Task Where_all_servers_take_nothing_nobody_is_ejected_for_memory_and_all_is_delivered_in_the_end()
    {
        const int Clients = 12;
        const int Each = 1 << 20;
        using var servers = new Servers(2, Hashing with { ReadPaused = true });
        var settings = Tight with { StallTimeout = TimeSpan.FromSeconds(0.3) };
        using var broadcaster = BroadcasterUnderTest.Start(settings, servers.All);
        List<TestClient> clients = [];
        for (int i = 0; i < Clients; i++)
            clients.Add(await broadcaster.ConnectAsync());
        var sending = Task.WhenAll(clients.Select(client => client.SendAsync(new byte[Each], TimeSpan.FromMinutes(1))));

        // The line is said again only after so long a time that all budgets would be spent, many times over.
        await Eventually.True(() => broadcaster.Log.Count(1301) >= 2, broadcaster.Dump);
        Assert.All(servers.All, server => Assert.Equal((0, 0), (broadcaster.Of(server).Ejections, broadcaster.Of(server).DroppedBytes)));

        // From here on one of them may be faster than the other, as the machine has it.
        broadcaster.Door.Apply(settings with { StallTimeout = TimeSpan.FromHours(1) });
        foreach (var server in servers.All)
            server.ResumeReading();
        await sending;
        foreach (var server in servers.All)
            await server.ReceivedBytesAsync(Clients * (long)Each);
        Assert.All(servers.All, server => Assert.Equal(0, broadcaster.Of(server).DroppedBytes));
        clients.ForEach(client => client.Dispose());
    }

    /// <summary>It takes a little all the time: that is its pace, and all others'.</summary>
    [Fact]
    public async Task A_slow_server_that_goes_on_taking_is_not_ejected_for_memory_and_gets_everything()
    {
        const int Clients = 12;
        const int Each = 400_000;
        using var healthy = ScriptedServer.Start(Hashing);
        using var slow = ScriptedServer.Start(Hashing with { ReadPaused = true });
        using var broadcaster = BroadcasterUnderTest.Start(Tight with { StallTimeout = TimeSpan.FromSeconds(5) }, healthy, slow);
        List<TestClient> clients = [];
        for (int i = 0; i < Clients; i++)
            clients.Add(await broadcaster.ConnectAsync());
        var sending = Task.WhenAll(clients.Select(client => client.SendAsync(new byte[Each], TimeSpan.FromMinutes(2))));
        for (int i = 0; !sending.IsCompleted; i++)
        {
            long before = broadcaster.Of(slow).SentBytes;
            slow.ResumeReading();
            await Eventually.True(() => broadcaster.Of(slow).SentBytes > before || sending.IsCompleted, broadcaster.Dump);
            slow.PauseReading();
        }

        slow.ResumeReading();
        await sending;
        await slow.ReceivedBytesAsync(Clients * Each);
        Assert.Equal((0, 0), (broadcaster.Of(slow).Ejections, broadcaster.Of(slow).DroppedBytes));
        clients.ForEach(client => client.Dispose());
    }

    /// <summary>Until all servers have so much: none of them is ever silent for longer than <see cref="Patience"/>.</summary>
    private static async Task ProgressAsync(BroadcasterUnderTest broadcaster, ScriptedServer[] servers, long bytes)
    {
        long longest = 0;
        foreach (var server in servers)
        {
            while (server.ReceivedBytes < bytes)
            {
                long before = server.ReceivedBytes;
                long start = Stopwatch.GetTimestamp();
                await Eventually.True(() => server.ReceivedBytes > before, () => $"{before} of {bytes} bytes\n{broadcaster.Dump()}", Patience);
                longest = Math.Max(longest, Stopwatch.GetTimestamp() - start);
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"the longest silence: {TimeSpan.FromSeconds((double)longest / Stopwatch.Frequency).TotalSeconds:0.00} s");
    }

    /// <summary>What a server got, and what was dropped for it, is what the clients sent.</summary>
    private static void AssertSum(BroadcasterUnderTest broadcaster, ScriptedServer server, long sent)
    {
        var of = broadcaster.Of(server);
        Assert.True(server.ReceivedBytes + of.DroppedBytes - of.RepeatedBytes == sent, $"{server.ReceivedBytes} got, {of.DroppedBytes} dropped, {of.RepeatedBytes} repeated, {sent} sent\n{broadcaster.Dump()}");
    }
}
