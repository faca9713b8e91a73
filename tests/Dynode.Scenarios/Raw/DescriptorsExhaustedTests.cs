using Dynode.Broadcast;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Raw;

/// <summary>No descriptors left: who is in goes on, who comes waits, and everything recovers when some are free.</summary>
[Collection(Alone.Name)]
public sealed class DescriptorsExhaustedTests
{
    [Fact]
    public async Task Accepting_pauses_and_goes_on_and_nobody_who_is_in_notices()
    {
        using var server = ScriptedServer.Start(new ServerScript { Echo = true });
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings { ReconnectDelayMax = TimeSpan.FromSeconds(0.1) }, server);
        using var present = await broadcaster.ConnectAsync();
        await AnsweredAsync(present);
        using (var warm = await broadcaster.ConnectAsync())
            await AnsweredAsync(warm);
        await Eventually.Equal(1, () => broadcaster.Snapshot.Clients, broadcaster.Dump);

        using var exhausted = ExhaustedDescriptors.Take();
        exhausted.Free(1);
        using var comes = await broadcaster.ConnectAsync();
        await Eventually.True(() => broadcaster.Snapshot.AcceptStalls > 1, broadcaster.Dump);
        await AnsweredAsync(present);
        Assert.Single(broadcaster.Log.Of(1004));

        // One for the client is there, and none to reach the server with.
        await comes.SendAsync("waits");
        exhausted.Free(1);
        await Eventually.True(() => broadcaster.Of(server).ConnectFailures > 0, broadcaster.Dump);
        await AnsweredAsync(present);

        exhausted.Free(4);
        await Eventually.True(() => broadcaster.Of(server).RepliedBytes == 9, () => server.Dump() + broadcaster.Dump());
        Assert.Equal("waits", await comes.ReadTextAsync(5));
        comes.Dispose();
        present.Dispose();
        await broadcaster.NobodyLeftAsync();
        Assert.Equal(0, broadcaster.Of(server).DroppedBytes);
    }

    private static async Task AnsweredAsync(TestClient client)
    {
        await client.SendAsync("?");
        Assert.Equal("?", await client.ReadTextAsync(1));
    }
}
