using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Redis;

/// <summary>The database is each client's own, though all share one connection to each server; no write ever reaches another than it was meant for.</summary>
[Trait("Server", "redis")]
public sealed class DatabaseTests
{
    private const int DatabaseRefused = 1513;
    private const int Databases = 16;
    private const int BacklogBytes = 1 << 20;

    private static readonly string[] Few = ["--databases", "4"];

    [Fact]
    public Task Clients_in_different_databases_at_once_write_each_to_its_own() => Seed.RunAsync(async random =>
    {
        using var redis = await RedisBroadcast.StartAsync(FramedReply.Primary);
        int[] seeds = [.. Enumerable.Range(0, 12).Select(_ => random.Next())];
        var expected = (await Task.WhenAll(seeds.Select((seed, number) => WanderAsync(redis, number, new Random(seed))))).SelectMany(written => written).ToArray();

        await redis.EqualAsync();
        redis.NothingLost();
        await HoldAsync(redis, expected);
    });

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public Task A_server_that_restarts_in_the_midst_gets_its_first_request_in_the_right_database(int killed) => Seed.RunAsync(async random =>
    {
        using var redis = await RedisBroadcast.StartAsync(FramedReply.Primary, RedisBroadcast.DurableArguments);
        int[] seeds = [.. Enumerable.Range(0, 12).Select(_ => random.Next())];
        var writing = Task.WhenAll(seeds.Select((seed, number) => WanderAsync(redis, number, new Random(seed), idempotent: true)));
        for (int i = 0; i < 4; i++)
        {
            long before = redis.Snapshot.Requests;
            await Eventually.True(() => redis.Snapshot.Requests > before + 100 || writing.IsCompleted, redis.Broadcaster.Dump);
            await redis.Servers[killed].KillAsync();
            await redis.Servers[killed].StartAsync();
        }

        var expected = (await writing).SelectMany(written => written).ToArray();
        await redis.EqualAsync();
        Assert.All(redis.Snapshot.Backends, backend => Assert.Equal(0, backend.DroppedRequests));
        await HoldAsync(redis, expected);
    });

    [Theory]
    [InlineData(FramedReply.Primary)]
    [InlineData(FramedReply.Fastest)]
    [InlineData(FramedReply.Majority)]
    public async Task Writes_to_a_database_that_one_server_lacks_reach_no_other_database_of_it(FramedReply reply)
    {
        using var redis = await RedisBroadcast.StartAsync(RedisBroadcast.Settings with { FramedReply = reply }, [], [], Few);
        var few = redis.Servers[2];
        using var first = await redis.ConnectAsync();
        using var second = await redis.ConnectAsync(3);
        Assert.Equal("OK", (await first.AskAsync("SET", "key", "in 0")).Text);
        Assert.Equal("OK", (await second.AskAsync("SET", "key", "in 3")).Text);
        await redis.EqualAsync();
        string before = await redis.DigestAsync(few);

        // Pipelined behind a SELECT whose outcome is not there yet, and after it.
        var replies = await first.AskAllAsync([["SELECT", "9"], ["SET", "key", "in 9"], ["RPUSH", "pushed", "a"], ["MULTI"], ["SET", "multi", "x"], ["EXEC"]]);
        Assert.Equal("+OK", replies[0].ToString());
        Assert.DoesNotContain(replies, answer => answer.IsError);
        Assert.Equal("in 9", (await first.AskAsync("GET", "key")).Text);
        Assert.Equal("in 3", (await second.AskAsync("GET", "key")).Text);
        Assert.Equal("OK", (await second.AskAsync("SET", "later", "in 3")).Text);

        // That server goes on with what it has, and its operator can read what it has not.
        await redis.CurrentAsync();
        Assert.Contains(
            redis.Broadcaster.Log.Of(DatabaseRefused),
            line => line.Contains($"{few.Address} refuses database 9: ERR DB index is out of range", StringComparison.Ordinal));
        Assert.Equal((1L, 0L), (redis.Of(few).Connects, redis.Of(few).DroppedRequests));
        Assert.Equal(4, redis.Of(few).Refusals);
        Assert.Equal("in 3", await InAsync(few, 3, "later"));
        Assert.Equal(1, (await second.AskAsync("DEL", "later")).Number);
        await redis.CurrentAsync();
        Assert.Equal(before, await redis.DigestAsync(few));
        Assert.Equal("OK", (await second.AskAsync("SET", "later", "in 3")).Text);
        await redis.EqualAsync(redis.Servers[0], redis.Servers[1]);
        await HoldAsync(redis, [(9, "key", "in 9"), (0, "key", "in 0"), (3, "key", "in 3"), (3, "later", "in 3")], redis.Servers[..2]);
    }

    [Fact]
    public async Task A_server_that_lacks_a_database_goes_on_without_a_gap_behind_what_it_could_not_take()
    {
        using var redis = await RedisBroadcast.StartAsync(RedisBroadcast.Settings with { BacklogBytesMax = BacklogBytes }, [], [], Few);
        var few = redis.Servers[2];
        using var first = await redis.ConnectAsync(9);
        using var second = await redis.ConnectAsync(3);
        for (int i = 0; i < 50; i++) Assert.Equal("+OK", (await first.AskAsync("SET", "key", "in 9")).ToString());
        for (int i = 0; i < 30; i++) Assert.Equal("+OK", (await second.AskAsync("SET", $"{i}", "in 3" + new string('.', BacklogBytes / 20))).ToString());
        await redis.CurrentAsync();
        Assert.Null(redis.Of(few).Standing!.Gap);
        Assert.Equal((0L, 50L, 1L), (redis.Of(few).DroppedRequests, redis.Of(few).Refusals, redis.Of(few).Connects));
        Assert.StartsWith("in 3", await InAsync(few, 3, "29"), StringComparison.Ordinal);
        for (int database = 0; database < 4; database++) Assert.Null(await InAsync(few, database, "key"));
        await redis.EqualAsync(redis.Servers[0], redis.Servers[1]);
    }

    [Fact]
    public Task A_server_that_missed_the_oldest_goes_on_in_the_right_database_wherever_the_gap_ends() => Seed.RunAsync(async random =>
    {
        using var redis = await RedisBroadcast.StartAsync(RedisBroadcast.Settings with { BacklogBytesMax = BacklogBytes }, [], RedisBroadcast.DurableArguments);
        var late = redis.Servers[1];
        var clients = await Task.WhenAll(Enumerable.Range(0, Databases).Select(database => redis.ConnectAsync(database)));
        for (int round = 0; round < 4; round++)
        {
            await late.KillAsync();
            await Eventually.True(() => redis.Of(late).State == BackendState.Down, redis.Broadcaster.Dump);
            for (int i = 0; i < 200; i++)
            {
                int database = random.Next(Databases);
                await clients[database].AskAllAsync([.. Enumerable.Range(0, random.Next(1, 9)).Select(_ => new[] { "SET", $"{random.Next(100)}", $"{database}:" + new string('.', random.Next(BacklogBytes / 100)) })]);
            }

            await late.StartAsync();
            await redis.CurrentAsync();
            Assert.InRange(redis.Of(late).DroppedRequests, 1, long.MaxValue);
            await OnlyItsOwnAsync(late);
        }

        foreach (var client in clients) client.Dispose();
    });

    [Theory]
    [InlineData(FramedReply.Primary)]
    [InlineData(FramedReply.Every)]
    public async Task A_client_that_is_refused_a_database_stays_in_its_own_at_every_server(FramedReply reply)
    {
        // The one without it comes first, so under both its word is the client's.
        using var redis = await RedisBroadcast.StartAsync(RedisBroadcast.Settings with { FramedReply = reply }, Few, [], []);
        using var client = await redis.ConnectAsync(2);
        using var other = await redis.ConnectAsync();
        var replies = await client.AskAllAsync([["SELECT", "9"], ["SET", "key", "in 2"], ["SELECT", "1"], ["SET", "key", "in 1"]]);
        Assert.Equal(["-ERR DB index is out of range", "+OK", "+OK", "+OK"], replies.Select(answer => answer.ToString()));
        Assert.Equal("OK", (await other.AskAsync("SET", "key", "in 0")).Text);
        await redis.EqualAsync();
        await HoldAsync(redis, [(2, "key", "in 2"), (1, "key", "in 1"), (0, "key", "in 0")]);
        Assert.Equal(3, redis.Snapshot.Backends.Sum(backend => backend.Connects));
    }

    [Theory]
    [InlineData(FramedReply.Primary)]
    [InlineData(FramedReply.Fastest)]
    [InlineData(FramedReply.Majority)]
    [InlineData(FramedReply.Every)]
    public async Task A_database_that_no_server_has_is_an_error_for_its_client_and_harms_nobody(FramedReply reply)
    {
        using var redis = await RedisBroadcast.StartAsync(reply);
        using var client = await redis.ConnectAsync();
        using var other = await redis.ConnectAsync(5);
        for (int i = 0; i < 20; i++)
        {
            var replies = await client.AskAllAsync([["SELECT", "16"], ["RPUSH", "list", $"{i}"], ["SELECT", "x"], ["SELECT", "-1"]]);
            Assert.Equal([true, false, true, true], replies.Select(answer => answer.IsError));
            Assert.Equal(i + 1, replies[1].Number);
            Assert.Equal(i + 1, (await other.AskAsync("RPUSH", "list", $"{i}")).Number);
        }

        await redis.EqualAsync();
        redis.NothingLost();
        Assert.Equal(3, redis.Snapshot.Backends.Sum(backend => backend.Connects));
    }

    /// <summary>A client that goes from database to database, in pipelines, and leaves what it wrote last under its own keys.</summary>
    private static async Task<(int Database, string Key, string Value)[]> WanderAsync(RedisBroadcast redis, int number, Random random, bool idempotent = false)
    {
        using var client = await redis.ConnectAsync();
        var written = new Dictionary<(int, string), string>();
        int database = 0;
        for (int round = 0; round < 60; round++)
        {
            var requests = new List<string[]>();
            for (int i = random.Next(1, 12); i > 0; i--)
            {
                string key = $"{number}:{random.Next(4)}";
                string value = $"{number} in {database}, {round}.{i}";
                switch (random.Next(4))
                {
                    case 0:
                        database = random.Next(Databases);
                        requests.Add(["SELECT", $"{database}"]);
                        break;
                    case 1:
                        requests.AddRange([["MULTI"], ["SET", key, value], ["EXEC"]]);
                        written[(database, key)] = value;
                        break;
                    case 2 when !idempotent:
                        requests.Add(["RPUSH", "list", value]);
                        break;
                    default:
                        requests.Add(["SET", key, value]);
                        written[(database, key)] = value;
                        break;
                }
            }

            Assert.DoesNotContain(await client.AskAllAsync(requests), answer => answer.IsError);
        }

        return [.. written.Select(one => (one.Key.Item1, one.Key.Item2, one.Value))];
    }

    /// <summary>Each server has each value where it was meant to be, and in its lists nothing that was meant for another database.</summary>
    private static async Task HoldAsync(RedisBroadcast redis, (int Database, string Key, string Value)[] expected, RealServer[]? servers = null)
    {
        foreach (var server in servers ?? redis.Servers)
        {
            using var client = await RespClient.ConnectAsync(server.Port);
            foreach (var database in expected.GroupBy(one => one.Database))
            {
                await client.AskAsync("SELECT", $"{database.Key}");
                var values = await client.AskAllAsync([.. database.Select(one => new[] { "GET", one.Key })]);
                Assert.Equal(database.Select(one => one.Value), values.Select(value => value.Text!));
                Assert.All((await client.AskAsync("LRANGE", "list", "0", "-1")).Texts, value => Assert.Contains($" in {database.Key},", value, StringComparison.Ordinal));
            }
        }
    }

    private static async Task<string?> InAsync(RealServer server, int database, string key)
    {
        using var client = await RespClient.ConnectAsync(server.Port, database);
        return (await client.AskAsync("GET", key)).Text;
    }

    /// <summary>Every value of a server begins with the database that it was meant for.</summary>
    private static async Task OnlyItsOwnAsync(RealServer server)
    {
        int values = 0;
        for (int database = 0; database < Databases; database++)
        {
            using var client = await RespClient.ConnectAsync(server.Port, database);
            string[] keys = [.. (await client.AskAsync("KEYS", "*")).Texts.Select(key => key!)];
            values += keys.Length;
            foreach (string key in keys)
                Assert.StartsWith($"{database}:", (await client.AskAsync("GET", key)).Text, StringComparison.Ordinal);
        }

        Assert.NotEqual(0, values);
    }
}
