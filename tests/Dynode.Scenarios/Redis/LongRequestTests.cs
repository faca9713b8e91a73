using Dynode.Broadcast.Plane;
using Dynode.Scenarios.Framed;
using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Dynode.Scenarios.Redis;

/// <summary>A request that a server takes bit by bit is progress until it has all of it; from then on only an answer is.</summary>
public sealed class LongRequestTests
{
    private static readonly BroadcastSettings Settings = Asking.Redis with { ReplyTimeout = TimeSpan.FromSeconds(5), StallTimeout = TimeSpan.FromMinutes(10) };

    [Fact]
    public async Task A_server_that_takes_some_of_a_request_each_few_seconds_keeps_its_connection()
    {
        const int Length = 8 << 20;
        var time = new FakeTimeProvider();
        using var server = FramedServer.Redis(Asking.Echoing, new ServerScript { ReceiveBufferBytes = 4_096, Recording = Recording.Hash });
        using var broadcaster = BroadcasterUnderTest.Start(Settings, time, server.Tcp);
        await broadcaster.CurrentAsync(server);
        using var client = await broadcaster.ConnectAsync();
        server.Tcp.PauseReading();
        long before = broadcaster.Of(server).SentBytes;
        var sending = client.SendAsync($"*2\r\n$3\r\nGET\r\n${Length}\r\n{new string('x', Length)}\r\n");
        await Eventually.True(() => broadcaster.Of(server).SentBytes > before, broadcaster.Dump);

        // Two of the five seconds in which a server that owes may be silent, again and again.
        await broadcaster.TakenBitByBitAsync(server.Tcp, time);
        Assert.InRange(server.Tcp.ReceivedBytes, 1, Length - 1);
        server.Tcp.ResumeReading();
        await sending;
        await broadcaster.NothingOwedAsync(server);
        Assert.Equal((0, 1), (broadcaster.Of(server).ConnectionsLost, server.Tcp.Accepted));
    }

    [Fact]
    public async Task One_that_takes_request_after_request_and_answers_none_is_silent()
    {
        var time = new FakeTimeProvider();
        using var server = FramedServer.Redis(Asking.Echoing);
        using var broadcaster = BroadcasterUnderTest.Start(Settings, time, server.Tcp);
        await broadcaster.CurrentAsync(server);
        using var client = await broadcaster.ConnectAsync();
        server.HoldAnswers();
        for (int i = 1; i <= 4; i++)
        {
            await client.SendAllAsync([$"GET {i}"]);
            await server.RequestsAsync(i);
            time.Advance(TimeSpan.FromSeconds(1.2));
        }

        Assert.Equal(0, broadcaster.Of(server).ConnectionsLost);
        await client.SendAllAsync(["GET 5"]);
        await server.RequestsAsync(5);
        time.Advance(TimeSpan.FromSeconds(0.3));
        await Eventually.Equal(1, () => broadcaster.Of(server).ConnectionsLost, broadcaster.Dump);
    }
}
