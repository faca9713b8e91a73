using System.Collections.Immutable;
using Dynode.Broadcast.Backends;
using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Microsoft.Extensions.Time.Testing;
using Xunit;
using Policy = Dynode.Broadcast.Plane.FramedReply;
using Reply = Dynode.TestKit.Framed.FramedReply;

namespace Dynode.Scenarios.Framed;

/// <summary>Servers are added, removed and exchanged under clients that notice nothing.</summary>
public sealed class ServersChangeTests
{
    [Fact]
    public async Task A_server_that_is_added_has_a_gap_gets_all_from_then_on_and_votes_when_the_operator_says_so()
    {
        using var a = FramedServer.Redis(Asking.Echoing);
        using var added = FramedServer.Redis(Asking.Echoing);
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis with { FramedReply = Policy.All }, [a.Address]);
        await broadcaster.CurrentAsync(a);
        using var client = await broadcaster.ConnectAsync();
        Assert.Equal("before", await client.AskAsync("GET before"));
        broadcaster.Apply([a.Address, added.Address]);
        await broadcaster.CurrentAsync(added);
        Assert.Equal(("Added", 0L), (broadcaster.StandingOf(added).Gap, broadcaster.StandingOf(added).FirstMissing));
        await client.SendAsync("GET 1\r\n");
        Assert.Equal("1", await client.ReadReplyAsync());
        Assert.StartsWith($"-ERR server {added.Address} did not answer", await client.ReadReplyAsync(), StringComparison.Ordinal);
        broadcaster.Door.CloseGaps();
        await client.SendAsync("GET 2\r\n");
        Assert.Equal(["2", "2"], await client.ReadRepliesAsync(2));
        await added.TextsAsync(["GET 1", "GET 2"]);
        Assert.Equal(0, broadcaster.Of(added).DroppedRequests);
    }

    [Fact]
    public async Task A_server_that_is_removed_withdraws_gets_what_the_log_held_and_our_end_behind_it()
    {
        using var stays = FramedServer.Redis(Asking.Echoing);
        using var removed = FramedServer.Redis(Asking.Echoing);
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis, [removed.Address, stays.Address]);
        await broadcaster.CurrentAsync(removed, stays);
        using var client = await broadcaster.ConnectAsync();
        removed.HoldAnswers(after: 3);
        await client.SendAllAsync(Enumerable.Range(0, 10).Select(i => $"GET {i}"));
        await removed.RequestsAsync(10);
        Assert.Equal(["0", "1", "2"], await client.ReadRepliesAsync(3));
        broadcaster.Apply([stays.Address]);
        Assert.Equal(Enumerable.Range(3, 7).Select(i => $"{i}"), await client.ReadRepliesAsync(7));
        Assert.Equal("after", await client.AskAsync("GET after"));
        Assert.True(removed.Tcp.Connections[0].IsOpen);
        removed.ReleaseAnswers();
        await Eventually.Equal(ConnectionEnd.PeerFin, () => removed.Tcp.Connections[0].End, removed.Dump);
        Assert.Equal(Enumerable.Range(0, 10).Select(i => $"GET {i}"), removed.Texts);
        Assert.Equal((0, 0), (broadcaster.Of(removed).DroppedRequests, broadcaster.Of(removed).Repeats));
        await Eventually.Equal(0, () => broadcaster.Of(removed).Connections, broadcaster.Dump);
    }

    [Fact]
    public async Task A_removed_server_that_is_down_gets_what_the_log_held_when_it_returns_within_the_linger_timeout_and_else_it_is_counted()
    {
        var time = new FakeTimeProvider();
        using var stays = FramedServer.Redis();
        using var returns = FramedServer.Redis(listens: false);
        using var lost = FramedServer.Redis(listens: false);
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis, time, stays.Tcp, returns.Tcp, lost.Tcp);
        await broadcaster.CurrentAsync(stays);
        using var client = await broadcaster.ConnectAsync();
        for (int i = 0; i < 5; i++)
            Assert.Equal("+OK", await client.AskAsync($"SET {i} 1"));
        broadcaster.Apply([stays.Address]);
        Assert.Equal("+OK", await client.AskAsync("SET after 1"));
        time.Advance(Asking.Redis.LingerTimeout / 2);
        returns.Listen();
        await time.UntilAsync(() => returns.Texts.Count == 5 && returns.Tcp.Connections[^1].End == ConnectionEnd.PeerFin, broadcaster.Dump);
        time.Advance(Asking.Redis.LingerTimeout / 2);
        await time.UntilAsync(() => broadcaster.Of(lost).DroppedRequests == 5, broadcaster.Dump);
        Assert.Equal(5, broadcaster.Dropped(lost.Tcp, DropReason.Retired));
        Assert.Equal(Enumerable.Range(0, 5).Select(i => $"SET {i} 1"), returns.Texts);
        Assert.Equal(0, broadcaster.Of(returns).DroppedRequests);
    }

    [Fact]
    public async Task A_server_that_is_added_again_before_it_has_retired_is_the_same_one_and_misses_nothing()
    {
        using var stays = FramedServer.Redis(Asking.Echoing);
        using var back = FramedServer.Redis(Asking.Echoing);
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis, [stays.Address, back.Address]);
        await broadcaster.CurrentAsync(stays, back);
        using var client = await broadcaster.ConnectAsync();
        back.HoldAnswers();
        Assert.Equal("0", await client.AskAsync("GET 0"));
        broadcaster.Apply([stays.Address]);
        Assert.Equal("1", await client.AskAsync("GET 1"));
        broadcaster.Apply([back.Address, stays.Address]);
        Assert.Equal("2", await client.AskAsync("GET 2"));
        back.ReleaseAnswers();
        await back.TextsAsync(["GET 0", "GET 1", "GET 2"]);
        await broadcaster.CurrentAsync(back);
        await broadcaster.NothingOwedAsync(stays, back);
        Assert.Equal((1, 0, 0), (broadcaster.Of(back).Connects, broadcaster.Of(back).Repeats, broadcaster.Of(back).DroppedRequests));
        Assert.Null(broadcaster.StandingOf(back).Gap);
    }

    [Fact]
    public async Task All_servers_are_replaced_and_the_new_ones_answer()
    {
        using var old = FramedServer.Redis(Asking.Echoing);
        using var replacement = FramedServer.Redis(Asking.Echoing);
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis, [old.Address]);
        using var client = await broadcaster.ConnectAsync();
        Assert.Equal("0", await client.AskAsync("GET 0"));
        broadcaster.Apply([replacement.Address]);
        Assert.Equal("1", await client.AskAsync("GET 1"));
        Assert.Equal("2", await client.AskAsync("GET 2"));
        Assert.Equal(["GET 0"], old.Texts);
        Assert.Equal(["GET 1", "GET 2"], replacement.Texts);
        await Eventually.Equal(ConnectionEnd.PeerFin, () => old.Tcp.Connections[0].End, old.Dump);
    }

    [Fact]
    public async Task The_order_of_the_list_is_that_of_all()
    {
        using var a = FramedServer.Redis(new FramedScript { Default = Reply.Bulk("a") });
        using var b = FramedServer.Redis(new FramedScript { Default = Reply.Bulk("b") });
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis with { FramedReply = Policy.All }, [a.Address, b.Address]);
        await broadcaster.CurrentAsync(a, b);
        using var client = await broadcaster.ConnectAsync();
        await client.SendAsync("GET 1\r\n");
        Assert.Equal(["a", "b"], await client.ReadRepliesAsync(2));
        broadcaster.Apply([b.Address, a.Address]);
        _ = broadcaster.Snapshot;
        await client.SendAsync("GET 2\r\n");
        Assert.Equal(["b", "a"], await client.ReadRepliesAsync(2));
        Assert.Equal((1, 1), (a.Tcp.Accepted, b.Tcp.Accepted));
    }

    [Fact]
    public Task Two_hundred_changes_under_load_cost_no_client_an_answer_and_no_server_its_order() => Seed.RunAsync(async random =>
    {
        FramedServer[] servers = [.. Enumerable.Range(0, 4).Select(_ => FramedServer.Redis(Asking.Echoing))];
        try
        {
            using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis, servers.Select(server => server.Address));
            await broadcaster.CurrentAsync(servers);
            using var client = await broadcaster.ConnectAsync();
            int sent = 0;
            for (int change = 0; change < 200; change++)
            {
                // The first one always stays, wherever it stands.
                var set = servers.Skip(1).Where(_ => random.Next(2) == 0).Append(servers[0]).ToArray();
                random.Shuffle(set);
                string[] keys = [.. Enumerable.Range(sent, random.Next(1, 40)).Select(i => $"{i}")];
                sent += keys.Length;
                var sending = client.SendAllAsync(keys.Select(key => $"GET {key}"));
                broadcaster.Apply(set.Select(server => server.Address));
                await sending;
                Assert.Equal(keys, await client.ReadRepliesAsync(keys.Length));
            }

            broadcaster.Apply(servers.Select(server => server.Address));
            await broadcaster.CurrentAsync(servers);
            Assert.Equal("last", await client.AskAsync("GET last"));
            await broadcaster.NothingOwedAsync(servers);
            Assert.Equal(Enumerable.Range(0, sent).Select(i => $"GET {i}").Append("GET last"), servers[0].Texts);
            Assert.Equal(1, servers[0].Tcp.Accepted);
            Assert.Null(broadcaster.StandingOf(servers[0]).Gap);
            foreach (var server in servers)
            {
                var seen = server.Texts.ToImmutableHashSet();
                Assert.Equal(servers[0].Texts.Where(seen.Contains), server.FirstSeen());
                Assert.Equal((0, 0, 0), (broadcaster.Of(server).ConnectionsLost, broadcaster.Of(server).DroppedRequests, broadcaster.Of(server).Divergences));
                Assert.Equal(server.Repeats(), broadcaster.Of(server).Repeats);
                await Eventually.Equal(1, () => broadcaster.Of(server).Connections, broadcaster.Dump);
            }
        }
        finally
        {
            Array.ForEach(servers, server => server.Dispose());
        }
    });
}
