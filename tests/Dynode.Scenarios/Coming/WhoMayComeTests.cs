using Dynode.Broadcast.Plane;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Coming;

/// <summary>Who is let in by where it comes from, and how many of one address are.</summary>
public sealed class WhoMayComeTests
{
    [Theory]
    [InlineData(Protocol.Raw)]
    [InlineData(Protocol.Redis)]
    public async Task A_client_of_a_denied_network_is_closed_at_once_counted_and_named_and_reaches_no_server(Protocol protocol)
    {
        using var comers = await Comers.StartAsync(protocol, new BroadcastSettings { ClientsDeny = Comers.Networks("127.0.0.2,127.0.1.0/24") });
        using var good = await comers.ComesInAsync();
        int connections = comers.ConnectionsOfClients;
        await comers.ComesInVainAsync("127.0.0.2");
        await comers.ComesInVainAsync("127.0.1.255");
        using var beside = await comers.ComesInAsync("127.0.2.0");
        await Comers.IsServedAsync(good);
        Assert.Equal(new DoorFigures(Denied: 2), comers.Door);
        Assert.Equal((2, 2L, 2L), (comers.Broadcaster.Snapshot.Clients, comers.Broadcaster.Snapshot.Accepted, comers.Broadcaster.Snapshot.Refused));

        // One line in five seconds, whoever comes.
        Assert.StartsWith("clients not let in by clients_deny or clients_allow: 1 in all, the last from 127.0.0.2:", Assert.Single(comers.Broadcaster.Log.Of(1007)), StringComparison.Ordinal);
        if (protocol == Protocol.Raw)
            Assert.Equal(connections + 1, comers.ConnectionsOfClients);
    }

    [Theory]
    [InlineData(Protocol.Raw)]
    [InlineData(Protocol.Redis)]
    public async Task What_is_allowed_is_all_that_may_come_and_what_is_denied_of_that_may_not(Protocol protocol)
    {
        using var comers = await Comers.StartAsync(protocol, new BroadcastSettings { ClientsAllow = Comers.Networks("127.0.0.0/30"), ClientsDeny = Comers.Networks("127.0.0.3") });
        using var first = await comers.ComesInAsync("127.0.0.1");
        using var second = await comers.ComesInAsync("127.0.0.2");
        await comers.ComesInVainAsync("127.0.0.3");
        await comers.ComesInVainAsync("127.0.0.4");
        if (comers.Broadcaster.Door.EndPoints.Count > 1)
            await comers.ComesInVainAsync("::1");
        Assert.Equal(comers.Broadcaster.Door.EndPoints.Count > 1 ? 3 : 2, comers.Door.Denied);
    }

    [Theory]
    [InlineData(Protocol.Raw)]
    [InlineData(Protocol.Redis)]
    public async Task A_reload_is_for_those_who_come_and_who_is_there_stays(Protocol protocol)
    {
        using var comers = await Comers.StartAsync(protocol, new BroadcastSettings());
        using var before = await comers.ComesInAsync();
        comers.Reload(static settings => settings with { ClientsDeny = Comers.Networks("127.0.0.0/8") });
        await comers.ComesInVainAsync();
        await Comers.IsServedAsync(before);
        comers.Reload(static settings => settings with { ClientsDeny = Networks.None });
        using var behind = await comers.ComesInAsync();
        Assert.Equal(1, comers.Door.Denied);
    }

    [Theory]
    [InlineData(Protocol.Raw)]
    [InlineData(Protocol.Redis)]
    public async Task So_many_of_an_address_are_served_the_next_is_closed_and_one_that_goes_makes_room(Protocol protocol)
    {
        const int Max = 3;
        using var comers = await Comers.StartAsync(protocol, new BroadcastSettings { ClientsPerAddressMax = Max });
        List<TestClient> clients = [];
        for (int i = 0; i < Max; i++)
            clients.Add(await comers.ComesInAsync());
        await comers.ComesInVainAsync();
        await comers.ComesInVainAsync();
        Assert.Equal(new DoorFigures(Crowded: 2), comers.Door);
        Assert.StartsWith("clients not let in beyond max_clients_per_address=3: 1 in all, the last from 127.0.0.1:", Assert.Single(comers.Broadcaster.Log.Of(1008)), StringComparison.Ordinal);
        clients.Add(await comers.ComesInAsync("127.0.0.2"));

        // However one goes.
        clients[0].Dispose();
        clients[1].Reset();
        await comers.ClientsAsync(Max - 1);
        clients[0] = await comers.ComesInAsync();
        clients[1] = await comers.ComesInAsync();
        await comers.ComesInVainAsync();
        Assert.Equal((Max + 1, 3L), (comers.Broadcaster.Snapshot.Clients, comers.Door.Crowded));
        foreach (var client in clients)
            await Comers.IsServedAsync(client);
        clients.ForEach(static client => client.Dispose());
        await comers.ClientsAsync(0);
    }

    [Theory]
    [InlineData(Protocol.Raw)]
    [InlineData(Protocol.Redis)]
    public async Task One_whom_an_operator_or_a_full_house_sends_away_leaves_its_place_too(Protocol protocol)
    {
        using var comers = await Comers.StartAsync(protocol, new BroadcastSettings { ClientsPerAddressMax = 2, ClientsMax = 3 });
        using var first = await comers.ComesInAsync();
        using var second = await comers.ComesInAsync();
        using var other = await comers.ComesInAsync("127.0.0.2");
        using (var full = await comers.ConnectAsync("127.0.0.2"))
            Assert.Equal(protocol == Protocol.Raw ? "" : "-ERR max number of clients reached\r\n", (await full.ReadToEndAsync()).Text);
        Assert.Equal(new DoorFigures(Full: 1), comers.Door);
        Assert.True(comers.Broadcaster.Door.TryCloseClient(comers.Broadcaster.Door.Clients().Min(static client => client.Id)));
        await comers.ClientsAsync(2);

        // The one for whom there was no room counts no more: two of its address may be here.
        second.Dispose();
        await comers.ClientsAsync(1);
        using var beside = await comers.ComesInAsync("127.0.0.2");
        await comers.ComesInVainAsync("127.0.0.2");
        using var again = await comers.ComesInAsync();
        Assert.Equal(new DoorFigures(Full: 1, Crowded: 1), comers.Door);
    }

    [Theory]
    [InlineData(Protocol.Raw)]
    [InlineData(Protocol.Redis)]
    public async Task A_limit_that_is_set_while_clients_are_there_counts_them_and_closes_none(Protocol protocol)
    {
        using var comers = await Comers.StartAsync(protocol, new BroadcastSettings());
        List<TestClient> clients = [];
        for (int i = 0; i < 4; i++)
            clients.Add(await comers.ComesInAsync());
        comers.Reload(static settings => settings with { ClientsPerAddressMax = 2 });
        await comers.ComesInVainAsync();
        clients[0].Dispose();
        clients[1].Dispose();
        await comers.ClientsAsync(2);
        await comers.ComesInVainAsync();
        clients[2].Dispose();
        await comers.ClientsAsync(1);
        clients[0] = await comers.ComesInAsync();
        await comers.ComesInVainAsync();
        await Comers.IsServedAsync(clients[3]);
        comers.Reload(static settings => settings with { ClientsPerAddressMax = 0 });
        for (int i = 0; i < 4; i++)
            clients.Add(await comers.ComesInAsync());
        Assert.Equal(3, comers.Door.Crowded);
        clients.ForEach(static client => client.Dispose());
    }

    /// <summary>Clients of three addresses come and go at random, each on its own: the broadcaster lets in as many as a count by hand says, and no place is lost.</summary>
    [Theory]
    [InlineData(Protocol.Raw)]
    [InlineData(Protocol.Redis)]
    public Task Of_crowds_that_come_and_go_never_more_are_in_than_may_be(Protocol protocol) => Seed.RunAsync(async random =>
    {
        const int Max = 4;
        using var comers = await Comers.StartAsync(protocol, new BroadcastSettings { ClientsPerAddressMax = Max });
        int[] seeds = [random.Next(), random.Next(), random.Next()];
        await Task.WhenAll(seeds.Select((seed, which) => Task.Run(async () =>
        {
            var own = new Random(seed);
            List<TestClient> inside = [];
            string from = $"127.0.0.{which + 1}";
            for (int step = 0; step < 60; step++)
            {
                if (inside.Count > 0 && own.Next(3) == 0)
                {
                    int at = own.Next(inside.Count);
                    if (own.Next(2) == 0)
                        inside[at].Dispose();
                    else
                        inside[at].Reset();
                    inside.RemoveAt(at);
                    await Eventually.Equal(inside.Count, () => comers.Broadcaster.Door.Clients().Count(client => client.Address!.ToString()!.StartsWith(from + ":", StringComparison.Ordinal)), comers.Broadcaster.Dump);
                }
                else if (inside.Count < Max)
                {
                    inside.Add(await comers.ComesInAsync(from));
                }
                else
                {
                    await comers.ComesInVainAsync(from);
                }
            }

            inside.ForEach(static client => client.Dispose());
        })));
        await comers.ClientsAsync(0);
    });
}
