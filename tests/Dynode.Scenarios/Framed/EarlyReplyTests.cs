using Dynode.Broadcast.Plane;
using Dynode.Scenarios.Line;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Framed;

/// <summary>A server that answers before it has all of a request, as memcached refuses by its first line a value that is too large.</summary>
public sealed class EarlyReplyTests
{
    private const int Rounds = 8;
    private const int Bytes = 15 << 20;

    [Fact]
    public async Task Its_reply_is_taken_when_the_rest_of_the_request_has_gone()
    {
        using var server = ScriptedServer.Start(new ServerScript { ReadPaused = true, ReceiveBufferBytes = 512 << 10, Recording = Recording.Hash });
        using var broadcaster = BroadcasterUnderTest.Start(LineSettings.Answered(FramedReply.Primary) with { BacklogBytesMax = 64 << 20, StallTimeout = TimeSpan.Zero }, server);
        using var client = await broadcaster.ConnectAsync();
        byte[] line = [.. new string('x', Bytes - 1).Select(static c => (byte)c), (byte)'\n'];
        for (int round = 1; round <= Rounds; round++)
        {
            Task sending = client.SendAsync(line);
            var connection = await server.ConnectionAsync(0);

            // All of it is here, and the kernel has not room for it.
            await Eventually.Equal((long)round * Bytes, () => broadcaster.Snapshot.ReceivedBytes, broadcaster.Dump);
            await sending;
            Assert.InRange(broadcaster.Of(server).SentBytes, 1, ((long)round * Bytes) - 1);
            string early = $"early {round}";
            await connection.SendAsync($"{early}\n");
            long replied = Enumerable.Range(1, round).Sum(static i => $"early {i}\n".Length);
            await Eventually.Equal(replied, () => broadcaster.Of(server).RepliedBytes, broadcaster.Dump);
            server.ResumeReading();
            Assert.Equal(early, await client.ReadLineAsync());
            await server.ReceivedBytesAsync((long)round * Bytes);
            server.PauseReading();
        }

        Assert.Equal((0L, 0L), (broadcaster.Of(server).ConnectionsLost, broadcaster.Of(server).Repeats));
    }
}
