using Dynode.Broadcast.Backends;
using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Microsoft.Extensions.Time.Testing;
using Xunit;
using Policy = Dynode.Broadcast.Plane.FramedReply;
using Reply = Dynode.TestKit.Framed.FramedReply;

namespace Dynode.Scenarios.Framed;

/// <summary>What clients get, and in which order, where voters come and go.</summary>
public sealed class PolicyTests
{
    private const string Gone = "is gone, or stands still; the request is kept";
    private const string Missing = "did not answer; the request is kept for it";

    /// <summary>
    /// Three servers, three requests in one write. Each server's answers are held; then in the order a, b, c each gives so many and dies
    /// or stays. A word for each reply that the client gets: the key, or what its error is about.
    /// </summary>
    [Theory]
    [InlineData(Policy.Primary, "a:3 b:3 c:3", "0 1 2")]
    [InlineData(Policy.Primary, "a:1† b:3 c:3", "0 1 2")]
    [InlineData(Policy.Primary, "a:0† b:2† c:3", "0 1 2")]
    [InlineData(Policy.Primary, "a:0† b:0† c:2†", "0 1 gone")]
    [InlineData(Policy.Fastest, "a:0† b:1† c:3", "0 1 2")]
    [InlineData(Policy.Fastest, "a:1† b:2† c:0†", "0 1 gone")]
    [InlineData(Policy.Majority, "a:3 b:0† c:3", "0 1 2")]
    [InlineData(Policy.Majority, "a:2† b:1† c:0†", "0 split split")]
    [InlineData(Policy.Majority, "a:0† b:0† c:0†", "split split split")]
    [InlineData(Policy.Every, "a:3 b:3 c:3", "0 1 2")]
    [InlineData(Policy.Every, "a:3 b:1† c:3", "0 gone gone")]
    [InlineData(Policy.Every, "a:0† b:0† c:0†", "gone gone gone")]
    [InlineData(Policy.All, "a:3 b:3 c:3", "0 0 0 1 1 1 2 2 2")]
    [InlineData(Policy.All, "a:3 b:1† c:2†", "0 0 0 1 missing 1 2 missing missing")]
    [InlineData(Policy.All, "a:0† b:0† c:0†", "missing missing missing missing missing missing missing missing missing")]
    public async Task Voters_die_before_at_and_after_their_replies(Policy policy, string deaths, string expected)
    {
        FramedServer[] servers = [FramedServer.Redis(Asking.Echoing), FramedServer.Redis(Asking.Echoing), FramedServer.Redis(Asking.Echoing)];
        try
        {
            using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis with { FramedReply = policy }, servers.Select(server => server.Address));
            await broadcaster.CurrentAsync(servers);
            using var client = await broadcaster.ConnectAsync();
            Array.ForEach(servers, server => server.HoldAnswers());
            await client.SendAllAsync(["GET 0", "GET 1", "GET 2"]);
            foreach (var server in servers)
                await server.RequestsAsync(3);
            foreach (var (server, death) in servers.Zip(deaths.Split(' ')))
            {
                int answers = death[2] - '0';
                server.ReleaseAnswers(answers);
                await Eventually.Equal(3 - answers, () => broadcaster.StandingOf(server).LagRequests, broadcaster.Dump);
                if (!death.EndsWith('†'))
                    continue;
                server.Kill();
                await Eventually.Equal(1, () => broadcaster.Of(server).Withdrawals, broadcaster.Dump);
            }

            foreach (var (word, reply) in expected.Split(' ').Zip(await client.ReadRepliesAsync(expected.Split(' ').Length)))
            {
                string about = word switch
                {
                    "gone" => Gone,
                    "missing" => Missing,
                    "split" => "no majority of the 3 servers",
                    _ => word,
                };
                Assert.True(word == reply || (word.Length > 1 && (reply.Contains(about, StringComparison.Ordinal) || reply.Contains("current is gone", StringComparison.Ordinal))), $"{word}: {reply}");
            }

            // All come back, and have all in the end; late answers are nobody's.
            foreach (var (server, death) in servers.Zip(deaths.Split(' ')))
            {
                server.ReleaseAnswers();
                if (death.EndsWith('†'))
                    server.Listen();
            }

            await broadcaster.CurrentAsync(servers);
            int replies = policy == Policy.All ? 3 : 1;
            await client.SendAsync("GET last\r\n");
            Assert.Equal(Enumerable.Repeat("last", replies), await client.ReadRepliesAsync(replies));
            await broadcaster.NothingOwedAsync(servers);
            Assert.All(servers, server => Assert.Equal(["GET 0", "GET 1", "GET 2", "GET last"], server.FirstSeen()));
            foreach (var (server, death) in servers.Zip(deaths.Split(' ')))
            {
                Assert.Equal(death.EndsWith('†') ? 3 - (death[2] - '0') : 0, broadcaster.Of(server).Repeats);
                Assert.Equal((0, 0), (broadcaster.Of(server).DroppedRequests, broadcaster.Of(server).Divergences));
            }
        }
        finally
        {
            Array.ForEach(servers, server => server.Dispose());
        }
    }

    [Fact]
    public async Task None_gives_nothing_and_counts_and_compares_all_the_same()
    {
        using var a = FramedServer.Redis(Asking.Echoing);
        using var b = FramedServer.Redis(new FramedScript { Default = Reply.Bulk("other") });
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis with { FramedReply = Policy.None }, [a.Address, b.Address]);
        await broadcaster.CurrentAsync(a, b);
        using var client = await broadcaster.ConnectAsync();
        await client.SendAllAsync(Enumerable.Range(0, 50).Select(i => $"GET {i}"));
        client.ShutdownSend();
        Assert.Equal("", (await client.ReadToEndAsync()).Text);
        await a.RequestsAsync(50);
        await b.RequestsAsync(50);
        await broadcaster.NothingOwedAsync(a, b);
        Assert.Equal((0, 50), (broadcaster.Of(a).Divergences, broadcaster.Of(b).Divergences));
    }

    [Fact]
    public async Task A_primary_that_returns_takes_over_only_after_ten_seconds_as_current_unless_the_other_is_lost()
    {
        var time = new FakeTimeProvider();
        using var a = FramedServer.Redis(new FramedScript { Default = Reply.Bulk("a") });
        using var b = FramedServer.Redis(new FramedScript { Default = Reply.Bulk("b") });
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis, time, a.Tcp, b.Tcp);
        await broadcaster.CurrentAsync(a, b);
        using var client = await broadcaster.ConnectAsync();
        Assert.Equal("a", await client.AskAsync("GET 1"));
        a.Restart();
        await time.UntilAsync(() => broadcaster.Of(a).Connects == 2 && broadcaster.StandingOf(a).IsCurrent, broadcaster.Dump);
        Assert.Equal("b", await client.AskAsync("GET 2"));

        // Who owes nothing does not stall while the clock jumps.
        await broadcaster.NothingOwedAsync(a, b);
        time.Advance(TimeSpan.FromSeconds(9.8));
        Assert.Equal("b", await client.AskAsync("GET 3"));
        var began = time.GetUtcNow();
        string last = "";
        for (int i = 0; last != "a"; i++)
        {
            time.Advance(TimeSpan.FromSeconds(0.05));
            last = await client.AskAsync($"GET more{i}");
            await broadcaster.NothingOwedAsync(a, b);
            Assert.InRange(time.GetUtcNow() - began, TimeSpan.Zero, TimeSpan.FromSeconds(5));
        }

        // b returns the same way, but now a is lost.
        b.Restart();
        await time.UntilAsync(() => broadcaster.Of(b).Connects == 2 && broadcaster.StandingOf(b).IsCurrent, broadcaster.Dump);
        a.Kill();
        await Eventually.True(() => !broadcaster.StandingOf(a).IsCurrent, broadcaster.Dump);
        Assert.Equal("b", await client.AskAsync("GET 4"));
    }

    [Theory]
    [InlineData(Policy.Primary)]
    [InlineData(Policy.Fastest)]
    [InlineData(Policy.Majority)]
    [InlineData(Policy.Every)]
    [InlineData(Policy.All)]
    public async Task With_no_voter_clients_get_the_error_at_once_and_the_request_is_kept_for_the_servers_that_return(Policy policy)
    {
        var time = new FakeTimeProvider();
        using var a = FramedServer.Redis(Asking.Echoing);
        using var b = FramedServer.Redis(Asking.Echoing, listens: false);
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis with { FramedReply = policy }, time, a.Tcp, b.Tcp);
        await broadcaster.CurrentAsync(a);
        a.Kill();
        await Eventually.True(() => broadcaster.Of(a).State == BackendState.Down && broadcaster.Of(b).State == BackendState.Down, broadcaster.Dump);
        using var client = await broadcaster.ConnectAsync();
        int replies = policy == Policy.All ? 2 : 1;
        for (int i = 0; i < 5; i++)
        {
            await client.SendAsync($"GET {i}\r\n");
            Assert.All(await client.ReadRepliesAsync(replies), reply => Assert.Contains("the request is kept", reply, StringComparison.Ordinal));
        }

        a.Listen();
        b.Listen();
        await time.UntilAsync(() => broadcaster.StandingOf(a).IsCurrent && broadcaster.StandingOf(b).IsCurrent, broadcaster.Dump);
        Assert.Equal(Enumerable.Range(0, 5).Select(i => $"GET {i}"), a.Texts);
        Assert.Equal(a.Texts, b.Texts);
        await client.SendAsync("GET 5\r\n");
        Assert.Equal(Enumerable.Repeat("5", replies), await client.ReadRepliesAsync(replies));
    }

    /// <summary>Its connect hangs in the kernel's queue, so nobody knows yet whether it is dead. The clock stands.</summary>
    [Fact]
    public async Task Clients_that_come_before_the_first_server_is_connected_wait_for_it()
    {
        using var server = FramedServer.Redis(Asking.Echoing, new ServerScript { AcceptPaused = true });
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis, new FakeTimeProvider(), server.Tcp);
        using var client = await broadcaster.ConnectAsync();
        await client.SendAllAsync(["GET 1", "GET 2"]);
        await Eventually.Equal(1, () => broadcaster.Snapshot.Held, broadcaster.Dump);
        server.Tcp.ResumeAccepting();
        Assert.Equal(["1", "2"], await client.ReadRepliesAsync(2));
    }

    [Fact]
    public async Task They_wait_for_no_longer_than_the_stall_timeout_and_the_next_time_as_long_again()
    {
        var time = new FakeTimeProvider();
        using var server = FramedServer.Redis(Asking.Echoing, new ServerScript { AcceptPaused = true });
        var settings = Asking.Redis with { ConnectTimeout = TimeSpan.FromHours(2), StallTimeout = TimeSpan.FromSeconds(3) };
        using var broadcaster = BroadcasterUnderTest.Start(settings, time, server.Tcp);
        using var client = await broadcaster.ConnectAsync();
        await client.SendAsync("GET 1\r\n");
        await Eventually.Equal(1, () => broadcaster.Snapshot.Held, broadcaster.Dump);
        await time.UntilAsync(() => broadcaster.Snapshot.RelayedBytes > 0, broadcaster.Dump);
        Assert.StartsWith("-ERR no server is current", await client.ReadReplyAsync(), StringComparison.Ordinal);
        server.Tcp.ResumeAccepting();
        await broadcaster.CurrentAsync(server);

        // Nobody has asked meanwhile.
        await server.Tcp.PauseAcceptingAsync();
        server.ResetAll();
        await Eventually.True(() => !broadcaster.StandingOf(server).IsConnected, broadcaster.Dump);
        await client.SendAsync("GET 2\r\n");
        await Eventually.Equal(1, () => broadcaster.Snapshot.Held, broadcaster.Dump);
        server.Tcp.ResumeAccepting();
        Assert.Equal("2", await client.ReadReplyAsync());
    }
}
