using Dynode.Broadcast.Plane;
using Dynode.Scenarios.Framed;
using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Xunit;

namespace Dynode.Scenarios;

/// <summary>Who the clients are and what they owe, and that one of them can be closed without the others noticing.</summary>
public sealed class ClientFiguresTests
{
    [Fact]
    public async Task Framed_clients_are_told_with_what_they_asked_and_took_and_one_is_closed_alone()
    {
        using var server = FramedServer.Redis(Asking.Echoing);
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis, [server.Address]);
        await broadcaster.CurrentAsync(server);
        using var one = await broadcaster.ConnectAsync();
        using var two = await broadcaster.ConnectAsync();
        Assert.Equal("1", await one.AskAsync("GET 1"));
        server.HoldAnswers();
        await two.SendAllAsync(["GET 2", "GET 3"]);
        await server.RequestsAsync(3);
        var clients = broadcaster.Door.Clients().OrderBy(client => client.Id).ToArray();
        Assert.Equal([(1L, 7L, 7L, 0L), (2L, 14L, 0L, 2L)], clients.Select(client => (client.Requests!.Value, client.ReceivedBytes, client.RelayedBytes, client.OwedRequests!.Value)));
        Assert.NotEqual(clients[0].Address, clients[1].Address);
        Assert.False(broadcaster.Door.TryCloseClient(clients[1].Id + 1));
        Assert.True(broadcaster.Door.TryCloseClient(clients[1].Id));
        await two.ReadToEndAsync();
        server.ReleaseAnswers();

        // Its requests were whole: they stay in the log.
        await broadcaster.NothingOwedAsync(server);
        Assert.Equal(["GET 1", "GET 2", "GET 3"], server.Texts);
        Assert.Equal("4", await one.AskAsync("GET 4"));
        Assert.Equal([clients[0].Id], broadcaster.Door.Clients().Select(client => client.Id));
    }

    [Fact]
    public async Task Raw_clients_are_told_with_their_bytes_and_what_one_sent_that_is_closed_goes_on()
    {
        using var server = ScriptedServer.Start(new() { Echo = true });
        using var down = ScriptedServer.Down();
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings { ReconnectDelayMax = TimeSpan.FromSeconds(0.1) }, server, down);
        using var one = await broadcaster.ConnectAsync();
        using var two = await broadcaster.ConnectAsync();
        await one.SendAsync("one\n");
        await two.SendAsync("second\n");
        Assert.Equal("one", await one.ReadLineAsync());
        Assert.Equal("second", await two.ReadLineAsync());
        await Eventually.True(() => broadcaster.Door.Clients().Select(client => (client.ReceivedBytes, client.RelayedBytes, client.OwedBytes)).Order().SequenceEqual([(4L, 4L, 4L), (7L, 7L, 7L)]), broadcaster.Dump);
        long id = broadcaster.Door.Clients().Single(client => client.ReceivedBytes == 7).Id;
        Assert.False(broadcaster.Door.TryCloseClient(id + 100));
        Assert.True(broadcaster.Door.TryCloseClient(id));
        await two.ReadToEndAsync();
        await Eventually.Equal(1, () => broadcaster.Door.Clients().Length, broadcaster.Dump);
        down.Listen();
        await Eventually.True(() => down.ReceivedBytes == 11, down.Dump);
        await one.SendAsync("again\n");
        Assert.Equal("again", await one.ReadLineAsync());
    }
}
