using Dynode.Broadcast.Backends;
using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Microsoft.Extensions.Time.Testing;
using Xunit;
using Reply = Dynode.TestKit.Framed.FramedReply;

namespace Dynode.Scenarios.Framed;

/// <summary>A drain sends what was taken, relays the replies, ends both ways, and waits for no server that is down.</summary>
public sealed class EndingTests
{
    [Fact]
    public async Task A_drain_waits_for_the_answers_of_a_slow_server_and_gives_clients_theirs()
    {
        using var slow = FramedServer.Redis(Asking.Echoing);
        using var fast = FramedServer.Redis(Asking.Echoing);
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis, new FakeTimeProvider(), slow.Tcp, fast.Tcp);
        await broadcaster.CurrentAsync(slow, fast);
        using var client = await broadcaster.ConnectAsync();
        slow.HoldAnswers();
        await client.SendAllAsync(Enumerable.Range(0, 20).Select(i => $"GET {i}"));
        await slow.RequestsAsync(20);
        var drain = broadcaster.DrainAsync();
        await Eventually.Equal(1, () => broadcaster.Log.Count(1401), broadcaster.Dump);
        for (int i = 0; i < 20; i++)
        {
            Assert.False(drain.IsCompleted);
            slow.ReleaseAnswers(1);
            Assert.Equal($"{i}", await client.ReadReplyAsync());
        }

        Assert.Equal("", (await client.ReadToEndAsync()).Text);
        client.Dispose();
        await drain;
        Assert.Equal(ConnectionEnd.PeerFin, slow.Tcp.Connections[0].End);
        Assert.Equal(ConnectionEnd.PeerFin, fast.Tcp.Connections[0].End);
        Assert.Equal(0, broadcaster.Snapshot.Memory.OutstandingPages);
        broadcaster.Door.Dispose();
        broadcaster.Door.Dispose();
    }

    [Fact]
    public async Task A_drain_does_not_wait_for_a_server_that_is_down_and_counts_what_it_misses()
    {
        using var up = FramedServer.Redis();
        using var down = FramedServer.Redis();
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis, new FakeTimeProvider(), up.Tcp, down.Tcp);
        await broadcaster.CurrentAsync(up, down);
        down.Kill();
        await Eventually.True(() => !broadcaster.StandingOf(down).IsConnected, broadcaster.Dump);
        using var client = await broadcaster.ConnectAsync();
        for (int i = 0; i < 7; i++)
            Assert.Equal("+OK", await client.AskAsync($"SET {i} 1"));
        client.Dispose();
        await broadcaster.DrainAsync();
        Assert.Equal(7, broadcaster.Dropped(down.Tcp, DropReason.Shutdown));
        Assert.Equal(0, broadcaster.Of(up).DroppedRequests);
        Assert.Contains(broadcaster.Log.Of(1103), line => line.Contains(down.Address, StringComparison.Ordinal) && line.Contains("Shutdown", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_drain_does_not_wait_for_a_server_that_is_lost_meanwhile()
    {
        using var good = FramedServer.Redis(Asking.Echoing);
        using var dies = FramedServer.Redis(Asking.Echoing);
        var time = new FakeTimeProvider();
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis, time, dies.Tcp, good.Tcp);
        await broadcaster.CurrentAsync(good, dies);
        using var client = await broadcaster.ConnectAsync();
        dies.HoldAnswers();
        await client.SendAllAsync(["GET 1", "GET 2"]);
        await dies.RequestsAsync(2);
        var drain = broadcaster.DrainAsync();
        dies.StopListening();
        dies.ResetAll();
        Assert.Equal(["1", "2"], await client.ReadRepliesAsync(2));
        Assert.Equal("", (await client.ReadToEndAsync()).Text);
        client.Dispose();
        var began = time.GetUtcNow();
        await time.UntilAsync(() => drain.IsCompleted, broadcaster.Dump);
        Assert.InRange(time.GetUtcNow() - began, TimeSpan.Zero, Asking.Redis.DrainTimeout / 2);
        Assert.Equal(2, broadcaster.Dropped(dies.Tcp, DropReason.Shutdown));
    }

    [Fact]
    public async Task The_drain_timeout_ends_a_drain_that_a_stalled_server_holds_up()
    {
        var time = new FakeTimeProvider();
        using var stalled = FramedServer.Redis(Asking.Echoing);
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis, time, stalled.Tcp);
        await broadcaster.CurrentAsync(stalled);
        using var client = await broadcaster.ConnectAsync();
        stalled.HoldAnswers();
        await client.SendAllAsync(["GET 1", "GET 2"]);
        await stalled.RequestsAsync(2);
        var drain = broadcaster.DrainAsync();
        await Eventually.Equal(1, () => broadcaster.Log.Count(1401), broadcaster.Dump);
        time.Advance(Asking.Redis.DrainTimeout - TimeSpan.FromSeconds(0.1));
        Assert.False(drain.IsCompleted);
        await time.UntilAsync(() => drain.IsCompleted, broadcaster.Dump);
        await drain;
        await client.ReadToEndAsync();
        Assert.Equal(2, broadcaster.Dropped(stalled.Tcp, DropReason.Shutdown));
    }

    /// <summary>It does not answer our FIN by its own at once.</summary>
    [Fact]
    public async Task What_a_server_says_behind_our_end_is_thrown_away()
    {
        using var stays = FramedServer.Redis(Asking.Echoing);
        using var talks = FramedServer.Redis(Asking.Echoing, new ServerScript { AnswerEnd = false });
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis, [stays.Address, talks.Address]);
        await broadcaster.CurrentAsync(stays, talks);
        using var client = await broadcaster.ConnectAsync();
        Assert.Equal("1", await client.AskAsync("GET 1"));
        await broadcaster.NothingOwedAsync(talks);
        broadcaster.Apply([stays.Address]);
        await Eventually.True(() => talks.Tcp.Connections[0].PeerFinished, talks.Dump);
        long before = broadcaster.Of(talks).RepliedBytes;
        await talks.SendUnaskedAsync(Reply.Bulk("nobody asked"));
        await Eventually.True(() => broadcaster.Of(talks).RepliedBytes > before, broadcaster.Dump);
        talks.CloseAll();
        await Eventually.Equal(0, () => broadcaster.Of(talks).Connections, broadcaster.Dump);
        Assert.Equal("2", await client.AskAsync("GET 2"));
    }
}
