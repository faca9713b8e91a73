using Dynode.Scenarios.Framed;
using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Xunit;

namespace Dynode.Scenarios.Ordered;

/// <summary>What a client waits for its own rate is no wait for its place in the order.</summary>
public sealed class PacedTests
{
    [Fact]
    public async Task A_request_that_waited_for_its_clients_rate_has_all_of_its_time_for_a_place()
    {
        const int Before = 8;
        using var server = FramedServer.Redis();
        using var ordered = new OrderedBroadcasters();
        var broadcaster = ordered.Start(Asking.Redis with { PlaceTimeout = TimeSpan.FromSeconds(5), RequestRate = 1 }, server.Address);
        await broadcaster.CurrentAsync(server);
        using var client = await broadcaster.ConnectAsync();
        await client.SendAsync(string.Concat(Enumerable.Range(0, Before + 2).Select(static i => $"SET a {i}\r\n")));
        for (int i = 0; i < Before; i++)
            Assert.Equal("+OK", await client.ReadLineAsync());

        // By now the others are here for longer than a place may take, and have not been let go on. When the second of them is, the first has waited for a second.
        ordered.Logs[0].Connect(isHere: false, "cut off by a test");
        await Eventually.True(() => broadcaster.Snapshot.Feed!.Waiting == 2, broadcaster.Dump);
        ordered.Logs[0].Connect(isHere: true);
        Assert.Equal("+OK", await client.ReadLineAsync());
        Assert.Equal("+OK", await client.ReadLineAsync());
        await server.TextsAsync(Enumerable.Range(0, Before + 2).Select(static i => $"SET a {i}"));
    }
}
