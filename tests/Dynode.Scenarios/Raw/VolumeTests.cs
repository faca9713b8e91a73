using System.Security.Cryptography;
using Dynode.Broadcast.Plane;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Raw;

/// <summary>A gibibyte of random bytes through three servers, of which one pauses and one dies and comes back.</summary>
[Collection(Alone.Name)]
public sealed class VolumeTests
{
    private const long HalfBytes = 512L << 20;
    private const int PieceBytes = 1 << 20;

    /// <summary>In which the bytes must go at the latest; for machines on which much else runs.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    [Fact]
    public Task A_gibibyte_reaches_a_steady_a_paused_and_a_restarted_server_equal_to_the_byte() => Seed.RunAsync(async random =>
    {
        var script = new ServerScript { Recording = Recording.Hash };
        using var steady = ScriptedServer.Start(script);
        using var pauses = ScriptedServer.Start(script);
        using var dies = ScriptedServer.Start(script);
        ScriptedServer[] servers = [steady, pauses, dies];

        // The pause is well within what one server may hold the client.
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings { StallTimeout = TimeSpan.FromMinutes(5) }, servers);
        using var client = await broadcaster.ConnectAsync();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

        var first = SendAsync(client, random, hash);
        await pauses.ReceivedBytesAsync(HalfBytes / 4, Patience);
        pauses.PauseReading();
        await Task.Delay(Pause);
        pauses.ResumeReading();
        await first;
        await AllHaveAsync(broadcaster, servers, HalfBytes);

        // It has said how much it has; now it may die and nothing of it is in doubt.
        dies.Restart();
        await Eventually.Equal(1, () => broadcaster.Of(dies).ConnectionsLost, broadcaster.Dump);
        await SendAsync(client, random, hash);
        await AllHaveAsync(broadcaster, servers, 2 * HalfBytes);

        string expected = Convert.ToHexString(hash.GetHashAndReset());
        foreach (var server in servers)
        {
            Assert.Equal((2 * HalfBytes, expected), (server.ReceivedBytes, server.Sha256));
            Assert.Equal((0, 0, 0), (broadcaster.Of(server).DroppedBytes, broadcaster.Of(server).RepeatedBytes, broadcaster.Of(server).Ejections));
        }

        Assert.Equal((1, 1, 2), (steady.Accepted, pauses.Accepted, dies.Accepted));
    });

    private static async Task SendAsync(TestClient client, Random random, IncrementalHash hash)
    {
        byte[] piece = new byte[PieceBytes];
        for (long sent = 0; sent < HalfBytes; sent += PieceBytes)
        {
            random.NextBytes(piece);
            hash.AppendData(piece);
            await client.SendAsync(piece, Patience);
        }
    }

    private static Task AllHaveAsync(BroadcasterUnderTest broadcaster, ScriptedServer[] servers, long bytes) => Eventually.True(
        () => servers.All(server => server.ReceivedBytes >= bytes),
        () => $"{string.Join('\n', servers.Select(server => server.Dump()))}\n{broadcaster.Dump()}",
        Patience);
}
