using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Raw;

/// <summary>A set of servers is applied whole to sessions that run: added ones join, removed ones retire.</summary>
public sealed class MembershipTests
{
    private static readonly BroadcastSettings Settings = new() { ReconnectDelayMax = TimeSpan.FromSeconds(0.1) };

    [Fact]
    public async Task An_added_server_joins_running_sessions_at_their_next_burst()
    {
        using var a = ScriptedServer.Start();
        using var b = ScriptedServer.Start();
        using var broadcaster = BroadcasterUnderTest.Start(Settings, a);
        using var client = await broadcaster.ConnectAsync();
        await broadcaster.BurstAsync(client, Burst.Of(0, 0), cursors: 1);
        await a.ReceivedTextAsync(Burst.Text(0, 0..1));

        broadcaster.Apply(a, b);
        await b.ConnectionAsync(0);
        await client.SendAsync(Burst.Of(0, 1));
        await a.ReceivedTextAsync(Burst.Text(0, 0..2));
        await b.ReceivedTextAsync(Burst.Text(0, 1..2));
        Assert.Equal(0, broadcaster.Of(b).DroppedBytes);
    }

    [Fact]
    public async Task By_session_an_added_server_joins_with_the_next_session_and_what_it_misses_is_counted()
    {
        using var a = ScriptedServer.Start();
        using var b = ScriptedServer.Start();
        using var broadcaster = BroadcasterUnderTest.Start(Settings with { Resume = RawResume.Session }, a);
        using var running = await broadcaster.ConnectAsync();
        using var silent = await broadcaster.ConnectAsync();
        await running.SendAsync(Burst.Of(0, 0));
        await a.ReceivedTextAsync(Burst.Text(0, 0..1));

        broadcaster.Apply(a, b);
        await running.SendAsync(Burst.Of(0, 1));
        await a.ReceivedTextAsync(Burst.Text(0, 0..2));
        using var next = await broadcaster.ConnectAsync();
        await next.SendAsync(Burst.Of(1, 0));
        await b.ReceivedTextAsync(Burst.Text(1, 0..1));

        // A session in which nothing was said yet has nothing that it missed.
        await silent.SendAsync(Burst.Of(2, 0));
        await b.ReceivedTextAsync(Burst.Text(1, 0..1) + Burst.Text(2, 0..1));
        Assert.Equal(new DropCount(DropReason.Session, 1, 100), broadcaster.Drop(b, DropReason.Session));
    }

    [Fact]
    public async Task A_removed_server_gets_what_the_log_held_and_then_our_end()
    {
        using var a = ScriptedServer.Start();
        using var b = ScriptedServer.Start();
        using var broadcaster = BroadcasterUnderTest.Start(Settings with { BacklogBytesMax = 4 << 20 }, a, b);
        using var client = await broadcaster.ConnectAsync();
        b.PauseReading();
        for (int i = 0; i < 30; i++)
            await broadcaster.BurstAsync(client, Burst.Of(0, i, 40_000), cursors: 2);
        await a.ReceivedBytesAsync(30 * 40_000);
        Assert.True(broadcaster.Of(b).SentBytes < 30 * 40_000, broadcaster.Dump());

        broadcaster.Apply(a);
        await client.SendAsync(Burst.Of(0, 30));
        await a.ReceivedBytesAsync((30 * 40_000) + 100);
        b.ResumeReading();

        await Eventually.True(() => b.Connections[0].End == ConnectionEnd.PeerFin, b.Dump);
        Assert.Equal(Burst.Text(0, 0..30, 40_000), b.ReceivedText);
        Assert.Equal(0, broadcaster.Of(b).DroppedBytes);
        Assert.Equal(1, broadcaster.Log.Count(1107));
    }

    [Fact]
    public async Task A_removed_server_that_does_not_end_its_connection_holds_nobody()
    {
        using var a = ScriptedServer.Start(new ServerScript { Recording = Recording.Hash });
        using var b = ScriptedServer.Start(new ServerScript { AnswerEnd = false });
        using var broadcaster = BroadcasterUnderTest.Start(Settings with { StallTimeout = TimeSpan.FromMinutes(10) }, a, b);
        using var client = await broadcaster.ConnectAsync();
        await client.SendAsync(Burst.Of(0, 0));
        await b.ReceivedTextAsync(Burst.Text(0, 0..1));

        broadcaster.Apply(a);
        await Eventually.True(() => b.Connections[0].PeerFinished, b.Dump);
        await client.SendAsync(new byte[8 << 20]);
        await a.ReceivedBytesAsync((8 << 20) + 100);
        Assert.Equal((0, 0), (broadcaster.Of(b).DroppedBytes, broadcaster.Of(b).Ejections));
        b.CloseAll();
    }

    /// <summary>What came after its removal was never for it, and is no drop.</summary>
    [Fact]
    public async Task A_removed_server_that_is_down_and_stays_down_is_charged_with_what_it_was_owed_and_no_more()
    {
        using var a = ScriptedServer.Start();
        using var b = ScriptedServer.Down();
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        using var broadcaster = BroadcasterUnderTest.Start(Settings with { IdleTimeout = TimeSpan.Zero }, time, a, b);
        using var client = await broadcaster.ConnectAsync();
        for (int i = 0; i < 3; i++)
            await broadcaster.BurstAsync(client, Burst.Of(0, i), cursors: 2);

        broadcaster.Apply(a);
        for (int i = 3; i < 10; i++)
            await broadcaster.BurstAsync(client, Burst.Of(0, i), cursors: 2);
        time.Advance(Settings.LingerTimeout + TimeSpan.FromSeconds(1));

        await Eventually.Equal(new DropCount(DropReason.Retired, 3, 300), () => broadcaster.Drop(b, DropReason.Retired), broadcaster.Dump);
        Assert.Equal(300, broadcaster.Of(b).DroppedBytes);
    }

    [Fact]
    public async Task A_server_that_is_removed_and_added_again_meanwhile_is_the_same_one_and_loses_nothing()
    {
        using var a = ScriptedServer.Start();
        using var b = ScriptedServer.Down();
        using var broadcaster = BroadcasterUnderTest.Start(Settings, a, b);
        using var client = await broadcaster.ConnectAsync();
        await broadcaster.BurstAsync(client, Burst.Of(0, 0), cursors: 2);
        broadcaster.Apply(a);
        await broadcaster.BurstAsync(client, Burst.Of(0, 1), cursors: 2);
        broadcaster.Apply(a, b);
        await broadcaster.BurstAsync(client, Burst.Of(0, 2), cursors: 2);
        long failures = broadcaster.Of(b).ConnectFailures;
        b.Listen();

        await b.ReceivedTextAsync(Burst.Text(0, 0..3));
        Assert.Equal(0, broadcaster.Of(b).DroppedBytes);
        Assert.InRange(broadcaster.Of(b).ConnectFailures, failures, long.MaxValue);
    }

    /// <summary>Its connection had our end already, and a new one follows it.</summary>
    [Fact]
    public async Task A_server_that_is_removed_and_added_again_when_it_has_everything_goes_on_with_the_next_burst()
    {
        using var a = ScriptedServer.Start();
        using var b = ScriptedServer.Start();
        using var broadcaster = BroadcasterUnderTest.Start(Settings, a, b);
        using var client = await broadcaster.ConnectAsync();
        for (int i = 0; i < 20; i++)
        {
            await broadcaster.BurstAsync(client, Burst.Of(0, i), cursors: 2);
            await b.ReceivedTextAsync(Burst.Text(0, 0..(i + 1)));
            int seen = b.Accepted - 1;
            broadcaster.Apply(a);
            if (i % 2 == 0)
                await Eventually.True(() => b.Connections[seen].PeerFinished, b.Dump);
            broadcaster.Apply(a, b);
            await broadcaster.ReadByAsync(client, cursors: 2);
        }

        Assert.Equal(0, broadcaster.Of(b).DroppedBytes);
    }

    [Fact]
    public async Task The_order_of_the_list_is_that_of_the_set_and_the_retiring_come_last()
    {
        using var a = ScriptedServer.Start();
        using var b = ScriptedServer.Down();
        using var c = ScriptedServer.Start();
        using var broadcaster = BroadcasterUnderTest.Start(Settings with { Reply = RawReply.Primary }, b, a);
        broadcaster.Apply(c, a);
        Assert.Equal([c.Address, a.Address, b.Address], broadcaster.Snapshot.Backends.Select(backend => backend.Address.ToString()));

        // Primary is the first of the list that is there.
        c.Script = c.Script with { ReplyPerLine = line => $"c:{line}\n" };
        a.Script = a.Script with { ReplyPerLine = line => $"a:{line}\n" };
        using var client = await broadcaster.ConnectAsync();
        await c.ConnectionAsync(0);
        await client.SendAsync("hello\n");
        Assert.Equal("c:hello", await client.ReadLineAsync());
    }
}
