using Dynode.Broadcast.Plane;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Redis;

/// <summary>
/// A server that refuses a SELECT goes on with all else: nothing that stands behind a refused one is ever sent to it, and every write is
/// in the database that it was meant for, or nowhere.
/// </summary>
[Trait("Server", "redis")]
public sealed class RefusedSelectTests
{
    private static readonly int[] Databases = [0, 5, 9];
    private static readonly string[] Renamed = ["--rename-command", "SELECT", ""];
    private static readonly string[] Nothing = ["GET", "none"];
    private static readonly BroadcastSettings AsApp = RedisBroadcast.Settings with { Framing = new() { BackendUsername = "app", BackendPassword = "pw" } };

    private static string[] User(string rules) => ["--user", "app", "on", ">pw", "~*", "&*", "+@all", .. rules.Split(' ', StringSplitOptions.RemoveEmptyEntries)];

    public static TheoryData<string[], string, bool[]> Servers => new()
    {
        // Which of SELECT 5, SELECT 9 and then SELECT 0 it allows.
        { Renamed, "", [false, false] },
        { User("-select"), "app", [false, false] },
        { User("-select +select|5"), "app", [true, false] },
    };

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task It_serves_database_0_and_what_it_allows_and_a_refused_select_is_its_clients_error(string[] server, string user, bool[] allowed)
    {
        using var redis = await RedisBroadcast.StartAsync(SettingsOf(user), server, server);
        using var zero = await redis.ConnectAsync();
        using var five = await redis.ConnectAsync();
        using var nine = await redis.ConnectAsync();
        Assert.Equal("+OK", (await zero.AskAsync("SET", "k", "in 0")).ToString());
        Assert.NotEqual(allowed[1], (await nine.AskAsync("SELECT", "9")).IsError);
        Assert.Equal("in 0", (await nine.AskAsync("GET", "k")).Text);
        Assert.NotEqual(allowed[0], (await five.AskAsync("SELECT", "5")).IsError);
        for (int i = 0; i < 20; i++)
        {
            // What a server that is in 5 for ever says to those who are in 0 is its own word.
            Assert.Equal(allowed[0] ? "-NOPERM" : "+OK", (await zero.AskAsync("SET", "zero", $"{i}")).ToString().Split(' ')[0]);
            Assert.Equal("+OK", (await five.AskAsync("SET", allowed[0] ? "five" : "zero", $"{i}")).ToString());
        }

        await redis.CurrentAsync();
        Assert.All(redis.Snapshot.Backends, backend => Assert.Equal((1L, 0L, 0L), (backend.Connects, backend.ConnectionsLost, backend.DroppedRequests)));
        Assert.All(redis.Snapshot.Backends, backend => Assert.Null(backend.Standing!.Gap));
        if (allowed[0]) Assert.All(redis.Snapshot.Backends, backend => Assert.Equal(20, backend.Refusals));
        foreach (var one in redis.Servers)
            Assert.Equal(allowed[0] ? ["0:k=in 0", "5:five=19"] : ["0:k=in 0", "0:zero=19"], await AllAsync(one, user, allowed));
    }

    /// <summary>
    /// One server of three is so; the others have all. Writes in three databases, of clients of both protocols, in pipelines, over a change of
    /// connections; then every database is compared.
    /// </summary>
    [Theory]
    [MemberData(nameof(Servers))]
    public Task Beside_servers_that_have_all_databases_it_never_gets_a_write_in_another_than_it_was_meant_for(string[] server, string user, bool[] allowed) => Seed.RunAsync(async random =>
    {
        string[] full = user.Length == 0 ? [] : User("");
        using var redis = await RedisBroadcast.StartAsync(SettingsOf(user) with { FramedReply = FramedReply.Majority }, full, full, server);
        var clients = new List<RespClient>();
        var written = new Dictionary<(int, string), string>();
        try
        {
            foreach (int database in (int[])[.. Databases, .. Databases]) clients.Add(await redis.ConnectAsync(database));
            foreach (var client in clients.Skip(Databases.Length)) Assert.Equal('%', (await client.AskAsync("HELLO", "3")).Kind);
            for (int round = 0; round < 40; round++)
            {
                int who = random.Next(clients.Count);
                int database = Databases[who % Databases.Length];
                var requests = new List<string[]> { Nothing };
                for (int i = random.Next(1, 6); i > 0; i--)
                {
                    string key = $"k{random.Next(5)}";
                    string value = $"{database}:{round}.{i}";
                    written[(database, key)] = value;
                    requests.AddRange(random.Next(3) == 0 ? [["MULTI"], ["SET", key, value], ["EXEC"]] : [["SET", key, value]]);
                }

                var answers = await clients[who].AskAllAsync(requests);
                Assert.DoesNotContain(answers, answer => answer.IsError);
                Assert.Equal(who < Databases.Length ? '$' : '_', answers[0].Kind);
                if (round == 20)
                {
                    // A new connection is in database 0, wherever the log goes on.
                    await redis.AskAsync(redis.Servers[2], "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
                }
            }

            await redis.CurrentAsync();
            await redis.EqualAsync(redis.Servers[0], redis.Servers[1]);
            Assert.Equal(
                written.Select(one => $"{one.Key.Item1}:{one.Key.Item2}={one.Value}").Order(StringComparer.Ordinal),
                await AllAsync(redis.Servers[0], user, [true, true]));
            foreach (string entry in await AllAsync(redis.Servers[2], user, allowed))
                Assert.StartsWith(entry.Split(':')[0] + ":", entry.Split('=')[1], StringComparison.Ordinal);
            var odd = redis.Of(redis.Servers[2]);
            Assert.Null(odd.Standing!.Gap);
            Assert.Equal((0L, 2L), (odd.DroppedRequests, odd.Connects));
            Assert.NotEqual(0, odd.Refusals);
            Assert.NotEqual(0, odd.Divergences);
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
        }
    });

    private static BroadcastSettings SettingsOf(string user) => user.Length == 0 ? RedisBroadcast.Settings : AsApp;

    /// <summary>What is in each database, as <c>database:key=value</c>, in order: asked as the default user, where there is one that may.</summary>
    private static async Task<string[]> AllAsync(RealServer server, string user, bool[] allowed)
    {
        var all = new List<string>();
        foreach (int database in user.Length == 0 && !allowed[0] ? Databases[..1] : Databases)
        {
            using var client = await RespClient.ConnectAsync(server.Port, database);
            foreach (string? key in (await client.AskAsync("KEYS", "*")).Texts)
                all.Add($"{database}:{key}={(await client.AskAsync("GET", key!)).Text}");
        }

        // Where SELECT is nobody's, DEBUG tells whether there is anything in another database.
        if (user.Length == 0 && !allowed[0])
        {
            using var client = await RespClient.ConnectAsync(server.Port);
            string keyspace = (await client.AskAsync("INFO", "keyspace")).Text!;
            Assert.DoesNotContain("db5:", keyspace, StringComparison.Ordinal);
            Assert.DoesNotContain("db9:", keyspace, StringComparison.Ordinal);
        }

        return [.. all.Order(StringComparer.Ordinal)];
    }
}
