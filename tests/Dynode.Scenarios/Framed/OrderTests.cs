using Dynode.Broadcast.Backends;
using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Microsoft.Extensions.Time.Testing;
using Xunit;
using Policy = Dynode.Broadcast.Plane.FramedReply;

namespace Dynode.Scenarios.Framed;

/// <summary>What an operator wants of a server is done, whatever the server is about to do, and loses nothing.</summary>
public sealed class OrderTests
{
    /// <summary>A kernel upgrade, as its operator does it: disable, restart, enable; all the while clients write.</summary>
    [Fact]
    public async Task A_server_that_is_disabled_restarted_and_enabled_has_all_in_order_and_nothing_twice()
    {
        using var away = FramedServer.Redis();
        using var stays = FramedServer.Redis();
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis, [away.Address, stays.Address]);
        await broadcaster.CurrentAsync(away, stays);
        using var client = await broadcaster.ConnectAsync();
        string[] requests = [.. Enumerable.Range(0, 300).Select(i => $"SET {i} {i}")];
        await client.SendAllAsync(requests[..100]);
        Assert.Equal(BackendOrder.Enabled, broadcaster.Order(away, BackendOrder.Disabled));
        await Eventually.True(() => !away.Tcp.OpenConnections.Any(), broadcaster.Dump);
        await client.SendAllAsync(requests[100..200]);
        await client.ReadRepliesAsync(200);
        Assert.True(broadcaster.Of(away) is { Order: BackendOrder.Disabled, Standing: { IsCurrent: false, Votes: false, LagRequests: > 0 } }, broadcaster.Dump());
        away.Kill();
        away.Restart();
        await client.SendAllAsync(requests[200..]);
        await client.ReadRepliesAsync(100);
        Assert.Equal(1, away.Tcp.Accepted);
        Assert.Equal(BackendOrder.Disabled, broadcaster.Order(away, BackendOrder.Enabled));
        await broadcaster.CurrentAsync(away);
        await broadcaster.NothingOwedAsync(away, stays);
        Assert.Equal(requests, away.Texts);
        Assert.Equal(requests, stays.Texts);
        var counted = broadcaster.Of(away);
        Assert.Equal((0, 0, 0, 2), (counted.Repeats, counted.DroppedRequests, counted.ConnectionsLost, counted.Connects));
        Assert.Null(counted.Standing!.Gap);
    }

    /// <summary>What it was sent is answered first: its last connection ends behind a reply, not in the midst of anything.</summary>
    [Fact]
    public async Task A_server_that_is_disabled_is_sent_no_more_and_ends_when_it_has_answered_what_it_was_sent()
    {
        using var away = FramedServer.Redis(Asking.Echoing);
        using var stays = FramedServer.Redis(Asking.Echoing);
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis, [away.Address, stays.Address]);
        await broadcaster.CurrentAsync(away, stays);
        using var client = await broadcaster.ConnectAsync();
        away.HoldAnswers();
        await client.SendAllAsync(["GET 1", "GET 2"]);
        await away.RequestsAsync(2);
        broadcaster.Order(away, BackendOrder.Disabled);
        Assert.Equal("3", (await AskBehindAsync(client, "GET 3", () => away.ReleaseAnswers()))[^1]);
        await Eventually.True(() => !away.Tcp.OpenConnections.Any(), broadcaster.Dump);
        Assert.Equal(["GET 1", "GET 2"], away.Texts);
        Assert.Equal((0, 0), (broadcaster.Of(away).Repeats, broadcaster.Of(away).Divergences));
    }

    [Fact]
    public async Task A_server_that_is_disabled_and_does_not_answer_is_left_after_five_seconds()
    {
        var time = new FakeTimeProvider();
        using var away = FramedServer.Redis(Asking.Echoing);
        using var stays = FramedServer.Redis(Asking.Echoing);
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis with { StallTimeout = TimeSpan.FromSeconds(60) }, time, away.Tcp, stays.Tcp);
        await broadcaster.CurrentAsync(away, stays);
        using var client = await broadcaster.ConnectAsync();
        away.HoldAnswers();
        await client.SendAllAsync(["GET 1"]);
        await away.RequestsAsync(1);
        broadcaster.Order(away, BackendOrder.Disabled);
        time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.Equal(1, broadcaster.Of(away).Connections);
        await time.UntilAsync(() => broadcaster.Of(away).Connections == 0, broadcaster.Dump);
        Assert.Equal("1", await client.ReadReplyAsync());
    }

    /// <summary>Nobody waits for it: its backlog overflows as that of one that is down, and that is a gap.</summary>
    [Fact]
    public async Task What_does_not_fit_into_the_backlog_of_a_disabled_server_is_dropped_counted_and_a_gap()
    {
        using var away = FramedServer.Redis();
        using var stays = FramedServer.Redis();
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis with { BacklogBytesMax = 128 << 10 }, [away.Address, stays.Address]);
        await broadcaster.CurrentAsync(away, stays);
        broadcaster.Order(away, BackendOrder.Disabled);
        using var client = await broadcaster.ConnectAsync();
        string value = new('v', 1_000);
        for (int i = 0; i < 300; i++)
            Assert.Equal("+OK", await client.AskAsync($"SET {i} {value}"));
        Assert.True(broadcaster.Of(away) is { DroppedRequests: > 100, Standing.Gap: "Backlog" }, broadcaster.Dump());
        broadcaster.Order(away, BackendOrder.Enabled);
        await broadcaster.NothingOwedAsync(away, stays);
        Assert.Equal(300, away.Requests.Count + broadcaster.Of(away).DroppedRequests);
    }

    [Theory]
    [InlineData(Policy.All)]
    [InlineData(Policy.Majority)]
    [InlineData(Policy.Primary)]
    public async Task An_ejected_server_receives_everything_and_does_not_vote_until_it_is_enabled(Policy policy)
    {
        using var ejected = FramedServer.Redis(Asking.Echoing);
        using var stays = FramedServer.Redis(Asking.Echoing);
        using var other = FramedServer.Redis(Asking.Echoing);
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis with { FramedReply = policy }, [ejected.Address, stays.Address, other.Address]);
        await broadcaster.CurrentAsync(ejected, stays, other);
        using var client = await broadcaster.ConnectAsync();
        ejected.HoldAnswers();
        await client.SendAllAsync(["GET 1"]);
        await ejected.RequestsAsync(1);
        broadcaster.Order(ejected, BackendOrder.Ejected);

        // It is not waited for, not even for what it owed.
        string[] first = await client.ReadRepliesAsync(policy == Policy.All ? 3 : 1);
        Assert.Contains("1", first);
        await client.SendAllAsync(["GET 2"]);
        Assert.Contains("2", await client.ReadRepliesAsync(policy == Policy.All ? 3 : 1));
        ejected.ReleaseAnswers();
        await broadcaster.NothingOwedAsync(ejected, stays);
        Assert.Equal(["GET 1", "GET 2"], ejected.Texts);
        Assert.True(broadcaster.StandingOf(ejected) is { IsConnected: true, IsEjected: true, Votes: false }, broadcaster.Dump());
        broadcaster.Order(ejected, BackendOrder.Enabled);
        await Eventually.True(() => broadcaster.StandingOf(ejected).Votes, broadcaster.Dump);
        Assert.Equal(0, broadcaster.Of(ejected).Ejections);
    }

    [Fact]
    public async Task An_order_holds_for_a_server_that_is_removed_and_added_again_and_is_refused_for_one_that_is_not_there()
    {
        using var away = FramedServer.Redis();
        using var stays = FramedServer.Redis();
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis, [away.Address, stays.Address]);
        await broadcaster.CurrentAsync(away, stays);
        broadcaster.Order(away, BackendOrder.Disabled);
        await Eventually.True(() => !away.Tcp.OpenConnections.Any(), broadcaster.Dump);
        broadcaster.Apply([stays.Address]);
        Assert.Null(broadcaster.Order(away, BackendOrder.Enabled));
        await Eventually.True(() => broadcaster.Snapshot.Backends.Single(backend => backend.Address.Port == away.Port).IsRemoved, broadcaster.Dump);
        broadcaster.Apply([stays.Address, away.Address]);
        using var client = await broadcaster.ConnectAsync();
        Assert.Equal("+OK", await client.AskAsync("SET 1 1"));
        Assert.Equal((BackendOrder.Disabled, 1), (broadcaster.Of(away).Order, away.Tcp.Accepted));
    }

    [Fact]
    public async Task A_gap_is_closed_for_one_server_and_stays_for_the_others()
    {
        using var a = FramedServer.Redis();
        using var b = FramedServer.Redis();
        using var c = FramedServer.Redis();
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis, [a.Address]);
        await broadcaster.CurrentAsync(a);
        using var client = await broadcaster.ConnectAsync();
        Assert.Equal("+OK", await client.AskAsync("SET 1 1"));
        broadcaster.Apply([a.Address, b.Address, c.Address]);
        await broadcaster.CurrentAsync(b, c);
        Assert.Equal(1, broadcaster.Door.CloseGaps(BroadcasterUnderTest.Address(b.Address)));
        Assert.Equal((null, "Added"), (broadcaster.StandingOf(b).Gap, broadcaster.StandingOf(c).Gap));
        Assert.Equal(0, broadcaster.Door.CloseGaps(BroadcasterUnderTest.Address(a.Address)));
        Assert.Equal(1, broadcaster.Door.CloseGaps());
    }

    private static async Task<string[]> AskBehindAsync(TestClient client, string request, Action release)
    {
        await client.SendAllAsync([request]);
        release();
        return await client.ReadRepliesAsync(3);
    }
}
