using Dynode.Broadcast.Plane;
using Dynode.Scenarios.Framed;
using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Dynode.TestKit.Streams;
using Xunit;

namespace Dynode.Scenarios.Ordered;

/// <summary>The engine takes less than it did, while something longer is on its way to it.</summary>
public sealed class ShorterTests
{
    private static readonly BroadcastSettings Redis = Asking.Redis with { ClaimLease = TimeSpan.FromSeconds(1), PlaceTimeout = TimeSpan.FromMinutes(1) };

    [Fact]
    public async Task What_the_log_had_not_taken_and_takes_no_more_is_not_kept_and_what_comes_later_is_placed()
    {
        using var server = FramedServer.Redis();
        var faults = new StreamFaults(new Random(1));
        faults.Heal();
        using var ordered = new OrderedBroadcasters(faults: faults);
        var broadcaster = ordered.Start(Redis, server.Address);
        await broadcaster.CurrentAsync(server);
        using var client = await broadcaster.ConnectAsync();
        await client.SendAsync("SET a 1\r\n");
        Assert.Equal("+OK", await SaidAsync());
        await client.SendAsync($"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$200000\r\n{new string('v', 200_000)}\r\nPING\r\n");
        await Eventually.True(() => broadcaster.Snapshot.Feed is { InFlight: 1 }, broadcaster.Dump);
        ordered.Logs[0].LoseNext(int.MaxValue);
        ordered.Stream.Take(100_000);
        ordered.Logs[0].Connect(isHere: false);
        ordered.Logs[0].Connect(isHere: true);
        Assert.Equal("-ERR the log takes less than it did: not kept", await SaidAsync());
        Assert.Equal("+PONG", await SaidAsync());
        await client.SendAsync("SET a 2\r\n");
        Assert.Equal("+OK", await SaidAsync());
        Assert.Equal(["SET a 1", "SET a 2"], server.Texts);

        // The stream takes what is on its way only when it is told to.
        async Task<string?> SaidAsync()
        {
            var said = client.ReadLineAsync();
            await Eventually.True(
                () =>
                {
                    ordered.Stream.Happen();
                    return said.IsCompleted;
                },
                broadcaster.Dump);
            return await said;
        }
    }
}
