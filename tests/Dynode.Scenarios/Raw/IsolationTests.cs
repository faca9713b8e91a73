using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;
using Dynode.TestKit;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Dynode.Scenarios.Raw;

/// <summary>A dead server delays nobody once its death is seen; a slow one for at most <c>stall_timeout</c> at once and a twentieth of the time.</summary>
public sealed class IsolationTests
{
    private const int Backlog = 256 << 10;

    /// <summary>More than the kernels on the way to a server that reads nothing can take.</summary>
    private const int Flood = 16 << 20;

    private static readonly BroadcastSettings Settings = new()
    {
        ReconnectDelayMax = TimeSpan.FromSeconds(0.1),
        IdleTimeout = TimeSpan.Zero,
        BacklogBytesMax = Backlog,
    };

    private static readonly ServerScript Hashing = new() { Recording = Recording.Hash };

    [Fact]
    public async Task A_server_that_reads_nothing_holds_for_the_stall_timeout_and_is_then_ejected_and_the_others_get_everything()
    {
        var time = new FakeTimeProvider();
        using var up = ScriptedServer.Start(Hashing);
        using var stuck = ScriptedServer.Start(Hashing with { ReadPaused = true });
        using var broadcaster = BroadcasterUnderTest.Start(Settings, time, up, stuck);
        using var client = await broadcaster.ConnectAsync();
        var sending = client.SendAsync(new byte[Flood]);
        await HeldAsync(broadcaster);

        // Held for as long as the clock stands, and for all but a moment of the budget.
        time.Advance(Settings.StallTimeout - TimeSpan.FromMilliseconds(1));
        Assert.False(sending.IsCompleted);
        Assert.Equal(0, broadcaster.Of(stuck).Ejections);
        await EjectedAsync(time, broadcaster, stuck);

        // From here on it holds nobody, and no time need pass.
        await sending;
        await up.ReceivedBytesAsync(Flood);
        string line = Assert.Single(broadcaster.Log.Of(1105));
        Assert.Contains(stuck.Address, line, StringComparison.Ordinal);
        Assert.Contains(client.LocalEndPoint.ToString(), line, StringComparison.Ordinal);
        Assert.Equal(1, stuck.Accepted);
        Assert.True(broadcaster.Drop(stuck, DropReason.Ejected).Bytes > 0, broadcaster.Dump());
    }

    [Fact]
    public async Task An_ejected_server_comes_back_when_its_budget_is_half_full_and_gets_what_comes_then()
    {
        var time = new FakeTimeProvider();
        using var up = ScriptedServer.Start(Hashing);
        using var stuck = ScriptedServer.Start(new ServerScript { ReadPaused = true });
        using var broadcaster = BroadcasterUnderTest.Start(Settings, time, up, stuck);
        using var client = await broadcaster.ConnectAsync();
        var sending = client.SendAsync(new byte[Flood]);
        await HeldAsync(broadcaster);
        await EjectedAsync(time, broadcaster, stuck);
        await sending;
        await up.ReceivedBytesAsync(Flood);

        // It has read what its connection still held, and that ended well.
        stuck.ResumeReading();
        await Eventually.True(() => stuck.Connections[0].End == ConnectionEnd.PeerFin, stuck.Dump);
        await broadcaster.ReadByAsync(client, cursors: 2);
        time.Advance((Settings.StallTimeout / 2 * 20) - TimeSpan.FromSeconds(1));
        await broadcaster.BurstAsync(client, Burst.Of(0, 0), cursors: 2);
        await up.ReceivedBytesAsync(Flood + 100);
        Assert.Equal(1, stuck.Accepted);
        await Eventually.True(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(0.5));
                return stuck.Accepted == 2;
            },
            broadcaster.Dump);
        var back = stuck.Connections[1];
        await Eventually.True(() => back.ReceivedText.EndsWith(Burst.Text(0, 0..1), StringComparison.Ordinal), stuck.Dump);
        await client.SendAsync(Burst.Of(0, 1));
        await Eventually.True(() => back.ReceivedText.EndsWith(Burst.Text(0, 0..2), StringComparison.Ordinal), stuck.Dump);
        AssertSum(broadcaster, stuck, client.SentBytes);
    }

    /// <summary>What it still reads on the old connection is older than what a new one would bring. By the real clock: the budget is half full again soon.</summary>
    [Fact]
    public async Task An_ejected_server_is_not_connected_to_again_while_it_has_the_old_connection_to_read()
    {
        using var up = ScriptedServer.Start(Hashing);
        using var stuck = ScriptedServer.Start(Hashing with { ReadPaused = true });
        using var broadcaster = BroadcasterUnderTest.Start(Settings with { StallTimeout = TimeSpan.FromSeconds(0.05) }, up, stuck);
        using var client = await broadcaster.ConnectAsync();
        for (int i = 1; broadcaster.Of(stuck).Ejections == 0 || i < 20; i++)
        {
            await client.SendAsync(new byte[Flood / 4]);
            await up.ReceivedBytesAsync((long)i * (Flood / 4));
        }

        Assert.Equal((1, 1), (stuck.Accepted, broadcaster.Of(stuck).Ejections));
        stuck.ResumeReading();
        await Eventually.True(() => stuck.Connections[0].End == ConnectionEnd.PeerFin, stuck.Dump);
        await client.SendAsync(Burst.Of(0, 0));
        await Eventually.True(() => stuck.Accepted == 2 && stuck.Connections[1].ReceivedBytes > 0, stuck.Dump);
    }

    /// <summary>The clock stands, so whatever would wait would wait for ever. Others lose what they do not take as fast as it comes.</summary>
    [Fact]
    public async Task With_a_stall_timeout_of_zero_nobody_is_ever_held_and_connections_do_not_pile_up()
    {
        using var up = ScriptedServer.Start(Hashing);
        using var stuck = ScriptedServer.Start(Hashing with { ReadPaused = true });
        using var broadcaster = BroadcasterUnderTest.Start(Settings with { StallTimeout = TimeSpan.Zero }, new FakeTimeProvider(), up, stuck);
        using var client = await broadcaster.ConnectAsync();
        for (int i = 0; i < 5; i++)
        {
            await client.SendAsync(new byte[Flood]);
            Assert.InRange(broadcaster.Of(stuck).Connections, 0, 1);
        }

        Assert.InRange(broadcaster.Of(stuck).Ejections, 1, long.MaxValue);
        stuck.ResumeReading();
        client.ShutdownSend();
        await client.ReadToEndAsync();
        await broadcaster.NobodyLeftAsync();
        foreach (var server in new[] { up, stuck })
            AssertSum(broadcaster, server, client.SentBytes);
    }

    /// <summary>It takes something after each moment of the clock, and those are longer together than its budget.</summary>
    [Fact]
    public async Task A_slow_server_that_goes_on_taking_is_not_ejected_and_gets_everything()
    {
        var time = new FakeTimeProvider();
        using var up = ScriptedServer.Start(Hashing);
        using var slow = ScriptedServer.Start(Hashing with { ReadPaused = true });
        using var broadcaster = BroadcasterUnderTest.Start(Settings with { StallTimeout = TimeSpan.FromSeconds(0.2) }, time, up, slow);
        using var client = await broadcaster.ConnectAsync();
        byte[] bytes = new Random(1).Bytes(2 * Flood);
        var sending = client.SendAsync(bytes);
        await HeldAsync(broadcaster);
        int steps = 0;
        for (; !sending.IsCompleted; steps++)
        {
            long before = broadcaster.Of(slow).SentBytes;
            time.Advance(TimeSpan.FromSeconds(0.04));
            slow.ResumeReading();
            await Eventually.True(() => broadcaster.Of(slow).SentBytes > before || sending.IsCompleted, broadcaster.Dump);
            slow.PauseReading();
        }

        slow.ResumeReading();
        await slow.ReceivedBytesAsync(2 * Flood);
        await up.ReceivedBytesAsync(2 * Flood);
        Assert.InRange(steps, 6, int.MaxValue);
        Assert.Equal((0, 0), (broadcaster.Of(slow).Ejections, broadcaster.Of(slow).DroppedBytes));
        Assert.Equal(up.Sha256, slow.Sha256);
    }

    /// <summary>Kernels differ in what they take for a server that reads nothing; that one has more room than another means nothing then.</summary>
    [Theory]
    [InlineData(1)]
    public async Task Where_nobody_else_could_go_on_nobody_is_ejected_and_the_client_is_held(int count)
    {
        var time = new FakeTimeProvider();
        var servers = Enumerable.Range(0, count).Select(i => ScriptedServer.Start(Hashing with { ReadPaused = true, ReceiveBufferBytes = i * 50_000 })).ToArray();
        try
        {
            using var broadcaster = BroadcasterUnderTest.Start(Settings with { ReplyTimeout = TimeSpan.Zero }, time, servers);
            using var client = await broadcaster.ConnectAsync();
            var sending = client.SendAsync(new byte[Flood / 8]);
            await HeldAsync(broadcaster);
            for (int i = 0; i < 30; i++)
                time.Advance(TimeSpan.FromSeconds(10));

            foreach (var server in servers)
                server.ResumeReading();
            await sending;
            foreach (var server in servers)
            {
                await server.ReceivedBytesAsync(Flood / 8);
                Assert.Equal((0, 0), (broadcaster.Of(server).Ejections, broadcaster.Of(server).DroppedBytes));
            }
        }
        finally
        {
            Array.ForEach(servers, server => server.Dispose());
        }
    }

    [Fact]
    public async Task A_server_that_refuses_delays_nobody()
    {
        using var up = ScriptedServer.Start(Hashing with { Echo = true });
        using var down = ScriptedServer.Down();
        using var broadcaster = BroadcasterUnderTest.Start(Settings, new FakeTimeProvider(), down, up);
        using var client = await broadcaster.ConnectAsync();
        for (int i = 0; i < 200; i++)
        {
            await client.SendAsync(Burst.Of(0, i, 10_000));
            await client.ReadAsync(10_000);
        }

        Assert.Equal(0, broadcaster.Of(up).DroppedBytes);
        AssertSum(broadcaster, down, client.SentBytes, owed: Backlog);
    }

    /// <summary>Until the connect has timed out nobody knows that it is dead; then it delays nobody, however often it is tried.</summary>
    [Fact]
    public async Task A_server_whose_connects_hang_delays_nobody_once_that_is_known()
    {
        var time = new FakeTimeProvider();
        using var up = ScriptedServer.Start(Hashing);
        using var hangs = ScriptedServer.Start(new ServerScript { AcceptPaused = true, ListenBacklog = 1 });
        hangs.FillBacklog();
        using var broadcaster = BroadcasterUnderTest.Start(Settings, time, up, hangs);
        using var client = await broadcaster.ConnectAsync();
        await client.SendAsync(Burst.Of(0, 0));
        await up.ReceivedBytesAsync(100);
        time.Advance(Settings.ConnectTimeout + TimeSpan.FromMilliseconds(10));
        await Eventually.Equal(1, () => broadcaster.Log.Count(1102), broadcaster.Dump);
        Assert.Contains("no answer to connect", Assert.Single(broadcaster.Log.Of(1102)), StringComparison.Ordinal);

        await client.SendAsync(new byte[Flood]);
        await up.ReceivedBytesAsync(Flood + 100);
        using var next = await broadcaster.ConnectAsync();
        await next.SendAsync(new byte[Flood]);
        await up.ReceivedBytesAsync((2 * Flood) + 100);
        Assert.Equal(0, broadcaster.Of(hangs).Ejections);
    }

    /// <summary>Before it is known the hold budget bounds the delay, as for any server that takes nothing.</summary>
    [Fact]
    public async Task A_server_whose_first_connect_hangs_holds_for_no_longer_than_the_stall_timeout()
    {
        var time = new FakeTimeProvider();
        using var up = ScriptedServer.Start(Hashing);
        using var hangs = ScriptedServer.Start(new ServerScript { AcceptPaused = true, ListenBacklog = 1 });
        hangs.FillBacklog();
        using var broadcaster = BroadcasterUnderTest.Start(Settings with { ConnectTimeout = TimeSpan.FromHours(1) }, time, up, hangs);
        using var client = await broadcaster.ConnectAsync();
        var sending = client.SendAsync(new byte[Flood]);
        await HeldAsync(broadcaster);
        Assert.False(sending.IsCompleted);
        await EjectedAsync(time, broadcaster, hangs);
        await sending;
        await up.ReceivedBytesAsync(Flood);
    }

    /// <summary>The log is full: whoever is farthest behind is so by its whole bound.</summary>
    private static Task HeldAsync(BroadcasterUnderTest broadcaster) => Eventually.Equal(
        Backlog,
        () => broadcaster.Snapshot.ReceivedBytes - broadcaster.Snapshot.Backends.Min(backend => backend.SentBytes),
        broadcaster.Dump);

    /// <summary>Moves the clock until it is ejected: when its session found the log full, and its time began, nobody else can know.</summary>
    private static Task EjectedAsync(FakeTimeProvider time, BroadcasterUnderTest broadcaster, ScriptedServer server) => Eventually.True(
        () =>
        {
            time.Advance(TimeSpan.FromSeconds(0.1));
            return broadcaster.Of(server).Ejections == 1;
        },
        broadcaster.Dump);

    /// <summary>What a server got, and what was dropped for it, is what the client sent.</summary>
    private static void AssertSum(BroadcasterUnderTest broadcaster, ScriptedServer server, long sent, long owed = 0)
    {
        var of = broadcaster.Of(server);
        Assert.InRange(server.ReceivedBytes + of.DroppedBytes - of.RepeatedBytes, sent - owed, sent);
    }
}
