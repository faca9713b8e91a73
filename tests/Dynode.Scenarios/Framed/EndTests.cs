using Dynode.Broadcast.Plane;
using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Xunit;

namespace Dynode.Scenarios.Framed;

/// <summary>The end of a broadcaster whose servers do not end.</summary>
public sealed class EndTests
{
    [Fact]
    public async Task A_server_that_never_answers_our_end_is_cut_off_by_the_drain_timeout_and_nothing_of_it_is_left()
    {
        using var server = FramedServer.Redis(tcp: new ServerScript { AnswerEnd = false });
        var settings = new BroadcastSettings { Protocol = Protocol.Redis, DrainTimeout = TimeSpan.FromSeconds(0.2) };
        using var broadcaster = BroadcasterUnderTest.Start(settings, server.Tcp);
        using (var client = await broadcaster.ConnectAsync())
        {
            await client.SendAsync("SET a 1\r\n");
            Assert.Equal("+OK", await client.ReadLineAsync());
        }

        await broadcaster.DrainAsync();

        // That no page is out, the one that the server's end would have been read into neither, is looked at by whoever disposes.
        Assert.Equal(1, broadcaster.Log.Count(1403));
    }
}
