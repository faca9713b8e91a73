using System.Globalization;
using Dynode.Broadcast.Plane;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Redis;

/// <summary>Order: every server gets the same requests in the same order, whoever sent them; also one that was killed among them.</summary>
[Trait("Server", "redis")]
public sealed class OneOrderTests(ITestOutputHelper output)
{
    /// <summary>Runs of each test; more by hand, through <see cref="RunsVariable"/>.</summary>
    private const int Runs = 2;

    private const string RunsVariable = "DYNODE_TEST_RUNS";
    private const int Clients = 64;
    private const int Pushes = 500;

    private static int RunCount =>
        Environment.GetEnvironmentVariable(RunsVariable) is { Length: > 0 } given ? int.Parse(given, CultureInfo.InvariantCulture) : Runs;

    [Fact]
    public async Task Three_servers_hold_one_list_that_64_clients_push_to()
    {
        using var redis = await RedisBroadcast.StartAsync(FramedReply.Primary);
        for (int run = 0; run < RunCount; run++)
        {
            string key = $"list {run}";
            var replies = await PushAsync(redis, key, () => { });
            await redis.CurrentAsync();
            string[][] lists = await Task.WhenAll(redis.Servers.Select(server => redis.ListAsync(server, key)));
            Assert.Equal(Clients * Pushes, lists[0].Length);
            Assert.All(lists, list => Assert.Equal(lists[0], list));

            // What a client was told is where its element is.
            foreach ((string element, long place) in replies)
                Assert.Equal(element, lists[0][place - 1]);
            output.WriteLine($"run {run}: {lists[0].Length} elements, equal on {lists.Length} servers");
        }

        redis.NothingLost();
        await redis.EqualAsync();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task A_server_that_is_killed_and_comes_back_in_mid_load_has_all_elements_in_the_order_of_the_others(int killed)
    {
        for (int run = 0; run < RunCount; run++)
        {
            using var redis = await RedisBroadcast.StartAsync(FramedReply.Primary, RedisBroadcast.DurableArguments);
            var victim = redis.Servers[killed];
            int pushed = 0;
            var dies = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var pushing = PushAsync(redis, "list", () =>
            {
                if (Interlocked.Increment(ref pushed) == Clients * Pushes / 5) dies.SetResult();
            });
            await dies.Task.WaitAsync(Deadline.Default);
            await victim.KillAsync();
            await victim.StartAsync();
            Assert.All(await pushing, reply => Assert.True(reply.Place > 0));
            await redis.CurrentAsync();

            string[][] lists = await Task.WhenAll(redis.Servers.Select(server => redis.ListAsync(server, "list")));
            string[][] firstSeen = [.. lists.Select(list => list.Distinct().ToArray())];
            int[] repeated = [.. lists.Select((list, i) => list.Length - firstSeen[i].Length)];
            Assert.Equal(Clients * Pushes, firstSeen[0].Length);
            Assert.All(firstSeen, list => Assert.Equal(firstSeen[0], list));
            for (int i = 0; i < repeated.Length; i++)
                Assert.InRange(redis.Of(redis.Servers[i]).Repeats, repeated[i], long.MaxValue);
            Assert.All(repeated.Where((_, i) => i != killed), count => Assert.Equal(0, count));
            var snapshot = redis.Of(victim);
            Assert.InRange(snapshot.ConnectionsLost, 1, long.MaxValue);
            Assert.Equal(0, snapshot.DroppedRequests);
            output.WriteLine($"run {run}: {firstSeen[0].Length} elements; of the server that died {repeated[killed]} twice, {snapshot.Repeats} requests sent again, {snapshot.Divergences} divergences");
        }
    }

    /// <summary>Each client pushes its own elements, some at a time.</summary>
    /// <returns>Each element, and the length of the list that the client was told.</returns>
    private static async Task<(string Element, long Place)[]> PushAsync(RedisBroadcast redis, string key, Action pushed)
    {
        const int AtOnce = 10;
        var all = await Task.WhenAll(Enumerable.Range(0, Clients).Select(async number =>
        {
            using var client = await redis.ConnectAsync();
            var told = new List<(string, long)>(Pushes);
            for (int i = 0; i < Pushes; i += AtOnce)
            {
                string[] elements = [.. Enumerable.Range(i, AtOnce).Select(element => $"{number}:{element}")];
                var replies = await client.AskAllAsync([.. elements.Select(element => new[] { "RPUSH", key, element })]);
                for (int at = 0; at < AtOnce; at++)
                {
                    told.Add((elements[at], replies[at].Number));
                    pushed();
                }
            }

            return told;
        }));
        return [.. all.SelectMany(told => told)];
    }
}
