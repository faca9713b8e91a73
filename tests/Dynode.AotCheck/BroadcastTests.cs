using System.Security.Cryptography;
using Dynode.TestKit;
using Xunit;

namespace Dynode.AotCheck;

public sealed class BroadcastTests
{
    [Fact]
    public Task Every_server_gets_every_byte_and_their_replies_come_back() => Seed.RunAsync(async random =>
    {
        using ScriptedServer one = ScriptedServer.Start(new() { Recording = Recording.Hash });
        using ScriptedServer two = ScriptedServer.Start(new() { Recording = Recording.Hash });
        using ScriptedServer three = ScriptedServer.Start(new() { Recording = Recording.Hash, Greeting = "hello from three"u8.ToArray() });
        ScriptedServer[] servers = [one, two, three];
        using RunningDynode dynode = RunningDynode.Start(servers);
        using TestClient client = await dynode.ClientAsync();
        Assert.Equal("hello from three", await client.ReadTextAsync("hello from three".Length));

        byte[] bytes = random.Bytes(5_000_000 + random.Next(100_000));
        await client.SendAsync(bytes);
        foreach (ScriptedServer server in servers)
        {
            await server.ReceivedBytesAsync(bytes.Length);
            Assert.Equal(Convert.ToHexString(SHA256.HashData(bytes)), server.Sha256);
        }

        foreach (ScriptedServer server in servers) await server.Connections[0].SendAsync("reply");
        Assert.Equal("replyreplyreply", await client.ReadTextAsync(15));
    });

    [Fact]
    public async Task A_half_closed_client_still_gets_the_replies_and_then_the_end()
    {
        using ScriptedServer server = ScriptedServer.Start(new() { AnswerEnd = false });
        using RunningDynode dynode = RunningDynode.Start([server]);
        using TestClient client = await dynode.ClientAsync();
        await client.SendAsync("question");
        client.ShutdownSend();
        ScriptedConnection connection = await server.ConnectionAsync(0);
        await Eventually.True(() => connection.PeerFinished, () => $"{server.Dump()}\n{dynode.Process.Dump()}");
        await connection.SendAsync("answer");
        connection.Close();
        ReadToEnd read = await client.ReadToEndAsync();
        Assert.Equal("answer", read.Text);
        Assert.False(read.WasReset);
    }

    [Fact]
    public async Task Clients_that_came_and_went_leave_no_descriptor_behind()
    {
        using ScriptedServer one = ScriptedServer.Start();
        using ScriptedServer two = ScriptedServer.Start();
        using RunningDynode dynode = RunningDynode.Start([one, two], ["reply=none"]);

        // One has come and gone before the base is taken: what is opened once and kept is no leak.
        using (TestClient first = await dynode.ClientAsync())
            await first.SendAsync("x");
        await Eventually.True(() => one.Accepted > 0 && two.Accepted > 0 && one.OpenConnections.Count + two.OpenConnections.Count == 0, dynode.Process.Dump);
        var leak = LeakCheck.OfProcess(dynode.Process.Id);
        for (int i = 0; i < 100; i++)
        {
            using TestClient client = await TestClient.ConnectAsync(dynode.Port);
            if (i % 3 == 0) await client.SendAsync("x");
            if (i % 5 == 0) client.Reset();
        }

        await leak.NothingLeftAsync();
    }
}
