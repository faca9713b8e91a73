using Dynode.Broadcast.Backends;
using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Xunit;

namespace Dynode.Scenarios.Memcached;

/// <summary>Servers that come and go by configuration, and the end of the broadcaster.</summary>
[Trait("Server", "memcached")]
public sealed class DrainTests
{
    [Fact]
    public async Task A_server_that_is_added_gets_what_comes_from_then_on_and_one_that_is_removed_gets_what_was_sent_before()
    {
        using var under = await MemcachedUnderTest.StartAsync(2);
        using var added = await MemcachedServer.StartAsync();
        using var client = await under.ConnectAsync();
        Assert.Equal("STORED\r\n", await client.AskAsync("set early 0 0 1\r\nx\r\n"));
        under.Broadcaster.Apply([under.Servers[0].Address, under.Servers[1].Address, added.Address]);
        await under.CurrentAsync(3);
        Assert.Equal("Added", Of(under, added.Address).Standing!.Gap);
        Assert.Equal("STORED\r\n", await client.AskAsync("set late 0 0 1\r\ny\r\n"));
        await under.SettledAsync();
        Assert.Equal("VALUE late 0 1\ny\nEND", await added.AskAsync("get early late"));

        // The first goes: it has all that came before, and the next answers.
        Assert.Equal("", await client.AskAsync(string.Concat(Enumerable.Range(0, 500).Select(i => $"set k{i} 0 0 1 noreply\r\n{i % 10}\r\n"))));
        under.Broadcaster.Apply([under.Servers[1].Address, added.Address]);
        Assert.Equal("VALUE early 0 1\r\nx\r\nVALUE k499 0 1\r\n9\r\nEND\r\n", await client.AskAsync("get early k499\r\n"));
        await Eventually.Equal(null, () => Of(under, under.Servers[0].Address).Standing, under.Broadcaster.Dump);
        Assert.Equal("VALUE k499 0 1\n9\nEND", await under.Servers[0].AskAsync("get k499"));
        Assert.Equal("STORED\r\n", await client.AskAsync("set after 0 0 1\r\nz\r\n"));
        await under.SettledAsync();
        Assert.Equal("END", await under.Servers[0].AskAsync("get after"));
        Assert.Equal("VALUE after 0 1\nz\nEND", await added.AskAsync("get after"));
    }

    [Fact]
    public async Task A_drain_answers_what_was_read_and_says_goodbye()
    {
        using var server = FramedServer.Memcached();
        using var broadcaster = BroadcasterUnderTest.Start(MemcachedUnderTest.Settings, [server.Address]);
        using var client = await broadcaster.ConnectAsync();
        using var half = await broadcaster.ConnectAsync();
        server.HoldAnswers();
        await client.SendAsync(string.Concat(Enumerable.Range(0, 100).Select(i => $"set k{i} 0 0 1\r\nx\r\n")) + "mn\r\n");
        await half.SendAsync("set whole 0 0 1\r\nx\r\nset half 0 0 5\r\nhe");
        await Eventually.Equal(101, () => server.Requests.Count, broadcaster.Dump);
        await Eventually.Equal(client.SentBytes + half.SentBytes, () => broadcaster.Snapshot.ReceivedBytes, broadcaster.Dump);
        var drain = broadcaster.DrainAsync();
        await Eventually.True(() => TestClient.TryConnect(broadcaster.Port) is null);
        server.ReleaseAnswers();
        Assert.Equal(string.Concat(Enumerable.Repeat("STORED\r\n", 100)) + "MN\r\n", (await client.ReadToEndAsync()).Text);
        Assert.Equal("STORED\r\n", (await half.ReadToEndAsync()).Text);
        await drain;
        Assert.Equal(101, server.Requests.Count);
        Assert.Equal(0, server.HalfRequestBytes(0));
        Assert.Equal(ConnectionEnd.PeerFin, server.Tcp.Connections[0].End);
    }

    [Fact]
    public async Task A_drain_does_not_wait_for_a_server_that_is_down_and_counts_what_it_misses()
    {
        using var up = FramedServer.Memcached();
        using var down = FramedServer.Memcached(listens: false);
        using var broadcaster = BroadcasterUnderTest.Start(MemcachedUnderTest.Settings, [up.Address, down.Address]);
        using var client = await broadcaster.ConnectAsync();
        await client.SendAsync("set a 0 0 1\r\nx\r\n");
        Assert.Equal("STORED", await client.ReadLineAsync());
        await broadcaster.DrainAsync();
        Assert.Equal("", (await client.ReadToEndAsync()).Text);
        Assert.Single(up.Requests);
        Assert.Single(broadcaster.Log.Of(1103), line => line.Contains(down.Address, StringComparison.Ordinal) && line.Contains("1 requests", StringComparison.Ordinal));
    }

    private static BackendSnapshot Of(MemcachedUnderTest under, string address) =>
        under.Broadcaster.Snapshot.Backends.Single(backend => backend.Address == BroadcasterUnderTest.Address(address));
}
