using Dynode.Broadcast.Plane;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Raw;

/// <summary>No descriptor stays behind, whatever the order in which the sides of a session end.</summary>
[Collection(Alone.Name)]
public sealed class DescriptorTests
{
    [Theory]
    [InlineData("down")]
    [InlineData("hangs")]
    [InlineData("accepts slowly")]
    public async Task A_client_that_leaves_while_a_connect_is_pending_leaves_none_a_thousand_times_over(string server)
    {
        using var up = ScriptedServer.Start();
        using var other = await ThatAsync(server);
        var leaks = LeakCheck.Start();
        using (var broadcaster = BroadcasterUnderTest.Start(
            new BroadcastSettings { LingerTimeout = TimeSpan.FromSeconds(5), ConnectTimeout = TimeSpan.FromSeconds(1) }, up, other))
        {
            for (int i = 0; i < 1000; i++)
            {
                using var client = await broadcaster.ConnectAsync();
                if (i % 4 != 0)
                    await client.SendAsync("x");
                if (i % 3 == 0)
                    client.Reset();
            }

            await Eventually.Equal(1000, () => broadcaster.Snapshot.Accepted, broadcaster.Dump);
            if (server == "accepts slowly")
                other.ResumeAccepting();
            await broadcaster.NobodyLeftAsync();
            Assert.All(broadcaster.Snapshot.Backends, backend => Assert.Equal(0, backend.Connections));
            await Eventually.Equal(broadcaster.Snapshot.ReceivedBytes, () => up.ReceivedBytes + broadcaster.Of(up).DroppedBytes, broadcaster.Dump);
        }

        other.Kill();
        await leaks.NothingLeftAsync();
    }

    [Fact]
    public Task Any_order_of_ends_leaves_none() => Seed.RunAsync(async random =>
    {
        var leaks = LeakCheck.Start();
        for (int round = 0; round < 6; round++)
        {
            var script = new ServerScript { Recording = Recording.Hash, AnswerEnd = round % 2 == 0, Echo = true };
            using var servers = new Servers(3, script);
            using var broadcaster = BroadcasterUnderTest.Start(
                new BroadcastSettings
                {
                    Reply = (RawReply)(round % 3),
                    LingerTimeout = TimeSpan.FromSeconds(0.5),
                    ReconnectDelayMax = TimeSpan.FromSeconds(0.1),
                },
                servers.All);
            for (int i = 0; i < 100; i++)
            {
                using var client = await TestClient.ConnectAsync(broadcaster.Port, receiveBufferBytes: random.Next(2) * 4096);
                for (int step = random.Next(6); step > 0; step--)
                {
                    if (!await StepAsync(client, servers[random.Next(3)], random))
                        break;
                }

                if (random.Next(3) == 0)
                    client.Reset();
            }

            await broadcaster.NobodyLeftAsync();
            Assert.All(broadcaster.Snapshot.Backends, backend => Assert.Equal(0, backend.Connections));
        }

        await leaks.NothingLeftAsync();
    });

    [Fact]
    public async Task Eight_hundred_clients_at_once_with_three_servers_are_all_served_and_leave_none()
    {
        const int Clients = 800;
        var leaks = LeakCheck.Start();
        using (var servers = new Servers(3, new ServerScript { Echo = true, Recording = Recording.Hash }))
        {
            using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings(), servers.All);
            TestClient[] clients = await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => broadcaster.ConnectAsync()));
            await Task.WhenAll(clients.Select(async (client, i) =>
            {
                string line = $"{i:0000}\n";
                for (int round = 0; round < 5; round++)
                {
                    await client.SendAsync(line);
                    Assert.Equal(string.Concat(line, line, line), await client.ReadTextAsync(3 * line.Length));
                }
            }));
            Assert.Equal(Clients, broadcaster.Snapshot.Clients);
            Array.ForEach(clients, client => client.Dispose());
            await broadcaster.NobodyLeftAsync();
            Assert.All(servers.All, server => Assert.Equal(Clients * 5 * 5, server.ReceivedBytes));
        }

        await leaks.NothingLeftAsync();
    }

    private static async Task<ScriptedServer> ThatAsync(string behaves)
    {
        if (behaves == "down")
            return ScriptedServer.Down();
        var server = ScriptedServer.Start(new ServerScript { AcceptPaused = true, ListenBacklog = behaves == "hangs" ? 8 : 512 });
        if (behaves == "hangs")
            server.FillBacklog();
        await Task.Yield();
        return server;
    }

    /// <summary>Something that one of the sides does. False: the client has ended.</summary>
    private static async Task<bool> StepAsync(TestClient client, ScriptedServer server, Random random)
    {
        try
        {
            switch (random.Next(8))
            {
                case 0:
                    client.ShutdownSend();
                    return true;
                case 1:
                    server.ResetAll();
                    return true;
                case 2:
                    server.CloseAll();
                    return true;
                case 3:
                    foreach (var connection in server.OpenConnections)
                        connection.ShutdownSend();
                    return true;
                case 4:
                    server.Restart();
                    return true;
                default:
                    await client.SendAsync(new byte[1 << random.Next(16)]);
                    return true;
            }
        }
        catch (Exception e) when (e is System.Net.Sockets.SocketException or ObjectDisposedException)
        {
            // Another step was faster: under test is what the broadcaster leaves.
            return false;
        }
    }
}
