using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;
using Dynode.Scenarios.Line;
using Dynode.TestKit;
using Microsoft.Extensions.Time.Testing;
using Xunit;
using Reply = Dynode.Broadcast.Plane.FramedReply;

namespace Dynode.Scenarios.Tls;

/// <summary>A server that is not who it should be by TLS, or does not speak it, is down, and the reason is said; nobody else waits for it.</summary>
public sealed class ServerFaultTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(0.1);

    public static TheoryData<string, bool> Ways
    {
        get
        {
            var ways = new TheoryData<string, bool>();
            foreach (string way in (string[])["name", "common name", "authority", "system", "expired", "not yet", "plain", "closed", "reset"])
            {
                ways.Add(way, false);
                ways.Add(way, true);
            }

            return ways;
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task It_is_down_for_a_reason_in_words_and_the_others_are_served(string way, bool isRaw)
    {
        using var byTls = new ServersByTls(trustsSystem: way == "system");
        using var stranger = new TestAuthority("a stranger");
        using var good = ScriptedServer.Start(new() { ReplyPerLine = static line => $"ok {line}\r\n" });
        using var behind = ScriptedServer.Start(new() { ReplyPerLine = static line => $"ok {line}\r\n" });
        var now = TimeProvider.System.GetUtcNow();
        using var bad = ScriptedServer.Start(new()
        {
            ReplyPerRead = way == "plain" ? static _ => "-ERR unknown command\r\n"u8.ToArray() : null,
            OnRead = way switch
            {
                "closed" => static (connection, _) => connection.Close(),
                "reset" => static (connection, _) => connection.Reset(),
                _ => null,
            },
        });
        (string address, string reason) = way switch
        {
            "name" => (byTls.Before(behind.Port, byTls.Authority.Issue("other.test", "10.0.0.1")).Address, "certificate: name mismatch: it is for other.test, 10.0.0.1, and not for 127.0.0.1"),
            "common name" => (byTls.Before(behind.Port, byTls.Authority.Issue()).Address, "certificate: name mismatch: it is for no name (CN=nobody is none: names stand among the alternative names), and not for 127.0.0.1"),
            "authority" => (byTls.Before(behind.Port, stranger.Issue("127.0.0.1")).Address, "certificate: none of the authorities that are trusted has signed it (CN=127.0.0.1, by CN=a stranger, until "),
            "system" => (byTls.Before(behind.Port).Address, "certificate: none of the authorities that are trusted has signed it"),
            "expired" => (byTls.Before(behind.Port, byTls.Authority.Issue(now.AddDays(-3), now.AddDays(-1), "127.0.0.1")).Address, "certificate: it is out of date, or of no use yet"),
            "not yet" => (byTls.Before(behind.Port, byTls.Authority.Issue(now.AddDays(1), now.AddDays(3), "127.0.0.1")).Address, "certificate: it is out of date, or of no use yet"),
            "plain" => ($"tls://{bad.Address}", "what came is no TLS: it looks as if the server spoke plain"),
            "closed" => ($"tls://{bad.Address}", "closed by the server in the TLS handshake"),
            "reset" => ($"tls://{bad.Address}", "reset by the server in the TLS handshake"),
            _ => throw new ArgumentOutOfRangeException(nameof(way)),
        };
        var settings = isRaw ? new BroadcastSettings { Reply = RawReply.Primary } : LineSettings.Answered(Reply.Primary);
        using var broadcaster = BroadcasterUnderTest.Start(settings with { ReconnectDelayMax = Soon }, [good.Address, address], byTls.Tls);
        using var client = await broadcaster.ConnectAsync();
        for (int i = 0; i < 3; i++)
        {
            await client.SendAsync($"line {i}\n");
            Assert.Equal($"ok line {i}", await client.ReadLineAsync());
        }

        BackendSnapshot Server() => broadcaster.Of(address);
        await Eventually.True(() => Server() is { LastError: { } error } && error.Contains(reason, StringComparison.Ordinal), broadcaster.Dump);

        // It is tried again, and again in vain.
        long failures = Server().ConnectFailures + Server().ConnectionsLost;
        await Eventually.True(() => Server().ConnectFailures + Server().ConnectionsLost > failures, broadcaster.Dump);
        await Eventually.Equal(BackendState.Down, () => Server().State, broadcaster.Dump);
        Assert.Contains(reason, Server().LastError!, StringComparison.Ordinal);
        await client.SendAsync("after\n");
        Assert.Equal("ok after", await client.ReadLineAsync());
        Assert.Equal(0, behind.ReceivedBytes);
    }

    /// <summary>The clock stands still but for what the test adds: so it is the whole of connect_timeout, TCP's part included.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task One_that_does_not_answer_the_handshake_is_given_up_after_connect_timeout(bool isRaw)
    {
        var time = new FakeTimeProvider();
        using var byTls = new ServersByTls();
        using var silent = ScriptedServer.Start();
        using var good = ScriptedServer.Start(new() { ReplyPerLine = static line => $"ok {line}\r\n" });
        var settings = isRaw ? new BroadcastSettings { Reply = RawReply.Primary } : LineSettings.Answered(Reply.Primary);
        using var broadcaster = BroadcasterUnderTest.Start(settings, [$"tls://{silent.Address}", good.Address], byTls.Tls, time);
        using var client = await broadcaster.ConnectAsync();
        await Eventually.True(() => silent.ReceivedBytes > 0, silent.Dump);
        Assert.Equal((0L, BackendState.Unknown), (broadcaster.Of(silent).ConnectFailures, broadcaster.Of(silent).State));
        time.Advance(settings.ConnectTimeout - TimeSpan.FromSeconds(1));
        Assert.Equal(0L, broadcaster.Of(silent).ConnectFailures);
        await Eventually.True(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(0.1));
                return broadcaster.Of(silent).State == BackendState.Down;
            },
            broadcaster.Dump);
        Assert.Equal("no answer to the TLS handshake: it may be that the server speaks plain", broadcaster.Of(silent).LastError);
        await Eventually.True(() => silent.Connections[0].End is ConnectionEnd.PeerFin or ConnectionEnd.PeerReset, silent.Dump);
        await client.SendAsync("on\n");
        Assert.Equal("ok on", await client.ReadLineAsync());
    }

    [Fact]
    public async Task Nothing_is_sent_plain_to_a_server_that_is_to_be_spoken_to_by_TLS_where_nobody_can()
    {
        using var server = ScriptedServer.Start();
        using var broadcaster = BroadcasterUnderTest.Start(LineSettings.Answered(Reply.Primary), [$"tls://{server.Address}"]);
        using var client = await broadcaster.ConnectAsync();
        await client.SendAsync("line\n");
        await Eventually.Equal("nobody here can speak TLS", () => broadcaster.Of(server).LastError, broadcaster.Dump);
        Assert.Equal(0, server.ReceivedBytes);
    }

    [Fact]
    public async Task In_raw_an_end_without_that_of_TLS_is_no_end_of_what_the_server_had_to_say()
    {
        using var byTls = new ServersByTls();
        using var echo = ScriptedServer.Start(new() { Echo = true });
        var front = byTls.Before(echo.Port);
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings { Reply = RawReply.All }, [front.Address], byTls.Tls);
        using var client = await broadcaster.ConnectAsync();
        await client.SendAsync("half");
        Assert.Equal("half", await client.ReadTextAsync(4));
        front.CutAll();
        await Eventually.True(() => broadcaster.Of(front.Name).LastError?.Contains("without an end of TLS", StringComparison.Ordinal) == true, broadcaster.Dump);

        // With a server's own end the client would have got one. This one goes on, with the next connection.
        await client.SendAsync("on");
        Assert.Equal("on", await client.ReadTextAsync(2));
        Assert.Equal(2L, broadcaster.Of(front.Name).Connects);
        echo.CloseAll();
        Assert.False((await client.ReadToEndAsync()).WasReset);
    }
}
