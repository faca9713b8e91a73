using Dynode.Broadcast.Plane;
using Dynode.Protocols;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Framed;

/// <summary>What a client leaves in the midst of a request goes nowhere, which is counted and said; what it meant to leave is not.</summary>
public sealed class PartsLeftTests
{
    private const string Hello = "\u0016\u0003\u0001\u0002\0\u0001\0\u0001\u00fc\u0003\u0003 not random";
    private const string Header = "PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r";

    [Theory]
    [InlineData(Protocol.Line, LineFraming.Lf, "page.views:1|c", "half a line, 14 bytes without LF")]
    [InlineData(Protocol.Line, LineFraming.Lf, "57 <14>1 - h", "half a line, 12 bytes without LF (it begins with its length, see line_framing)")]
    [InlineData(Protocol.Line, LineFraming.Octet, "57 <14>1 - h", "half a frame, 12 bytes of at least 60")]
    [InlineData(Protocol.Line, LineFraming.Octet, "57", "half a frame, 2 bytes of at least 60")]
    [InlineData(Protocol.Redis, LineFraming.Lf, "*2\r\n$3\r\nGET\r\n$100\r\nab", "half a request, 21 bytes of at least 121")]
    [InlineData(Protocol.Memcached, LineFraming.Lf, "set a 0 0 100\r\nab", "half a request, 17 bytes of at least 117")]
    public async Task It_is_counted_and_logged_whether_the_client_ends_or_resets_or_the_broadcaster_stops(Protocol protocol, LineFraming framing, string part, string said)
    {
        using var server = ScriptedServer.Start();
        var settings = new BroadcastSettings
        {
            Protocol = protocol,
            FramedReply = FramedReply.None,
            BacklogBytesMax = 64 << 20,
            Framing = new ProtocolSettings { LineFraming = framing },
        };
        using var broadcaster = BroadcasterUnderTest.Start(settings, server);
        using (var ends = await broadcaster.ConnectAsync())
            await ends.SendAsync(part);
        await CountAsync(broadcaster, 1, part.Length);
        Assert.EndsWith($"goes nowhere: {said} (1 so far, {part.Length} bytes in all)", broadcaster.Log.Of(1525).First(), StringComparison.Ordinal);
        using (var halfClosed = await broadcaster.ConnectAsync())
        {
            await halfClosed.SendAsync(part);
            halfClosed.ShutdownSend();
            await halfClosed.ReadToEndAsync();
        }

        await CountAsync(broadcaster, 2, part.Length);
        using (var resets = await broadcaster.ConnectAsync())
        {
            await resets.SendAsync(part);
            await Eventually.Equal(3L * part.Length, () => broadcaster.Snapshot.ReceivedBytes, broadcaster.Dump);
            resets.Reset();
        }

        await CountAsync(broadcaster, 3, part.Length);
        using var stays = await broadcaster.ConnectAsync();
        await stays.SendAsync(part);
        await Eventually.Equal(4L * part.Length, () => broadcaster.Snapshot.ReceivedBytes, broadcaster.Dump);
        await broadcaster.DrainAsync();
        await CountAsync(broadcaster, 4, part.Length);
        Assert.Equal(0, broadcaster.Snapshot.Requests);
    }

    [Fact]
    public async Task Who_leaves_between_two_requests_by_QUIT_or_for_a_fault_leaves_no_part()
    {
        using var server = ScriptedServer.Start();
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings { Protocol = Protocol.Redis, FramedReply = FramedReply.None }, server);
        foreach (string stream in (string[])["", "PING\r\n", "MULTI\r\nSET a 1\r\n", "QUIT\r\nPIN", "*x\r\nPIN", "POST / HTTP/1.1\r\nHost: a\r\n"])
        {
            using var client = await broadcaster.ConnectAsync();
            await client.SendAsync(stream);
            client.ShutdownSend();
            await client.ReadToEndAsync();
        }

        await broadcaster.NobodyLeftAsync();
        Assert.Equal((0L, 0L, 2L), (broadcaster.Snapshot.Parts, broadcaster.Snapshot.PartBytes, broadcaster.Snapshot.Malformed));
    }

    /// <summary>At the wrong port: whether its first bytes are no request, or one that has not ended, it is said what they seem to be.</summary>
    [Theory]
    [InlineData(Protocol.Redis, Hello, "; it begins as TLS does, which tls_port is for")]
    [InlineData(Protocol.Memcached, Hello, "; it begins as TLS does, which tls_port is for")]
    [InlineData(Protocol.Line, Hello, "; it begins as TLS does, which tls_port is for")]
    [InlineData(Protocol.Redis, Header, "; it begins with a header of a proxy, which proxy_protocol is for")]
    [InlineData(Protocol.Memcached, Header, "; it begins with a header of a proxy, which proxy_protocol is for")]
    [InlineData(Protocol.Line, Header, "; it begins with a header of a proxy, which proxy_protocol is for")]
    public async Task Who_speaks_TLS_or_comes_by_a_proxy_where_neither_is_meant_is_said_to(Protocol protocol, string bytes, string said)
    {
        using var server = ScriptedServer.Start();
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings { Protocol = protocol, FramedReply = FramedReply.None }, server);
        using (var client = await broadcaster.ConnectAsync())
        {
            await client.SendAsync(bytes);
            client.ShutdownSend();
            await client.ReadToEndAsync();
        }

        await Eventually.True(() => broadcaster.Log.Of(1522).Concat(broadcaster.Log.Of(1525)).Any(line => line.Contains(said, StringComparison.Ordinal)), broadcaster.Dump);
    }

    private static Task CountAsync(BroadcasterUnderTest broadcaster, long count, int bytes) =>
        Eventually.Equal((count, count * bytes), () => (broadcaster.Snapshot.Parts, broadcaster.Snapshot.PartBytes), broadcaster.Dump);
}
