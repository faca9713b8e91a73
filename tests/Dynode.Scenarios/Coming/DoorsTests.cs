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

        Assert.Equal(2L * Max, broadcaster.Snapshot.Evicted);
        down.Listen();
        await Eventually.True(() => broadcaster.Snapshot is { Clients: 0, Lingering: 0 }, broadcaster.Dump);
        Assert.Equal(["04", "05"], down.ReceivedText.TrimEnd('\n').Split('\n').Order());
    }
}
