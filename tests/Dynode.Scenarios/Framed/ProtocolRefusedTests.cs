using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Xunit;
using Reply = Dynode.TestKit.Framed.FramedReply;

namespace Dynode.Scenarios.Framed;

/// <summary>Servers that do not do what they said of a protocol: no reply ever comes in another form than its client chose.</summary>
public sealed class ProtocolRefusedTests
{
    private const string NoProto = "-NOPROTO unsupported protocol version";
    private const string Refusal = "-ERR not that one";

    [Fact]
    public async Task A_server_that_refuses_what_it_promised_carries_out_the_same_requests_and_votes_on_none_of_them()
    {
        using var broken = FramedServer.Redis(Speaking(hello => hello.Words[1] == "2"));
        using var good = FramedServer.Redis(Speaking(_ => true));
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis, [broken.Address, good.Address]);
        await broadcaster.CurrentAsync(broken, good);
        using var client = await broadcaster.ConnectAsync();
        using var other = await broadcaster.ConnectAsync();
        await HelloAsync(client, "%7");
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal($"{i}", await client.AskAsync($"GET {i}"));
            Assert.Equal($"other {i}", await other.AskAsync($"GET \"other {i}\""));
        }

        await broadcaster.NothingOwedAsync(broken, good);
        Assert.Equal(good.FirstSeen(), broken.FirstSeen());
        Assert.Contains("HELLO 3", broken.Texts);

        // Nobody is told any more that all speak it; the next connection is not asked for it again.
        Assert.Equal(NoProto, await other.AskAsync("HELLO 3"));
        broken.Kill();
        await Eventually.True(() => !broadcaster.StandingOf(broken).IsCurrent, broadcaster.Dump);
        broken.Listen();
        await broadcaster.CurrentAsync(broken);
        Assert.Equal(NoProto, await other.AskAsync("HELLO 3"));
        Assert.Equal("last", await client.AskAsync("GET last"));
        await broadcaster.NothingOwedAsync(broken, good);
        Assert.Equal((0, 0), (broadcaster.Of(broken).Divergences, broadcaster.Of(broken).DroppedRequests));
        Assert.Equal((0, 1), (broadcaster.Of(good).ConnectionsLost, broadcaster.Of(broken).ConnectionsLost));
    }

    [Fact]
    public async Task A_server_that_does_not_go_back_to_RESP2_gets_nothing_more_on_that_connection_and_nothing_twice()
    {
        using var stuck = FramedServer.Redis(Speaking(hello => hello.IsPreamble || hello.Words[1] == "3" || hello.Connection > 0));
        using var good = FramedServer.Redis(Speaking(_ => true));
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis, [stuck.Address, good.Address]);
        await broadcaster.CurrentAsync(stuck, good);
        using var client = await broadcaster.ConnectAsync();
        using var other = await broadcaster.ConnectAsync();
        await HelloAsync(client, "%7");
        Assert.Equal("1", await client.AskAsync("GET 1"));
        Assert.Equal("2", await other.AskAsync("GET 2"));
        Assert.Equal("3", await client.AskAsync("GET 3"));
        await broadcaster.NothingOwedAsync(stuck, good);
        Assert.Contains("refuses protocol 2: ERR not that one", Assert.Single(broadcaster.Log.Of(1102), line => line.Contains(stuck.Address, StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Equal(["GET 1", "GET 2", "GET 3"], stuck.Texts.Where(text => text.StartsWith("GET", StringComparison.Ordinal)));
        Assert.Equal((0, 0, 0), (broadcaster.Of(stuck).DroppedRequests, broadcaster.Of(stuck).Repeats, broadcaster.Of(stuck).Divergences));
        Assert.Equal("%7", (await other.AskAsync("HELLO 3")));
    }

    /// <summary>A server that answers HELLO by a map, or with a refusal.</summary>
    private static FramedScript Speaking(Func<FramedRequest, bool> accepts) => new()
    {
        Answer = request => request.Name == "GET" ? Reply.Bulk(request.Words[1])
            : request.Name != "HELLO" ? null
            : accepts(request) ? Reply.Array(Reply.Bulk("version"), Reply.Bulk("7.0.0"))
            : Reply.Line(Refusal),
    };

    private static async Task HelloAsync(TestClient client, string header)
    {
        Assert.Equal(header, await client.AskAsync("HELLO 3"));

        // Six pairs more of one element each, of which three are no bulks, and an empty array.
        for (int i = 0; i < 14; i++)
            await client.ReadReplyAsync();
    }
}
