using System.Net;
using Dynode.Broadcast.Plane;
using Dynode.Scenarios.Framed;
using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Dynode.Scenarios.Coming;

/// <summary>A broadcaster of either mode, and clients that come to it from different addresses of this machine.</summary>
internal sealed class Comers : IDisposable
{
    private readonly FramedServer _server;
    private readonly bool _isFramed;

    private Comers(Protocol protocol, BroadcastSettings settings, FakeTimeProvider? time)
    {
        _isFramed = protocol == Protocol.Redis;
        _server = FramedServer.Redis();
        Settings = settings with { Protocol = protocol };
        Broadcaster = time is null
            ? BroadcasterUnderTest.Start(Settings, [_server.Address])
            : BroadcasterUnderTest.Start(Settings, time, _server.Tcp);
    }

    public BroadcastSettings Settings { get; private set; }

    public BroadcasterUnderTest Broadcaster { get; }

    public DoorFigures Door => Broadcaster.Snapshot.Door;

    /// <summary>Connections that the server has ever had of clients; framed it has one of all of them.</summary>
    public int ConnectionsOfClients => _isFramed ? 0 : _server.Tcp.Accepted;

    /// <summary>Done when its server is there.</summary>
    /// <param name="protocol">Of all.</param>
    /// <param name="settings">Beside it.</param>
    /// <param name="time">The clock; null: the system's.</param>
    public static async Task<Comers> StartAsync(Protocol protocol, BroadcastSettings settings, FakeTimeProvider? time = null)
    {
        var comers = new Comers(protocol, settings, time);
        if (comers._isFramed)
            await comers.Broadcaster.CurrentAsync(comers._server);
        return comers;
    }

    public void Reload(Func<BroadcastSettings, BroadcastSettings> change) => Broadcaster.Door.Apply(Settings = change(Settings));

    /// <summary>The kernel has connected it.</summary>
    public Task<TestClient> ConnectAsync(string from = "127.0.0.1")
    {
        var address = IPAddress.Parse(from);
        var to = Broadcaster.Door.EndPoints.First(endPoint => endPoint.AddressFamily == address.AddressFamily);
        return TestClient.ConnectFromAsync(address, to);
    }

    /// <summary>It was let in.</summary>
    public async Task<TestClient> ComesInAsync(string from = "127.0.0.1")
    {
        var client = await ConnectAsync(from);
        await IsServedAsync(client);
        return client;
    }

    /// <summary>It was not, and got no byte.</summary>
    public async Task ComesInVainAsync(string from = "127.0.0.1")
    {
        using var client = await ConnectAsync(from);
        Assert.Equal("", (await client.ReadToEndAsync()).Text);
    }

    public static async Task IsServedAsync(TestClient client)
    {
        await client.SendAsync("GET key\r\n");
        Assert.Equal("+OK", await client.ReadLineAsync());
    }

    public Task ClientsAsync(int count) => Eventually.Equal(count, () => Broadcaster.Snapshot.Clients, Broadcaster.Dump);

    public void Dispose()
    {
        Broadcaster.Dispose();
        _server.Dispose();
    }

    public static Networks Networks(string text) => Dynode.Broadcast.Plane.Networks.Of(text.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(static entry =>
        Network.TryParse(entry, out var network, out string? fault) ? network : throw new ArgumentException(fault)));
}
