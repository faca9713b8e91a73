using System.Collections.Concurrent;
using Dynode.Broadcast.Backends;
using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Xunit;
using Reply = Dynode.TestKit.Framed.FramedReply;

namespace Dynode.Scenarios.Framed;

/// <summary>A request that ends its server's connection each time is found, and dropped for that server alone; no other is lost.</summary>
public sealed class PoisonTests
{
    [Theory]
    [InlineData(ReplyThen.Close, 1)]
    [InlineData(ReplyThen.Reset, 1)]
    [InlineData(ReplyThen.Close, 2)]
    [InlineData(ReplyThen.Close, 5)]
    public async Task Poisons_among_pipelines_of_others_are_dropped_for_their_server_alone_and_order_is_kept(ReplyThen end, int poisons)
    {
        var done = new ConcurrentQueue<string>();
        using var weak = FramedServer.Redis(new FramedScript
        {
            Answer = request =>
            {
                if (!request.IsPreamble && request.Words[1].StartsWith("poison", StringComparison.Ordinal))
                    return end == ReplyThen.Close ? Reply.Close : Reply.Reset;
                if (!request.IsPreamble)
                    done.Enqueue(request.Text);
                return null;
            },
        });
        using var strong = FramedServer.Redis();
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis with { ReconnectDelayMax = TimeSpan.FromMilliseconds(5) }, [weak.Address, strong.Address]);
        await broadcaster.CurrentAsync(weak, strong);
        var clients = new List<TestClient>();
        try
        {
            for (int i = 0; i < 4; i++)
                clients.Add(await broadcaster.ConnectAsync());
            for (int c = 0; c < 4; c++)
            {
                var requests = Enumerable.Range(0, 100).Select(i => c == 0 && i % 20 == 10 && i / 20 < poisons ? $"SET poison{i / 20} 1" : $"SET {c}-{i} 1");
                await clients[c].SendAllAsync(requests);
            }

            foreach (var client in clients)
                Assert.All(await client.ReadRepliesAsync(100), reply => Assert.Equal("+OK", reply));
            await broadcaster.NothingOwedAsync(weak, strong);
            Assert.Equal(400, strong.Texts.Count);
            Assert.Equal(strong.Texts.Where(text => !text.Contains("poison", StringComparison.Ordinal)), done.Distinct());
            Assert.Equal(strong.Texts, weak.FirstSeen());
            var drop = broadcaster.Of(weak).Drops.Single(entry => entry.Reason == DropReason.Poison);
            Assert.Equal((poisons, poisons), (drop.Requests, broadcaster.Of(weak).DroppedRequests));
            Assert.Equal(0, broadcaster.Of(strong).DroppedRequests);
            Assert.Equal("Poison", broadcaster.StandingOf(weak).Gap);
            Assert.Equal(strong.Texts.ToList().IndexOf("SET poison0 1"), broadcaster.StandingOf(weak).FirstMissing);
            Assert.Equal(poisons, broadcaster.Log.Count(1509));
            for (int i = 0; i < poisons; i++)
            {
                long number = strong.Texts.ToList().IndexOf($"SET poison{i} 1");
                Assert.Contains(broadcaster.Log.Of(1509), line => line.Contains($"{weak.Address} ends whenever it gets request {number}, SET poison{i}:", StringComparison.Ordinal));
            }

            TestContext.Current.TestOutputHelper?.WriteLine($"{broadcaster.Of(weak).ConnectionsLost} connections for {poisons} poisons");

            // A reset takes replies along that were on their way: a few times everything behind the first, then one at a time.
            Assert.InRange(broadcaster.Of(weak).ConnectionsLost, 2 * poisons, (5 * poisons) + 3);
            Assert.InRange(broadcaster.Of(weak).Repeats, weak.Repeats(), (6 * 400) + (3 * poisons));
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
        }
    }

    [Fact]
    public async Task A_poison_for_the_only_server_is_dropped_and_the_server_goes_on()
    {
        using var server = FramedServer.Redis(new FramedScript { Answer = request => request.Text == "SET poison 1" ? Reply.Close : null });
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis, [server.Address]);
        using var client = await broadcaster.ConnectAsync();
        Assert.Equal("+OK", await client.AskAsync("SET a 1"));
        Assert.StartsWith("-ERR every server", await client.AskAsync("SET poison 1"), StringComparison.Ordinal);
        await broadcaster.NothingOwedAsync(server);
        await broadcaster.CurrentAsync(server);
        Assert.Equal("+OK", await client.AskAsync("SET b 1"));

        // The first connection had answered another one before, and so its end proves nothing.
        Assert.Equal(["SET a 1", "SET poison 1", "SET poison 1", "SET poison 1", "SET b 1"], server.Texts);
        Assert.Equal((1, 2), (broadcaster.Of(server).DroppedRequests, broadcaster.Of(server).Repeats));
    }

    /// <summary>A server ends a connection whose reply is longer than its output buffer may be, each time: what was asked changes nothing.</summary>
    [Theory]
    [InlineData("GET poison", null)]
    [InlineData("EVAL_RO poison 0", null)]
    [InlineData("HGETALL poison", null)]
    [InlineData("GETEX poison", "Poison")]
    [InlineData("EVAL poison 0", "Poison")]
    [InlineData("SORT poison", "Poison")]
    public async Task A_read_that_ends_its_servers_connection_is_dropped_and_leaves_no_gap(string poison, string? gap)
    {
        using var weak = FramedServer.Redis(new FramedScript { Answer = request => request.Text == poison ? Reply.Close : null });
        using var strong = FramedServer.Redis();
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis, [weak.Address, strong.Address]);
        await broadcaster.CurrentAsync(weak, strong);
        using var client = await broadcaster.ConnectAsync();
        Assert.Equal("+OK", await client.AskAsync("SET a 1"));
        Assert.Equal("+OK", await client.AskAsync(poison));
        await broadcaster.NothingOwedAsync(weak);
        await broadcaster.CurrentAsync(weak);
        Assert.Equal(gap, broadcaster.StandingOf(weak).Gap);
        Assert.Equal(1, broadcaster.Of(weak).DroppedRequests);
        Assert.Equal(1, broadcaster.Log.Count(1509));
        Assert.Equal("+OK", await client.AskAsync("SET b 1"));
        await broadcaster.NothingOwedAsync(weak, strong);
        Assert.Equal(["SET a 1", "SET b 1"], weak.Texts.Where(text => text != poison));
    }

    /// <summary>Three times in a row it dies before it has answered anything, with many in flight, and then it does not.</summary>
    [Fact]
    public async Task A_server_that_dies_of_something_else_is_not_taken_for_poisoned()
    {
        using var mortal = FramedServer.Redis(new FramedScript { Answer = request => request is { IsPreamble: false, Connection: < 3 } ? Reply.Close : null });
        using var other = FramedServer.Redis();
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis, [mortal.Address, other.Address]);
        await broadcaster.CurrentAsync(mortal, other);
        using var client = await broadcaster.ConnectAsync();
        string[] requests = [.. Enumerable.Range(0, 50).Select(i => $"SET {i} 1")];
        await client.SendAllAsync(requests);
        Assert.All(await client.ReadRepliesAsync(50), reply => Assert.Equal("+OK", reply));
        await broadcaster.NothingOwedAsync(mortal, other);
        Assert.Equal(requests, mortal.FirstSeen());
        Assert.Equal(0, broadcaster.Of(mortal).DroppedRequests);
        Assert.Equal(requests, mortal.Requests.Where(request => request.Connection == 3).Select(request => request.Text));
        Assert.InRange(broadcaster.Of(mortal).Repeats, mortal.Repeats(), mortal.Repeats() + (2 * 50));
    }
}
