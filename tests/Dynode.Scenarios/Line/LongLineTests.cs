using Dynode.Broadcast.Plane;
using Dynode.TestKit;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Dynode.Scenarios.Line;

/// <summary>A line that a server takes bit by bit is progress all the while, though it is acknowledged only at its end.</summary>
public sealed class LongLineTests
{
    private static readonly BroadcastSettings Settings = LineSettings.Silent with { ReplyTimeout = TimeSpan.FromSeconds(5), StallTimeout = TimeSpan.FromMinutes(10) };

    [Fact]
    public async Task A_server_that_takes_some_of_a_line_each_few_seconds_keeps_its_connection()
    {
        const int Length = 8 << 20;
        var time = new FakeTimeProvider();
        using var server = ScriptedServer.Start(new ServerScript { ReceiveBufferBytes = 4_096, Recording = Recording.Hash });
        using var broadcaster = BroadcasterUnderTest.Start(Settings, time, server);
        using var client = await broadcaster.ConnectAsync();
        await broadcaster.CurrentAsync(1);
        server.PauseReading();
        var sending = client.SendAsync(new string('x', Length - 1) + "\n");
        await Eventually.True(() => broadcaster.Of(server).SentBytes > 0, broadcaster.Dump);

        // Two of the five seconds in which a server that owes may be silent, again and again.
        await broadcaster.TakenBitByBitAsync(server, time);
        Assert.InRange(server.ReceivedBytes, 1, Length - 1);
        server.ResumeReading();
        await sending;
        await server.ReceivedBytesAsync(Length);
        Assert.Equal((0, 1), (broadcaster.Of(server).ConnectionsLost, server.Accepted));
    }
}
