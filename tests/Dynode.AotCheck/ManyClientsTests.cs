using System.Globalization;
using Dynode.TestKit;
using Xunit;

namespace Dynode.AotCheck;

/// <summary>Thousands at once: their ends and the servers' are here, the broadcaster's are in its own process.</summary>
[Collection(ManyDescriptors.Name)]
public sealed class ManyClientsTests
{
    private const int Clients = 4_000;
    private const int Servers = 3;

    /// <summary>Who connects at the same moment; more would only wait in the kernel's queue.</summary>
    private const int Batch = 100;

    /// <summary>What a process has open beside its clients and servers.</summary>
    private const int DescriptorsBeside = 500;

    [Fact]
    public async Task Four_thousand_clients_with_three_servers_are_all_served_and_leave_nothing_behind()
    {
        // As many as a machine with a lower limit allows: a client's end and one for each server are ours.
        int clients = Math.Min(Clients, (Descriptors.Max() - DescriptorsBeside) / (1 + Servers));
        using ScriptedServer one = ScriptedServer.Start(new() { Echo = true, Recording = Recording.Hash });
        using ScriptedServer two = ScriptedServer.Start(new() { Echo = true, Recording = Recording.Hash });
        using ScriptedServer three = ScriptedServer.Start(new() { Echo = true, Recording = Recording.Hash });
        ScriptedServer[] servers = [one, two, three];
        using RunningDynode dynode = RunningDynode.Start(servers, ["read_idle_timeout=0"]);
        using (TestClient first = await dynode.ClientAsync())
        {
            await first.SendAsync("x");
            await first.ReadAsync(Servers);
        }

        await Eventually.True(() => servers.Sum(server => server.OpenConnections.Count) == 0, dynode.Process.Dump);
        var leaks = LeakCheck.OfProcess(dynode.Process.Id);
        List<TestClient> all = [];
        while (all.Count < clients)
        {
            int wanted = Math.Min(Batch, clients - all.Count);
            all.AddRange(await Task.WhenAll(Enumerable.Range(0, wanted).Select(_ => TestClient.ConnectAsync(dynode.Port))));
        }

        for (int round = 0; round < 3; round++)
        {
            await Task.WhenAll(all.Select(async (client, i) =>
            {
                string line = string.Create(CultureInfo.InvariantCulture, $"{i:0000}\n");
                await client.SendAsync(line);
                Assert.Equal(string.Concat(line, line, line), await client.ReadTextAsync(Servers * line.Length, TimeSpan.FromMinutes(2)));
            }));
        }

        Assert.All(servers, server => Assert.Equal(clients, server.OpenConnections.Count));
        all.ForEach(client => client.Dispose());
        await Eventually.True(() => servers.Sum(server => server.OpenConnections.Count) == 0, dynode.Process.Dump);
        await leaks.NothingLeftAsync();
        Assert.All(servers, server => Assert.Equal(1 + (clients * 3 * 5), server.ReceivedBytes));
    }
}
