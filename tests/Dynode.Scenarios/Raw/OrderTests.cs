using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Raw;

/// <summary>What an operator wants of a server, where nobody knows requests: its connections end when nothing is owed, and none is made.</summary>
public sealed class OrderTests
{
    private static readonly BroadcastSettings Settings = new() { ReconnectDelayMax = TimeSpan.FromSeconds(0.1), IdleTimeout = TimeSpan.Zero };

    [Fact]
    public async Task A_server_that_is_disabled_gets_our_end_and_what_comes_meanwhile_when_it_is_enabled_again()
    {
        using var away = ScriptedServer.Start();
        using var stays = ScriptedServer.Start();
        using var broadcaster = BroadcasterUnderTest.Start(Settings, away, stays);
        using var client = await broadcaster.ConnectAsync();
        await client.SendAsync("one\n");
        await away.ReceivedTextAsync("one\n");
        broadcaster.Door.Order(BroadcasterUnderTest.Address(away.Address), BackendOrder.Disabled);
        await Eventually.True(() => !away.OpenConnections.Any(), broadcaster.Dump);
        await client.SendAsync("two\n");
        await stays.ReceivedTextAsync("one\ntwo\n");
        using var second = await broadcaster.ConnectAsync();
        await second.SendAsync("three\n");
        await stays.ReceivedTextAsync("one\ntwo\nthree\n");
        await Eventually.True(() => broadcaster.Of(away).OwedBytes == "two\nthree\n".Length, broadcaster.Dump);
        Assert.Equal(1, away.Accepted);
        broadcaster.Door.Order(BroadcasterUnderTest.Address(away.Address), BackendOrder.Enabled);
        await Eventually.True(() => away.ReceivedText.Length == "one\ntwo\nthree\n".Length, away.Dump);
        Assert.Contains("two\n", away.ReceivedText, StringComparison.Ordinal);
        Assert.Contains("three\n", away.ReceivedText, StringComparison.Ordinal);
        await Eventually.Equal(0, () => broadcaster.Of(away).OwedBytes, broadcaster.Dump);
        Assert.Equal(0, broadcaster.Of(away).DroppedBytes);
    }

    /// <summary>What sessions owe a server is counted while they hold it, and given back whatever becomes of them.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_owed_is_counted_and_is_nothing_when_all_have_ended(bool isDropped)
    {
        using var down = ScriptedServer.Down();
        using var stays = ScriptedServer.Start();
        using var broadcaster = BroadcasterUnderTest.Start(Settings with { BacklogBytesMax = isDropped ? 4 << 10 : 1 << 20 }, down, stays);
        var clients = new List<TestClient>();
        for (int i = 0; i < 5; i++)
        {
            clients.Add(await broadcaster.ConnectAsync());
            await clients[i].SendAsync(new string('x', 10_000));
        }

        await stays.ReceivedBytesAsync(50_000);
        await Eventually.True(() => broadcaster.Of(down).OwedBytes is var owed && owed == 50_000 - broadcaster.Of(down).DroppedBytes && (isDropped ? owed < 50_000 : owed == 50_000), broadcaster.Dump);
        await broadcaster.DrainAsync();
        Assert.Equal((0, 50_000), (broadcaster.Of(down).OwedBytes, broadcaster.Of(down).DroppedBytes));
        clients.ForEach(client => client.Dispose());
    }
}
