using Dynode.Broadcast.Plane;
using Dynode.Scenarios.Coming;
using Dynode.TestKit;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Dynode.Scenarios.Edges;

/// <summary>Who comes from <c>proxy_from</c> says first whose connection it passes on; nobody else is searched for it.</summary>
public sealed class ProxyInTests
{
    private const int HeaderMissing = 1011;
    private const string Request = "GET key\r\n";
    private const string Client = "203.0.113.7:4711";

    /// <summary>The address of a proxy; clients that come from 127.0.0.1 come by themselves.</summary>
    private const string Proxy = "127.0.0.2";

    private static readonly BroadcastSettings Any = new() { ProxyVersions = ProxyVersions.Any, ProxyFrom = Comers.Networks(Proxy + ",127.0.0.3") };

    [Theory]
    [InlineData(Protocol.Raw, 1)]
    [InlineData(Protocol.Raw, 2)]
    [InlineData(Protocol.Redis, 1)]
    [InlineData(Protocol.Redis, 2)]
    public async Task However_it_is_split_its_client_is_the_one_it_names_and_what_stands_behind_it_is_a_request(Protocol protocol, int version)
    {
        using var comers = await Comers.StartAsync(protocol, Any);
        foreach (var pieces in SplitEverywhere.Of(Headers.Of(version, Client).With(Request)))
        {
            using var client = await comers.ConnectAsync(Proxy);
            foreach (var piece in pieces)
                await client.SendAsync(piece);
            Assert.Equal("+OK", await client.ReadLineAsync());
            Assert.Contains(Client, Addresses(comers));
            await Comers.IsServedAsync(client);
        }

        Assert.Equal(default, comers.Door);
    }

    [Theory]
    [InlineData(ProxyVersions.V1, 1, true)]
    [InlineData(ProxyVersions.V1, 2, false)]
    [InlineData(ProxyVersions.V2, 1, false)]
    [InlineData(ProxyVersions.V2, 2, true)]
    [InlineData(ProxyVersions.Any, 1, true)]
    [InlineData(ProxyVersions.Any, 2, true)]
    public async Task Only_the_version_that_is_asked_for_is_taken(ProxyVersions versions, int version, bool isTaken)
    {
        using var comers = await Comers.StartAsync(Protocol.Redis, Any with { ProxyVersions = versions });
        using var client = await comers.ConnectAsync(Proxy);
        await client.SendAsync(Headers.Of(version, "[2001:db8::7]:4711").With(Request));
        if (isTaken)
        {
            Assert.Equal("+OK", await client.ReadLineAsync());
            Assert.Equal(["[2001:db8::7]:4711"], Addresses(comers));
        }
        else
        {
            Assert.Equal("", (await client.ReadToEndAsync()).Text);
        }

        Assert.Equal(new DoorFigures(Proxy: isTaken ? 0 : 1), comers.Door);
    }

    [Theory]
    [InlineData(106, true)]
    [InlineData(107, true)]
    [InlineData(108, false)]
    public async Task Version_1_has_107_bytes_at_most(int bytes, bool isTaken)
    {
        using var comers = await Comers.StartAsync(Protocol.Redis, Any);
        await ComesAsync(comers, Headers.Long(bytes).With(Request), isTaken);
    }

    [Theory]
    [InlineData(4095, true)]
    [InlineData(4096, true)]
    [InlineData(4097, false)]
    public async Task Version_2_has_4096_bytes_at_most(int bytes, bool isTaken)
    {
        using var comers = await Comers.StartAsync(Protocol.Redis, Any);
        await ComesAsync(comers, Headers.Padded(bytes).With(Request), isTaken);
    }

    [Theory]
    [InlineData(Protocol.Raw)]
    [InlineData(Protocol.Redis)]
    public async Task Who_begins_with_something_else_is_closed_without_a_word_counted_and_named(Protocol protocol)
    {
        using var comers = await Comers.StartAsync(protocol, Any);
        using var good = await comers.ComesInAsync();
        int connections = comers.ConnectionsOfClients;
        for (int i = 1; i <= 3; i++)
        {
            using var client = await comers.ConnectAsync(Proxy);
            await client.SendAsync(Request);
            Assert.Equal("", (await client.ReadToEndAsync()).Text);
            await Eventually.Equal(new DoorFigures(Proxy: i), () => comers.Door, comers.Broadcaster.Dump);
        }

        // Half a header and the end of it.
        using (var half = await comers.ConnectAsync(Proxy))
        {
            await half.SendAsync("PROXY TCP4 ");
            half.ShutdownSend();
            Assert.Equal("", (await half.ReadToEndAsync()).Text);
        }

        await Eventually.Equal(new DoorFigures(Proxy: 4), () => comers.Door, comers.Broadcaster.Dump);
        Assert.Equal((4L, 1L), (comers.Broadcaster.Snapshot.Refused, comers.Broadcaster.Snapshot.Accepted));
        string line = Assert.Single(comers.Broadcaster.Log.Of(HeaderMissing));
        Assert.StartsWith($"connections from proxy_from that began with no PROXY header, and were closed: 1 in all, the last from {Proxy}:", line, StringComparison.Ordinal);
        Assert.EndsWith(": it does not begin as one", line, StringComparison.Ordinal);
        await Comers.IsServedAsync(good);
        if (protocol == Protocol.Raw)
            Assert.Equal(connections, comers.ConnectionsOfClients);
    }

    [Fact]
    public async Task A_strangers_header_is_data_and_no_address()
    {
        using var server = ScriptedServer.Start();
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings { ProxyVersions = ProxyVersions.Any, ProxyFrom = Comers.Networks(Proxy) }, server);
        using var client = await broadcaster.ConnectAsync();
        byte[] sent = Headers.Of(1, Client).With(Request);
        await client.SendAsync(sent);
        await Eventually.Equal(sent.Length, () => server.Received.Length, broadcaster.Dump);
        Assert.StartsWith("127.0.0.1:", Assert.Single(broadcaster.Door.Clients()).Address!.ToString(), StringComparison.Ordinal);
        Assert.Equal(default, broadcaster.Snapshot.Door);
    }

    [Fact]
    public async Task A_strangers_header_is_no_request()
    {
        using var comers = await Comers.StartAsync(Protocol.Redis, Any);
        using var client = await comers.ConnectAsync();
        await client.SendAsync(Headers.Of(2, Client).With(Request));

        // Empty lines are nothing to a redis, and what stands behind them is none of its commands.
        _ = await client.ReadLineAsync();
        Assert.DoesNotContain(Client, Addresses(comers));
        Assert.Equal(0, comers.Door.Proxy);
    }

    [Theory]
    [InlineData("")]
    [InlineData("PROXY TCP4 203.0.113.7 ")]
    public async Task Who_takes_too_long_is_closed_and_counted_and_nobody_waits_for_it(string begun)
    {
        var time = new FakeTimeProvider();
        using var comers = await Comers.StartAsync(Protocol.Raw, Any, time);
        using var slow = await comers.ConnectAsync(Proxy);
        await slow.SendAsync(begun);
        using var good = await comers.ComesInAsync();
        using (var proxied = await comers.ConnectAsync(Proxy))
        {
            await proxied.SendAsync(Headers.Of(2, Client).With(Request));
            Assert.Equal("+OK", await proxied.ReadLineAsync());
        }

        time.Advance(Any.HandshakeTimeout - TimeSpan.FromTicks(1));
        Assert.Equal(0, comers.Door.Proxy);
        time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal("", (await slow.ReadToEndAsync()).Text);
        await Eventually.Equal(new DoorFigures(Proxy: 1), () => comers.Door, comers.Broadcaster.Dump);
        Assert.EndsWith(begun.Length == 0 ? ": nothing came for too long" : ": it took too long", Assert.Single(comers.Broadcaster.Log.Of(HeaderMissing)), StringComparison.Ordinal);
        await Comers.IsServedAsync(good);
    }

    [Theory]
    [InlineData(Protocol.Raw)]
    [InlineData(Protocol.Redis)]
    public async Task Those_who_say_nothing_count_as_clients_and_hold_nobody(Protocol protocol)
    {
        const int Silent = 40, Steady = 10;
        var time = new FakeTimeProvider();
        using var comers = await Comers.StartAsync(protocol, Any with { ClientsMax = Silent + Steady }, protocol == Protocol.Raw ? time : null);
        List<TestClient> steady = [], silent = [];
        for (int i = 0; i < Steady; i++)
            steady.Add(await comers.ComesInAsync());
        for (int i = 0; i < Silent + 5; i++)
            silent.Add(await comers.ConnectAsync(Proxy));
        await Eventually.Equal(new DoorFigures(Full: 5), () => comers.Door, comers.Broadcaster.Dump);
        foreach (var client in steady)
            await Comers.IsServedAsync(client);
        silent.ForEach(static client => client.Dispose());

        // Their places are free again.
        using (var proxied = await ComesThroughAsync(comers, Headers.Of(1, Client)))
            await Comers.IsServedAsync(proxied);
        steady.ForEach(static client => client.Dispose());
        Assert.Equal(0, comers.Door.Proxy);
    }

    [Theory]
    [InlineData(Protocol.Raw, 1)]
    [InlineData(Protocol.Redis, 1)]
    [InlineData(Protocol.Raw, 2)]
    [InlineData(Protocol.Redis, 2)]
    public async Task A_proxys_own_checks_are_no_fault_and_keep_its_address(Protocol protocol, int version)
    {
        using var comers = await Comers.StartAsync(protocol, Any);

        // One that only looks whether anybody is there.
        (await comers.ConnectAsync(Proxy)).Dispose();
        (await comers.ConnectAsync(Proxy)).Reset();
        using (var check = await comers.ConnectAsync(Proxy))
            await check.SendAsync(Headers.Local(version));
        await Eventually.Equal((1L, 0), () => (comers.Broadcaster.Snapshot.Accepted, comers.Broadcaster.Snapshot.Clients), comers.Broadcaster.Dump);
        using var asking = await comers.ConnectAsync(Proxy);
        await asking.SendAsync(Headers.Local(version).With(Request));
        Assert.Equal("+OK", await asking.ReadLineAsync());
        Assert.StartsWith(Proxy + ":", Assert.Single(Addresses(comers)), StringComparison.Ordinal);
        Assert.Equal(default, comers.Door);
        Assert.Empty(comers.Broadcaster.Log.Of(HeaderMissing));
    }

    [Theory]
    [InlineData(Protocol.Raw)]
    [InlineData(Protocol.Redis)]
    public async Task Limits_of_an_address_are_its_clients_and_not_the_proxys(Protocol protocol)
    {
        const int Max = 2;
        using var comers = await Comers.StartAsync(protocol, Any with { ClientsPerAddressMax = Max });
        List<TestClient> clients = [];
        for (int i = 0; i < Max; i++)
        {
            clients.Add(await ComesThroughAsync(comers, Headers.Of(2, $"203.0.113.7:{i + 1}")));
            clients.Add(await ComesThroughAsync(comers, Headers.Of(1, $"203.0.113.8:{i + 1}")));
        }

        using (var more = await comers.ConnectAsync(Proxy))
        {
            await more.SendAsync(Headers.Of(1, "203.0.113.7:9"));
            Assert.Equal("", (await more.ReadToEndAsync()).Text);
        }

        Assert.Equal(new DoorFigures(Crowded: 1), comers.Door);
        Assert.EndsWith("the last from 203.0.113.7:9", Assert.Single(comers.Broadcaster.Log.Of(1008)), StringComparison.Ordinal);
        clients[0].Dispose();
        await comers.ClientsAsync((2 * Max) - 1);
        clients.Add(await ComesThroughAsync(comers, Headers.Of(1, "203.0.113.7:9")));
        clients.ForEach(static client => client.Dispose());
    }

    [Fact]
    public async Task Whom_networks_do_not_want_does_not_come_through_a_proxy_that_they_do_want()
    {
        using var comers = await Comers.StartAsync(Protocol.Redis, Any with { ClientsDeny = Comers.Networks("203.0.113.0/25") });
        using (var denied = await comers.ConnectAsync(Proxy))
        {
            await denied.SendAsync(Headers.Of(2, Client).With(Request));
            Assert.Equal("", (await denied.ReadToEndAsync()).Text);
        }

        Assert.Equal(new DoorFigures(Denied: 1), comers.Door);
        Assert.EndsWith("the last from " + Client, Assert.Single(comers.Broadcaster.Log.Of(1007)), StringComparison.Ordinal);
        using var other = await ComesThroughAsync(comers, Headers.Of(2, "203.0.113.128:1"));

        // A proxy that may not come says nothing.
        comers.Reload(static settings => settings with { ClientsDeny = Comers.Networks(Proxy) });
        await comers.ComesInVainAsync(Proxy);
        Assert.Equal(new DoorFigures(Denied: 2), comers.Door);
    }

    [Theory]
    [InlineData(Protocol.Raw)]
    [InlineData(Protocol.Redis)]
    public async Task A_reload_is_for_those_who_come(Protocol protocol)
    {
        using var comers = await Comers.StartAsync(protocol, new BroadcastSettings());
        using var before = await comers.ComesInAsync(Proxy);
        comers.Reload(static settings => settings with { ProxyVersions = ProxyVersions.V2, ProxyFrom = Comers.Networks(Proxy) });
        await Comers.IsServedAsync(before);
        using var through = await ComesThroughAsync(comers, Headers.Of(2, Client));
        Assert.Contains(Client, Addresses(comers));
        using var other = await comers.ComesInAsync("127.0.0.3");
        comers.Reload(static settings => settings with { ProxyFrom = Comers.Networks("127.0.0.3") });
        using var alone = await comers.ComesInAsync(Proxy);
        using var third = await ComesThroughAsync(comers, Headers.Of(2, "203.0.113.9:1"), "127.0.0.3");
        await Comers.IsServedAsync(through);
        comers.Reload(static settings => settings with { ProxyVersions = ProxyVersions.None, ProxyFrom = Networks.None });
        using var last = await comers.ComesInAsync("127.0.0.3");
        Assert.Equal(default, comers.Door);
    }

    private static IEnumerable<string> Addresses(Comers comers) => comers.Broadcaster.Door.Clients().Select(static client => client.Address!.ToString()!);

    private static async Task<TestClient> ComesThroughAsync(Comers comers, byte[] header, string proxy = Proxy)
    {
        var client = await comers.ConnectAsync(proxy);
        await client.SendAsync(header.With(Request));
        Assert.Equal("+OK", await client.ReadLineAsync());
        return client;
    }

    private static async Task ComesAsync(Comers comers, byte[] bytes, bool isTaken)
    {
        using var client = await comers.ConnectAsync(Proxy);
        await client.SendAsync(bytes);
        if (isTaken)
            Assert.Equal("+OK", await client.ReadLineAsync());
        else
            Assert.Equal("", (await client.ReadToEndAsync()).Text);
        Assert.Equal(new DoorFigures(Proxy: isTaken ? 0 : 1), comers.Door);
    }
}
