using System.Globalization;
using System.Text.RegularExpressions;
using Dynode.Streams;
using Dynode.TestKit;
using Dynode.UnitTests.Streams.Nats;
using Xunit;

namespace Dynode.Scenarios.Streams;

/// <summary>Three servers, of which one may die.</summary>
[Trait("Server", "nats")]
public sealed partial class ClusterTests
{
    /// <summary>An election takes up to nine seconds, and there may be two.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Far more than are said until each has led.</summary>
    private const int WordsMax = 2_000;

    [Fact]
    public async Task When_the_leader_is_killed_another_goes_on_with_all_that_was_heard()
    {
        const int Rounds = 2;
        using NatsCluster cluster = await NatsCluster.StartAsync();
        await using var log = new NatsLogUnderTest(cluster.Settings);
        TakenWord here = await log.WordAsync(StreamWordKind.Here, deadline: Patience);
        StreamIdentity identity = here.State!.Identity;
        log.Log.Listen();
        int sent = 0;
        for (int round = 0; round < Rounds; round++)
        {
            await PlaceAsync(log, ++sent);
            ulong last = log.Of(StreamWordKind.Heard)[^1].Number;
            RealServer leader = LeaderOf(cluster, State(log).Where);
            await leader.KillAsync();

            // It is held until there is another, whatever is said meanwhile.
            await PlaceAsync(log, ++sent);
            Assert.Equal(identity, State(log).Identity);
            Assert.True(log.Of(StreamWordKind.Heard)[^1].Number > last);
            await leader.StartAsync();
            await NatsTogether.CurrentAsync(cluster.Servers, "orders");
        }

        int before;
        TakenWord ended;
        long until = TimeProvider.System.GetTimestamp() + (long)(Patience.TotalSeconds * TimeProvider.System.TimestampFrequency);
        do
        {
            // A server that has just come back may not have all yet, or not answer yet, and a pull says so: its reader asks again.
            before = log.Words.Count;
            log.Log.Pull(1, 1 << 20);
            ended = await log.WordAsync(StreamWordKind.PullEnded, before, Patience);
        }
        while (ended.Text.Length > 0 && TimeProvider.System.GetTimestamp() < until);
        Assert.Equal("", ended.Text);
        var placed = log.Words.Skip(before).Where(word => word.Kind == StreamWordKind.Pulled).ToDictionary(word => word.Number, word => BitConverter.ToInt32(word.Bytes));
        Assert.All(log.Of(StreamWordKind.Heard), heard => Assert.Equal(placed[heard.Number], BitConverter.ToInt32(heard.Bytes)));
        Assert.Equal(Enumerable.Range(1, sent), placed.Values.Distinct());
    }

    /// <summary>Where two make it at the same moment, a server that was restarted names another time of creation than before (2.10): so it is not by that that a stream is known.</summary>
    [Fact]
    public async Task It_is_the_same_stream_whichever_server_was_restarted_and_leads()
    {
        using NatsCluster cluster = await NatsCluster.StartAsync();
        await using var log = new NatsLogUnderTest(cluster.Settings);
        await using var other = new NatsLogUnderTest(cluster.Settings);
        StreamIdentity identity = (await log.WordAsync(StreamWordKind.Here, deadline: Patience)).State!.Identity;
        Assert.Equal(identity, (await other.WordAsync(StreamWordKind.Here, deadline: Patience)).State!.Identity);
        foreach (RealServer server in cluster.Servers)
        {
            await server.KillAsync();
            await server.StartAsync();
            await NatsTogether.CurrentAsync(cluster.Servers, "orders");
        }

        await using NatsAdmin admin = await NatsAdmin.ConnectAsync(cluster.Servers[0].Port);
        int restarted = log.Words.Count;
        string[] leaders;
        do
        {
            int before = log.Words.Count;
            string leader = State(log).Leader;
            await EachSecondUntil(
                () =>
                {
                    // To whom is not to be had for the asking in each version: who leads gives way until all have led.
                    _ = admin.TellAsync("$JS.API.STREAM.LEADER.STEPDOWN.orders");
                    log.Log.Look();
                },
                () => log.Words.Skip(before).Any(word => word.State is { Leader.Length: > 0 } state && state.Leader != leader),
                log.Dump);
            StreamState[] states = [.. log.Words.Skip(restarted).Select(word => word.State).OfType<StreamState>()];
            Assert.All(states, state => Assert.Equal(identity, state.Identity));
            leaders = [.. states.Select(state => state.Leader).Where(name => name.Length > 0).Distinct()];
            Assert.True(log.Words.Count < WordsMax, log.Dump());
        }
        while (leaders.Length < cluster.Servers.Count);
    }

    private static StreamState State(NatsLogUnderTest log) => log.Words.Last(word => word.State is not null).State!;

    private static RealServer LeaderOf(NatsCluster cluster, string where) => LeaderName().Match(where) is { Success: true } named
        ? cluster.Servers[int.Parse(named.Groups["n"].Value, CultureInfo.InvariantCulture)]
        : cluster.Servers.Single(server => where.Contains($"at {server.Address}, which is the leader", StringComparison.Ordinal));

    // Sent again and again until it comes by, and listened to anew with each connection.
    private static async Task PlaceAsync(NatsLogUnderTest log, int value)
    {
        int seen = log.Words.Count;
        await EachSecondUntil(
            () =>
            {
                log.Log.Look();
                log.Publish(7, BitConverter.GetBytes(value));
            },
            () =>
            {
                IReadOnlyList<TakenWord> words = log.Words;
                if (words.Skip(seen).Any(word => word.Kind == StreamWordKind.Here)) log.Log.Listen();
                seen = words.Count;
                return words.Any(word => word.Kind == StreamWordKind.Heard && BitConverter.ToInt32(word.Bytes) == value);
            },
            log.Dump);
    }

    private static async Task EachSecondUntil(Action act, Func<bool> condition, Func<string> dump)
    {
        long next = 0;
        await Eventually.True(
            () =>
            {
                if (TimeProvider.System.GetTimestamp() >= next)
                {
                    act();
                    next = TimeProvider.System.GetTimestamp() + TimeProvider.System.TimestampFrequency;
                }

                return condition();
            },
            dump,
            Patience);
    }

    [GeneratedRegex(@", leader n(?<n>\d),")]
    private static partial Regex LeaderName();
}
