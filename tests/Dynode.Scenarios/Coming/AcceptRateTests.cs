using Dynode.Broadcast.Plane;
using Dynode.TestKit;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Dynode.Scenarios.Coming;

/// <summary>How fast clients are let in: those who come faster wait in the kernel, and none is sent away.</summary>
public sealed class AcceptRateTests
{
    [Theory]
    [InlineData(Protocol.Raw)]
    [InlineData(Protocol.Redis)]
    public async Task A_second_of_them_comes_in_at_once_then_each_in_its_time_and_all_are_served(Protocol protocol)
    {
        const int Rate = 4;
        var time = new FakeTimeProvider();
        using var comers = await Comers.StartAsync(protocol, new BroadcastSettings { AcceptRate = Rate, IdleTimeout = TimeSpan.Zero }, time);
        List<TestClient> clients = [];
        for (int i = 0; i < 3 * Rate; i++)
            clients.Add(await comers.ConnectAsync());
        await Eventually.Equal(Rate, () => comers.Broadcaster.Snapshot.Accepted, comers.Broadcaster.Dump);
        await Eventually.True(() => comers.Door.Waits > 0, comers.Broadcaster.Dump);

        // The clock stands: nobody comes in of itself, and none too early. How late is the test's affair: it moves the clock while timers are set.
        var elapsed = TimeSpan.Zero;
        await Eventually.True(
            () =>
            {
                long accepted = comers.Broadcaster.Snapshot.Accepted;
                Assert.InRange(accepted, Rate, Rate + (Rate * elapsed.Ticks / TimeSpan.TicksPerSecond));
                var step = TimeSpan.FromMilliseconds(17);
                elapsed += step;
                time.Advance(step);
                return accepted == 3 * Rate;
            },
            comers.Broadcaster.Dump);
        Assert.True(elapsed >= TimeSpan.FromSeconds(2), $"{elapsed}");
        foreach (var client in clients)
            await Comers.IsServedAsync(client);
        Assert.Equal(0, comers.Broadcaster.Snapshot.Refused);
        Assert.Equal(3 * Rate, comers.Broadcaster.Snapshot.Clients);
        Assert.Contains("accept_rate=4 a second", comers.Broadcaster.Log.Of(1009).First(), StringComparison.Ordinal);
        clients.ForEach(static client => client.Dispose());
    }

    [Fact]
    public async Task Who_is_denied_was_accepted_too()
    {
        var time = new FakeTimeProvider();
        using var comers = await Comers.StartAsync(Protocol.Redis, new BroadcastSettings { AcceptRate = 2, ClientsDeny = Comers.Networks("127.0.0.2") }, time);
        await comers.ComesInVainAsync("127.0.0.2");
        await comers.ComesInVainAsync("127.0.0.2");
        using var waiting = await comers.ConnectAsync();
        await Eventually.True(() => comers.Door.Waits > 0, comers.Broadcaster.Dump);
        Assert.Equal(0, comers.Broadcaster.Snapshot.Accepted);
        await Eventually.True(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(0.1));
                return comers.Broadcaster.Snapshot.Accepted == 1;
            },
            comers.Broadcaster.Dump);
        await Comers.IsServedAsync(waiting);
    }

    [Theory]
    [InlineData(0, 9)]
    [InlineData(1_000_000, 9)]
    [InlineData(3, 4)]
    public async Task A_reload_is_in_force_with_the_next_one_that_would_have_come(int rate, int accepted)
    {
        var time = new FakeTimeProvider();
        using var comers = await Comers.StartAsync(Protocol.Redis, new BroadcastSettings { AcceptRate = 1 }, time);
        List<TestClient> clients = [];
        for (int i = 0; i < 9; i++)
            clients.Add(await comers.ConnectAsync());
        await Eventually.Equal(1, () => comers.Broadcaster.Snapshot.Accepted, comers.Broadcaster.Dump);
        await Eventually.True(() => comers.Door.Waits > 0, comers.Broadcaster.Dump);
        comers.Reload(settings => settings with { AcceptRate = rate });
        await Eventually.True(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(0.1));
                return comers.Broadcaster.Snapshot.Accepted >= accepted;
            },
            comers.Broadcaster.Dump);
        clients.ForEach(static client => client.Dispose());
    }

    [Fact]
    public async Task The_end_waits_for_nobody_who_was_not_let_in()
    {
        var time = new FakeTimeProvider();
        using var comers = await Comers.StartAsync(Protocol.Redis, new BroadcastSettings { AcceptRate = 1 }, time);
        using var inside = await comers.ComesInAsync();
        using var outside = await comers.ConnectAsync();
        await Eventually.True(() => comers.Door.Waits > 0, comers.Broadcaster.Dump);
        var drained = comers.Broadcaster.DrainAsync();
        Assert.Equal("", (await inside.ReadToEndAsync()).Text);
        inside.Dispose();
        await drained.WaitAsync(Deadline.Default);
    }
}
