using System.Text;
using Dynode.Streams;
using Dynode.TestKit;
using Dynode.UnitTests.Streams.Nats;
using Xunit;

namespace Dynode.Scenarios.Streams;

/// <summary>What a stream promises those who share it, with a real nats-server.</summary>
[Trait("Server", "nats")]
public sealed class OrderTests
{
    [Fact]
    public async Task Two_who_publish_hear_the_same_entries_with_the_same_numbers_in_the_same_order()
    {
        const int Each = 500;
        using RealServer server = await NatsServer.StartAsync();
        await using var one = new NatsLogUnderTest(NatsLogUnderTest.Settings(server.Port));
        await using var other = new NatsLogUnderTest(NatsLogUnderTest.Settings(server.Port));
        TakenWord here = await one.WordAsync(StreamWordKind.Here);
        TakenWord hereToo = await other.WordAsync(StreamWordKind.Here);
        Assert.Equal(here.State!.Identity, hereToo.State!.Identity);
        Assert.Equal((1ul, 0ul), (here.State.First, here.State.Last));
        Assert.Equal(1 << 20, here.State.ParcelBytesMax);
        Assert.InRange(here.State.RoundTrip, 1, 30_000_000);
        Assert.Equal("", here.Text);
        one.Log.Listen();
        other.Log.Listen();
        await StandsAsync(one);
        await StandsAsync(other);
        for (int i = 0; i < Each; i++)
        {
            one.Publish(1, Encoding.ASCII.GetBytes($"one {i}"));
            other.Publish(2, Encoding.ASCII.GetBytes($"other {i}"));
        }

        await Eventually.Equal(2 * Each, () => one.Of(StreamWordKind.Heard).Count, one.Dump);
        await Eventually.Equal(2 * Each, () => other.Of(StreamWordKind.Heard).Count, other.Dump);
        var heard = one.Of(StreamWordKind.Heard);
        Assert.Equal(Enumerable.Range(1, 2 * Each).Select(i => (ulong)i), heard.Select(word => word.Number));
        Assert.Equal(heard.Select(Text), other.Of(StreamWordKind.Heard).Select(Text));
        Assert.Equal(heard.Select(word => word.Time), other.Of(StreamWordKind.Heard).Select(word => word.Time));
        Assert.Equal(Enumerable.Range(0, Each).Select(i => $"one {i}"), heard.Select(Text).Where(text => text.StartsWith("one", StringComparison.Ordinal)));
        Assert.Equal(Enumerable.Range(0, Each).Select(i => $"other {i}"), heard.Select(Text).Where(text => text.StartsWith("other", StringComparison.Ordinal)));
        Assert.All(heard, word => Assert.InRange(word.Time, DateTimeOffset.UnixEpoch.AddYears(50).ToUnixTimeMilliseconds(), long.MaxValue));

        // And what is pulled is the same.
        one.Log.Pull(1, 1 << 20);
        TakenWord ended = await one.WordAsync(StreamWordKind.PullEnded);
        Assert.Equal((1001ul, ""), (ended.Number, ended.Text));
        Assert.Equal(heard.Select(word => (word.Number, word.Time, Text(word))), one.Of(StreamWordKind.Pulled).Select(word => (word.Number, word.Time, Text(word))));
        Assert.True(one.Wakes > 0);
    }

    private static string Text(TakenWord word) => Encoding.ASCII.GetString(word.Bytes);

    // An answer of later than what was asked before.
    private static async Task StandsAsync(NatsLogUnderTest log)
    {
        int before = log.Words.Count;
        log.Log.Look();
        await log.WordAsync(StreamWordKind.Stands, before);
    }
}
