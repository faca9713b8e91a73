using Dynode.Broadcast.Plane;
using Dynode.Scenarios.Framed;
using Dynode.Streams.Claims;
using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Xunit;

namespace Dynode.Scenarios.Ordered;

/// <summary>A claim that cannot be renewed: its server is sent nothing more, and loses nothing.</summary>
public sealed class LeaseTests
{
    private static readonly BroadcastSettings Redis = Asking.Redis with { ClaimLease = TimeSpan.FromSeconds(1), PlaceTimeout = TimeSpan.FromMinutes(1) };

    [Theory]
    [InlineData(Protocol.Redis, false)]
    [InlineData(Protocol.Redis, true)]
    [InlineData(Protocol.Memcached, false)]
    [InlineData(Protocol.Memcached, true)]
    [InlineData(Protocol.Line, false)]
    public async Task What_is_owed_is_not_sent_before_the_claim_is_renewed_and_is_all_there_then(Protocol protocol, bool isCutOff)
    {
        using var a = ServerOf(protocol);
        using var b = ServerOf(protocol);
        using var both = new OrderedBroadcasters();
        var broadcaster = both.Start(SettingsOf(protocol), a.Address, b.Address);
        await broadcaster.CurrentAsync(a, b);
        using var client = await broadcaster.ConnectAsync();
        await WriteAsync(protocol, client, 0, 10);
        await a.RequestsAsync(10);
        await both.PlaceAsync(a.Address, both.Stream.State.Last);
        both.Keys[0].Cut = ClaimedServer.KeyOf($"test/{a.Address}");
        await Eventually.True(() => broadcaster.Log.Count(1551) == 1, both.Dump);
        int connections = a.Tcp.Accepted;
        if (isCutOff)
            a.ResetAll();
        await WriteAsync(protocol, client, 10, 60);
        await b.RequestsAsync(60);
        Assert.Equal(10, a.Texts.Count);
        Assert.Equal(connections, a.Tcp.Accepted);
        both.Keys[0].Cut = null;
        await a.RequestsAsync(60);
        Assert.Equal(b.Texts, a.Texts);
        await broadcaster.CurrentAsync(a, b);
        await Eventually.True(() => broadcaster.Log.Count(1552) == 1, both.Dump);
        Assert.Null(broadcaster.Of(a).Standing!.Gap);
        await WriteAsync(protocol, client, 60, 70);
        await a.RequestsAsync(70);
        await b.RequestsAsync(70);
        Assert.Equal(b.Texts, a.Texts);
    }

    /// <summary>Nothing is placed meanwhile; what clients read is answered for so long, and is refused then.</summary>
    [Fact]
    public async Task Reads_go_on_for_log_timeout_and_are_refused_then_until_it_is_renewed()
    {
        using var server = FramedServer.Redis();
        using var both = new OrderedBroadcasters();
        var broadcaster = both.Start(Redis with { PlaceTimeout = TimeSpan.FromSeconds(4), Framing = Redis.Framing with { MarksReads = true } }, server.Address);
        await broadcaster.CurrentAsync(server);
        using var client = await broadcaster.ConnectAsync();
        Assert.Equal("+OK", await client.AskAsync("SET a 1"));
        both.Keys[0].IsCut = true;
        await Eventually.True(() => broadcaster.Log.Count(1551) == 1, both.Dump);
        int read = 0;
        string said = await client.AskAsync("GET a");
        for (; said == "+OK"; read++)
            said = await client.AskAsync("GET a");

        // One that was on its way then is told of that.
        if (said.StartsWith("-ERR every server", StringComparison.Ordinal))
            said = await client.AskAsync("GET a");
        Assert.Equal("-ERR no server is current here: the read was not done", said);
        Assert.True(read > 0, both.Dump());
        Assert.False(broadcaster.Of(server).Standing!.IsCurrent);
        both.Keys[0].IsCut = false;
        await broadcaster.CurrentAsync(server);
        Assert.Equal("+OK", await client.AskAsync("GET a"));
        Assert.Equal("+OK", await client.AskAsync("SET a 2"));
    }

    /// <summary>A drain does not take for delivered what it must not send.</summary>
    [Fact]
    public async Task What_could_not_be_sent_before_the_end_the_next_one_sends()
    {
        using var a = FramedServer.Redis();
        using var b = FramedServer.Redis();
        using var both = new OrderedBroadcasters();
        var settings = Redis with { DrainTimeout = TimeSpan.FromSeconds(2) };
        var first = both.Start(settings, a.Address, b.Address);
        await first.CurrentAsync(a, b);
        using (var client = await first.ConnectAsync())
        {
            await OrderedBroadcasters.WriteAsync(client, 0, 10);
            await both.PlaceAsync(a.Address, both.Stream.State.Last);
            both.Keys[0].Cut = ClaimedServer.KeyOf($"test/{a.Address}");
            await Eventually.True(() => first.Log.Count(1551) == 1, both.Dump);
            await OrderedBroadcasters.WriteAsync(client, 10, 30);
        }

        await first.DrainAsync();
        Assert.Equal(10, a.Texts.Count);
        var next = both.Start(settings, a.Address, b.Address);
        await next.CurrentAsync(a, b);
        await a.RequestsAsync(30);
        Assert.Equal(b.Texts, a.Texts);
    }

    private static BroadcastSettings SettingsOf(Protocol protocol) =>
        Redis with { Protocol = protocol, Framing = Redis.Framing with { RepliesPerLine = 1 } };

    private static FramedServer ServerOf(Protocol protocol) => protocol switch
    {
        Protocol.Redis => FramedServer.Redis(),
        Protocol.Memcached => FramedServer.Memcached(),
        _ => FramedServer.Line(),
    };

    private static async Task WriteAsync(Protocol protocol, TestClient client, int from, int to)
    {
        for (int n = from; n < to; n++)
        {
            await client.SendAsync(protocol switch { Protocol.Redis => $"RPUSH list {n}\r\n", Protocol.Memcached => $"set key 0 0 8\r\n{n:D8}\r\n", _ => $"line {n}\n" });
            string? said = await client.ReadLineAsync();
            Assert.False(said is null || said.Contains("ERR", StringComparison.Ordinal), said);
        }
    }
}
