using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;
using Dynode.Scenarios.Edges;
using Dynode.Scenarios.Framed;
using Dynode.Scenarios.Tls;
using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Xunit;

namespace Dynode.Scenarios.Coming;

/// <summary>How many may be here at once is one number, by whichever door they come.</summary>
[Collection(Alone.Name)]
public sealed class DoorsTests
{
    /// <summary>What they left behind waits for a server that is away, and closes no door to others.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task In_raw_those_who_have_gone_keep_nobody_out_who_comes_by_TLS_or_a_proxy(bool byTls)
    {
        const int Max = 2;
        using var down = ScriptedServer.Down();
        var settings = new BroadcastSettings { ClientsMax = Max, ReconnectDelayMax = TimeSpan.FromSeconds(0.1) };
        if (!byTls)
            settings = settings with { ProxyVersions = ProxyVersions.Any, ProxyFrom = Comers.Networks("127.0.0.1") };
        using var tls = new TlsUnderTest(settings, [down.Address]);
        var broadcaster = tls.Broadcaster;
        for (int i = 0; i < 3 * Max; i++)
        {
            if (byTls)
            {
                using var client = await tls.ConnectAsync();
                await client.SendAsync($"{i:00}\n");
                await client.EndAsync();
            }
            else
            {
                using var client = await broadcaster.ConnectAsync();
                await client.SendAsync(Headers.Of(2, "203.0.113.7:4711").With($"{i:00}\n"));
            }

            await Eventually.True(() => broadcaster.Snapshot is var now && now.Accepted + now.Refused == i + 1 && now.Clients == 0, broadcaster.Dump);
            Assert.Equal(0, broadcaster.Snapshot.Refused);
            await Eventually.Equal(Math.Min(i + 1, Max), () => broadcaster.Snapshot.Lingering, broadcaster.Dump);
        }

        await Eventually.Equal(2 * Max, () => broadcaster.Dropped(down, DropReason.Evicted), broadcaster.Dump);
        Assert.Equal(2L * Max, broadcaster.Snapshot.Evicted);
        down.Listen();
        await Eventually.True(() => broadcaster.Snapshot is { Clients: 0, Lingering: 0 }, broadcaster.Dump);
        Assert.Equal(["04", "05"], down.ReceivedText.TrimEnd('\n').Split('\n').Order());
    }

    [Theory]
    [InlineData(Protocol.Raw)]
    [InlineData(Protocol.Redis)]
    public async Task Who_is_at_the_TLS_door_counts_for_one_who_comes_plain(Protocol protocol)
    {
        const int Max = 4;
        using var server = FramedServer.Redis();
        using var tls = new TlsUnderTest(Asking.Redis with { Protocol = protocol, ClientsMax = Max }, [server.Address]);
        List<TestClient> silent = [];
        for (int i = 0; i < Max; i++)
            silent.Add(await TestClient.ConnectAsync(tls.Port));
        await Eventually.Equal(Max, () => tls.Handshakes.Now, tls.Broadcaster.Dump);
        using (var refused = await tls.Broadcaster.ConnectAsync())
            Assert.Equal(protocol == Protocol.Raw ? "" : "-ERR max number of clients reached\r\n", (await refused.ReadToEndAsync()).Text);
        Assert.Equal((0, new DoorFigures(Full: 1)), (tls.Broadcaster.Snapshot.Clients, tls.Broadcaster.Snapshot.Door));

        // One place is one: for whoever comes first, by either door, and whoever becomes a client has it once.
        silent[0].Dispose();
        await Eventually.Equal(Max - 1, () => tls.Handshakes.Now, tls.Broadcaster.Dump);
        using var plain = await tls.Broadcaster.ConnectAsync();
        await Comers.IsServedAsync(plain);
        using (var more = await TestClient.ConnectAsync(tls.Port))
            Assert.Equal("", (await more.ReadToEndAsync()).Text);
        silent[1].Dispose();
        await Eventually.Equal(Max - 2, () => tls.Handshakes.Now, tls.Broadcaster.Dump);
        using var encrypted = await tls.ConnectAsync();
        await encrypted.SendAsync("GET key\r\n");
        Assert.Equal("+OK\r\n", await encrypted.ReadTextAsync("+OK\r\n".Length));
        Assert.Equal((2, 2, new DoorFigures(Full: 2)), (tls.Broadcaster.Snapshot.Clients, tls.Handshakes.Now, tls.Broadcaster.Snapshot.Door));
        silent.ForEach(static client => client.Dispose());
    }
}
