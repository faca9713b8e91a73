using System.Text;
using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Xunit;
using Policy = Dynode.Broadcast.Plane.FramedReply;
using Reply = Dynode.TestKit.Framed.FramedReply;

namespace Dynode.Scenarios.Framed;

/// <summary>Servers that say the same again and again are held to all that others are: what is alike is taken quickly, not carelessly.</summary>
public sealed class UsualRepliesTests
{
    [Fact]
    public async Task One_more_of_the_same_that_nobody_asked_for_ends_the_connection_and_is_nobodys()
    {
        using var server = FramedServer.Redis();
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis, [server.Address]);
        using var client = await broadcaster.ConnectAsync();
        for (int i = 0; i < 3; i++)
            Assert.Equal("+OK", await client.AskAsync($"SET {i} v"));
        await server.SendUnaskedAsync(Reply.Line("+OK"));
        await Eventually.Equal(1, () => broadcaster.Of(server).ConnectionsLost, broadcaster.Dump);
        Assert.Contains("nothing had asked for", Assert.Single(broadcaster.Log.Of(1510)), StringComparison.Ordinal);
        server.Script = Asking.Echoing;
        Assert.Equal("mine", await client.AskAsync("GET mine"));
        Assert.Equal(0, server.Repeats());
    }

    [Fact]
    public async Task One_that_comes_before_its_request_was_wholly_sent_waits_for_that()
    {
        string value = new('v', 15 << 20);
        int replies = 0;
        using var early = ScriptedServer.Start(new ServerScript
        {
            Recording = Recording.Hash,
            ReceiveBufferBytes = 4_096,
            ReplyPerRead = read =>
            {
                string text = Encoding.Latin1.GetString(read.Span);
                if (text.Contains("PING", StringComparison.Ordinal))
                    return "+PONG\r\n"u8.ToArray();
                if (text.Contains("INFO", StringComparison.Ordinal))
                    return "$11\r\nrole:master\r\n"u8.ToArray();
                if (text.Contains("HELLO", StringComparison.Ordinal))
                    return "-NOPROTO\r\n"u8.ToArray();

                // The small request, and the first bytes of the large one.
                return replies++ < 2 ? "+OK\r\n"u8.ToArray() : null;
            },
        });
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis, early);
        using var client = await broadcaster.ConnectAsync();
        Assert.Equal("+OK", await client.AskAsync("SET small v"));
        await client.SendAsync($"*3\r\n$3\r\nSET\r\n$1\r\na\r\n${value.Length}\r\n{value}\r\n");
        Assert.Equal("+OK", await client.ReadReplyAsync());
        await early.ReceivedBytesAsync(value.Length);
        Assert.Equal((0, 0), (broadcaster.Of(early).ConnectionsLost, broadcaster.Of(early).Standing!.LagRequests));
    }

    [Fact]
    public async Task What_was_not_compared_while_there_was_one_server_is_compared_as_soon_as_there_are_two()
    {
        using var first = FramedServer.Redis();
        using var second = FramedServer.Redis(listens: false);
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis, [first.Address, second.Address]);
        await broadcaster.CurrentAsync(first);
        using var client = await broadcaster.ConnectAsync();
        for (int i = 0; i < 3; i++)
            Assert.Equal("+OK", await client.AskAsync($"SET {i} v"));

        // On a connection that has caught up with nothing, its first reply is one that is compared.
        second.Listen();
        await broadcaster.CurrentAsync(first, second);
        second.ResetAll();
        await Eventually.True(() => broadcaster.Of(second).Connects == 2 && broadcaster.StandingOf(second).IsCurrent, broadcaster.Dump);
        for (int i = 3; i < 6; i++)
            Assert.Equal("+OK", await client.AskAsync($"SET {i} v"));
        await broadcaster.NothingOwedAsync(first, second);
        Assert.Equal((0, 0), (broadcaster.Of(first).Divergences, broadcaster.Of(second).Divergences));
        second.Script = new FramedScript { Default = Reply.Line("+KO") };
        Assert.Equal("+OK", await client.AskAsync("SET 6 v"));
        await Eventually.Equal(1, () => broadcaster.Of(first).Divergences + broadcaster.Of(second).Divergences, broadcaster.Dump);
    }

    [Fact]
    public async Task Requests_of_our_own_and_transactions_that_begin_alike_are_counted_as_what_they_are()
    {
        using var a = FramedServer.Redis();
        using var b = FramedServer.Redis();
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis, [a.Address, b.Address]);
        await broadcaster.CurrentAsync(a, b);
        using var zero = await broadcaster.ConnectAsync();
        using var one = await broadcaster.ConnectAsync();
        Assert.Equal("+OK", await one.AskAsync("SELECT 1"));
        for (int i = 0; i < 5; i++)
        {
            Assert.Equal("+OK", await zero.AskAsync($"SET {i} zero"));
            Assert.Equal("+OK", await one.AskAsync($"SET {i} one"));
            await one.SendAllAsync(["MULTI", $"SET {i} in", "EXEC", $"SET {i} behind"]);
            Assert.Equal("+OK", await one.ReadReplyAsync());
            Assert.Equal("+QUEUED", await one.ReadReplyAsync());
            Assert.Equal("*1", await one.ReadReplyAsync());
            Assert.Equal("+OK", await one.ReadReplyAsync());
            Assert.Equal("+OK", await one.ReadReplyAsync());
        }

        await broadcaster.NothingOwedAsync(a, b);
        Assert.All(
            a.Requests.Concat(b.Requests).Where(request => request.Name == "SET"),
            request => Assert.Equal(request.Words[2] == "zero" ? 0 : 1, request.Database));
        Assert.Equal((0, 0), (broadcaster.Of(a).ConnectionsLost, broadcaster.Of(b).ConnectionsLost));
    }

    [Theory]
    [InlineData(Policy.Primary)]
    [InlineData(Policy.Fastest)]
    [InlineData(Policy.Majority)]
    [InlineData(Policy.Every)]
    [InlineData(Policy.All)]
    public Task In_bursts_of_the_same_reply_each_other_one_is_seen_wherever_it_stands(Policy reply) => Seed.RunAsync(async random =>
    {
        const int Requests = 2_000;
        HashSet<string> odd = [.. Enumerable.Range(0, Requests).Where(_ => random.Next(random.Next(2) == 0 ? 200 : 5) == 0).Select(i => $"{i}")];
        var otherwise = new FramedScript { Answer = request => request.Name == "SET" && odd.Contains(request.Words[1]) ? Reply.Line("+KO") : null };
        using var first = FramedServer.Redis();
        using var second = FramedServer.Redis();
        using var third = FramedServer.Redis(otherwise);
        FramedServer[] servers = [first, second, third];
        random.Shuffle(servers);
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis with { FramedReply = reply }, servers.Select(server => server.Address));
        await broadcaster.CurrentAsync(servers);
        using var client = await broadcaster.ConnectAsync();
        int perRequest = reply == Policy.All ? servers.Length : 1;
        for (int sent = 0; sent < Requests;)
        {
            int count = Math.Min(random.Next(1, 400), Requests - sent);
            await client.SendAllAsync(Enumerable.Range(sent, count).Select(i => $"SET {i} v"));
            await client.ReadRepliesAsync(count * perRequest);
            sent += count;
        }

        await broadcaster.NothingOwedAsync(servers);
        Assert.Equal(odd.Count, broadcaster.Of(third).Divergences);
        Assert.Equal((0, 0), (broadcaster.Of(first).Divergences, broadcaster.Of(second).Divergences));
    });
}
