using Dynode.Broadcast.Plane;
using Dynode.Protocols;
using Dynode.Scenarios.Framed.Limits;
using Dynode.Scenarios.Line;
using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Dynode.Scenarios.Framed;

/// <summary>
/// An ejected server whose connection we end while its kernel has half a request: it gets the rest before our FIN, for a line server would
/// take what has come for a line; and where it does not take that either, no FIN but a reset.
/// </summary>
public sealed class WholeRequestsTests
{
    /// <summary>More than the kernels take.</summary>
    private const int RequestBytes = 512 << 10;

    private const int Requests = 20;

    private static readonly ServerScript Narrow = new() { ReceiveBufferBytes = 64 << 10, Recording = Recording.Hash };

    public static TheoryData<Protocol> Protocols => [Protocol.Redis, Protocol.Line];

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_connection_that_we_end_within_a_request_brings_it_whole_and_then_our_FIN(Protocol protocol)
    {
        using var good = Server(protocol);
        using var stuck = Server(protocol, Narrow);
        var time = new FakeTimeProvider();
        using var broadcaster = BroadcasterUnderTest.Start(Settings(protocol), time, good.Tcp, stuck.Tcp);
        await EndedWithinARequestAsync(broadcaster, time, protocol, good, stuck);
        stuck.ResumeReading();
        await Eventually.Equal(ConnectionEnd.PeerFin, () => stuck.Tcp.Connections[0].End, stuck.Dump);
        Assert.Equal(0, stuck.HalfRequestBytes(0));

        // It goes on, with what is not dropped.
        await time.UntilAsync(() => broadcaster.StandingOf(stuck) is { IsConnected: true, LagRequests: 0 }, broadcaster.Dump);
        await Eventually.Equal(good.Texts[^1], () => stuck.Texts[^1], stuck.Dump);
        Assert.Equal(good.Texts[0], stuck.Texts[0]);
        Assert.Subset(good.Texts.ToHashSet(), stuck.Texts.ToHashSet());
        Assert.Empty(stuck.Faults);
        Assert.InRange(stuck.FirstSeen().Length + broadcaster.Of(stuck).DroppedRequests, Requests, Requests + 1);
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task One_that_does_not_take_the_rest_within_the_linger_timeout_is_reset(Protocol protocol)
    {
        using var good = Server(protocol);
        using var stuck = Server(protocol, Narrow);
        var time = new FakeTimeProvider();
        using var broadcaster = BroadcasterUnderTest.Start(Settings(protocol), time, good.Tcp, stuck.Tcp);
        await EndedWithinARequestAsync(broadcaster, time, protocol, good, stuck);
        await time.UntilAsync(() => stuck.Tcp.Accepted >= 2, broadcaster.Dump);
        stuck.ResumeReading();
        await Eventually.Equal(ConnectionEnd.PeerReset, () => stuck.Tcp.Connections[0].End, stuck.Dump);
        Assert.InRange(stuck.HalfRequestBytes(0), 1, RequestBytes - 1);
        await time.UntilAsync(() => broadcaster.StandingOf(stuck) is { IsConnected: true, LagRequests: 0 }, broadcaster.Dump);
        await Eventually.Equal(good.Texts[^1], () => stuck.Texts[^1], stuck.Dump);
        Assert.Equal(Requests, stuck.FirstSeen().Length + broadcaster.Of(stuck).DroppedRequests);
    }

    /// <summary>While it was away more came than the backlog holds. It takes nothing yet: the next requests must still find room.</summary>
    [Fact]
    public async Task One_that_returns_has_room_in_its_backlog_and_keeps_its_new_connection()
    {
        // A backlog of many requests, of which the kernels take but a few; filled once, and a little more.
        const int Many = 64;
        using var good = Server(Protocol.Line);
        using var stuck = Server(Protocol.Line, Narrow);
        var time = new FakeTimeProvider();
        var settings = Settings(Protocol.Line) with { BacklogBytesMax = Many * RequestBytes };
        using var broadcaster = BroadcasterUnderTest.Start(settings, time, good.Tcp, stuck.Tcp);
        await EndedWithinARequestAsync(broadcaster, time, Protocol.Line, good, stuck, Many + 2);
        stuck.Tcp.Script = stuck.Tcp.Script with { ReadPaused = true };
        stuck.ResumeReading();
        await time.UntilAsync(() => stuck.Tcp.Accepted >= 2 && broadcaster.StandingOf(stuck).IsConnected, broadcaster.Dump);
        long lost = broadcaster.Of(stuck).ConnectionsLost;
        using var client = await broadcaster.ConnectAsync();
        for (int i = 0; i < Many / 3; i++)
            await client.SendAsync(Request(Protocol.Line, i));
        await time.UntilAsync(() => good.Texts.Count == Many + 2 + (Many / 3), broadcaster.Dump);
        Assert.True(broadcaster.StandingOf(stuck).IsConnected, broadcaster.Dump());
        Assert.Equal(lost, broadcaster.Of(stuck).ConnectionsLost);
    }

    /// <summary>Its first request is half taken, the others do not fit into the backlog: it is ejected, and its connection ended.</summary>
    private static async Task EndedWithinARequestAsync(BroadcasterUnderTest broadcaster, FakeTimeProvider time, Protocol protocol, FramedServer good, FramedServer stuck, int requests = Requests)
    {
        await broadcaster.CurrentAsync(good, stuck);
        using var client = await broadcaster.ConnectAsync();
        stuck.PauseReading();
        for (int i = 0; i < requests; i++)
            await client.SendAsync(Request(protocol, i));
        await Eventually.True(() => broadcaster.Of(stuck).DroppedRequests > 0, broadcaster.Dump);
        await Eventually.True(() => good.Texts.Count == requests, broadcaster.Dump);
        Assert.Equal(1, broadcaster.Of(stuck).Ejections);
        Assert.Empty(stuck.Texts);
    }

    private static BroadcastSettings Settings(Protocol protocol) => (protocol == Protocol.Line ? LineSettings.Silent : Asking.Redis) with
    {
        BacklogBytesMax = 8 * RequestBytes,
        Framing = new ProtocolSettings { RequestBytesMax = 2 * RequestBytes },
        StallTimeout = TimeSpan.Zero,
        LingerTimeout = TimeSpan.FromSeconds(2),
        ReplyTimeout = TimeSpan.Zero,
    };

    private static FramedServer Server(Protocol protocol, ServerScript? tcp = null) =>
        protocol == Protocol.Line ? FramedServer.Line(tcp: tcp) : FramedServer.Redis(tcp: tcp);

    private static byte[] Request(Protocol protocol, int number) => protocol == Protocol.Line
        ? System.Text.Encoding.ASCII.GetBytes($"{number} {new string('v', RequestBytes)}\n")
        : Resp.Request("SET", $"{number}", new string('v', RequestBytes));
}
