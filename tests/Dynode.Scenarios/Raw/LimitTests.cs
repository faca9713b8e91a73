using System.Security.Cryptography;
using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;
using Dynode.TestKit;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Dynode.Scenarios.Raw;

/// <summary>How many clients, how small a piece, how large a write.</summary>
public sealed class LimitTests
{
    /// <summary>Kept for what is no client's: listeners, the runtime's, the log.</summary>
    private const int DescriptorsReserved = 64;

    private static readonly ServerScript Echo = new() { Echo = true };

    [Fact]
    public async Task Max_clients_are_served_and_the_next_is_refused_and_counted()
    {
        const int Max = 5;
        using var server = ScriptedServer.Start(Echo);
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings { ClientsMax = Max }, server);
        List<TestClient> clients = [];
        for (int i = 0; i < Max; i++)
        {
            clients.Add(await broadcaster.ConnectAsync());
            await AnsweredAsync(clients[i]);
            Assert.Equal(0, broadcaster.Snapshot.Refused);
        }

        using (var refused = await broadcaster.ConnectAsync())
            Assert.Equal("", (await refused.ReadToEndAsync()).Text);
        Assert.Equal((Max, 1L), (broadcaster.Snapshot.Clients, broadcaster.Snapshot.Refused));
        Assert.Contains($"{Max} are served at once", Assert.Single(broadcaster.Log.Of(1005)), StringComparison.Ordinal);

        // Those who are in do not notice, and a place that is given up is a place.
        clients[0].Dispose();
        await Eventually.Equal(Max - 1, () => broadcaster.Snapshot.Clients, broadcaster.Dump);
        clients[0] = await broadcaster.ConnectAsync();
        foreach (var client in clients)
            await AnsweredAsync(client);
        clients.ForEach(client => client.Dispose());
        await broadcaster.NobodyLeftAsync();
    }

    [Theory]
    [InlineData(-1, 3)]
    [InlineData(0, 4)]
    [InlineData(1, 4)]
    [InlineData(3, 5)]
    public async Task Clients_are_lowered_to_what_the_descriptors_allow_with_a_line(int beside, int clientsMax)
    {
        // One for the client and one for each of two servers.
        using var servers = new Servers(2, Echo);
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings { DescriptorsMax = DescriptorsReserved + (4 * 3) + beside }, servers.All);
        Assert.Equal(clientsMax, broadcaster.Snapshot.ClientsMax);
        Assert.Contains($"to {clientsMax}:", Assert.Single(broadcaster.Log.Of(1006)), StringComparison.Ordinal);
        TestClient[] clients = await Task.WhenAll(Enumerable.Range(0, clientsMax).Select(_ => broadcaster.ConnectAsync()));
        foreach (var client in clients)
            await AnsweredAsync(client, servers: 2);
        using (var refused = await broadcaster.ConnectAsync())
            Assert.Equal("", (await refused.ReadToEndAsync()).Text);
        Assert.Equal(1, broadcaster.Snapshot.Refused);
        Array.ForEach(clients, client => client.Dispose());
    }

    [Fact]
    public async Task More_servers_leave_room_for_fewer_clients()
    {
        using var servers = new Servers(4);
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings { DescriptorsMax = DescriptorsReserved + 30 }, servers[0]);
        Assert.Equal(15, broadcaster.Snapshot.ClientsMax);
        broadcaster.Apply(servers.All);
        Assert.Equal(6, broadcaster.Snapshot.ClientsMax);
        Assert.Equal(2, broadcaster.Log.Count(1006));
        await broadcaster.NobodyLeftAsync();
    }

    [Fact]
    public async Task What_lingers_has_a_bound_of_its_own_and_the_oldest_goes_first()
    {
        const int Max = 5;
        using var down = ScriptedServer.Down();
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings { ClientsMax = Max, ReconnectDelayMax = TimeSpan.FromSeconds(0.1) }, down);
        for (int i = 0; i < 3 * Max; i++)
        {
            using (var client = await broadcaster.ConnectAsync())
                await client.SendAsync($"{i:00}\n");
            await Eventually.True(() => broadcaster.Snapshot is var now && now.Accepted == i + 1 && now.Clients == 0, broadcaster.Dump);
        }

        await Eventually.Equal(2 * Max, () => broadcaster.Dropped(down, DropReason.Evicted), broadcaster.Dump);
        Assert.Equal((Max, 2L * Max), (broadcaster.Snapshot.Lingering, broadcaster.Snapshot.Evicted));
        Assert.NotEmpty(broadcaster.Log.Of(1205));
        down.Listen();
        await broadcaster.NobodyLeftAsync();
        Assert.Equal(["10", "11", "12", "13", "14"], down.ReceivedText.TrimEnd('\n').Split('\n').Order());
    }

    [Fact]
    public async Task A_client_may_send_byte_by_byte()
    {
        byte[] bytes = new Random(12).Bytes(5_000);
        using var servers = new Servers(3, Echo);
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings { Reply = RawReply.Primary }, servers.All);
        using var client = await broadcaster.ConnectAsync();
        await client.SendInPiecesAsync(bytes);
        Assert.Equal(bytes, await client.ReadAsync(bytes.Length));
        client.ShutdownSend();
        await client.ReadToEndAsync();
        await broadcaster.NobodyLeftAsync();
        Assert.All(servers.All, server => Assert.Equal(bytes, server.Received));
    }

    [Fact]
    public async Task A_client_may_send_one_byte_a_second()
    {
        var time = new FakeTimeProvider();
        using var server = ScriptedServer.Start(Echo);
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings(), time, server);
        using var client = await broadcaster.ConnectAsync();
        for (int i = 0; i < 300; i++)
        {
            await client.SendAsync(".");
            Assert.Equal(".", await client.ReadTextAsync(1));
            time.Advance(TimeSpan.FromSeconds(1));
        }
    }

    [Fact]
    public async Task A_client_may_pipeline_64_MiB_in_one_write_within_its_backlog()
    {
        byte[] bytes = new Random(13).Bytes(64 << 20);
        using var servers = new Servers(3, new ServerScript { Recording = Recording.Hash });
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings(), servers.All);
        using (var client = await broadcaster.ConnectAsync())
            await client.SendAsync(bytes, TimeSpan.FromMinutes(2));
        await broadcaster.NobodyLeftAsync();
        string hash = Convert.ToHexString(SHA256.HashData(bytes));
        Assert.All(servers.All, server => Assert.Equal(hash, server.Sha256));

        // The backlog, a tail page that is begun, and a page for each server's replies.
        Assert.InRange(broadcaster.Snapshot.Memory.PeakBytes, 1, (256 << 10) + (5 * (64 << 10)));
    }

    [Fact]
    public async Task Empty_sessions_cost_nothing_that_stays()
    {
        using var servers = new Servers(3);
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings(), servers.All);
        for (int i = 0; i < 500; i++)
        {
            using var client = await broadcaster.ConnectAsync();
        }

        await Eventually.Equal(500, () => broadcaster.Snapshot.Accepted, broadcaster.Dump);
        await broadcaster.NobodyLeftAsync();
        Assert.All(broadcaster.Snapshot.Backends, backend => Assert.Equal((0L, 0L, 0L), (backend.Connections, backend.SentBytes, backend.ConnectionsLost)));
    }

    private static async Task AnsweredAsync(TestClient client, int servers = 1)
    {
        await client.SendAsync("?");
        await client.ReadAsync(servers);
    }
}
