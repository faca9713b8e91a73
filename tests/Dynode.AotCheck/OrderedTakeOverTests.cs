using System.Text.Json;
using Dynode.TestKit;
using Xunit;

namespace Dynode.AotCheck;

/// <summary>A broadcaster with an ordered log goes over to its successor, which is another one of the same stream: nobody is refused, reset or told an error, and each counted once.</summary>
[Trait("Server", "nats")]
[Trait("Server", "redis")]
public sealed class OrderedTakeOverTests
{
    private const int Unavailable = 69;
    private const int Rounds = 8;
    private const int Kills = 2;

    [Fact]
    public async Task Under_load_nobody_is_refused_or_told_an_error_and_all_servers_have_counted_each_once()
    {
        using RealServer nats = await NatsServer.StartAsync(), one = await RedisServer.StartAsync(), two = await RedisServer.StartAsync();
        using var dynodes = new SucceedingDynodes(Configuration(nats, "orders", one, two));
        await dynodes.StartAsync();
        await CurrentAsync(dynodes);
        await using var clients = new CountingClients(dynodes.Port, 12);
        for (int i = 0; i < Rounds; i++)
        {
            long before = clients.Acknowledged;
            await dynodes.TakeOverAsync();
            await Eventually.True(() => clients.Acknowledged > before + 100, dynodes.Dump);
        }

        Assert.Equal(dynodes.Current.Id, (await dynodes.StatusAsync(static _ => true)).GetProperty("pid").GetInt32());
        Assert.Equal(0, (await dynodes.AskAsync("health")).Status);
        await clients.StopAsync();
        Assert.Equal((0, 0, 0), (clients.Refused, clients.Reset, clients.Errors));
        Assert.True(clients.Ends >= Rounds, $"{clients.Ends} ends");
        await EqualAsync(dynodes, clients, one, two);
    }

    /// <summary>Before it has opened nothing has changed; behind that it is the broadcaster, and the servers are its own after a lease at the latest.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task Killed_at_any_step_the_other_goes_on(bool killsOld) => Seed.RunAsync(async random =>
    {
        using RealServer nats = await NatsServer.StartAsync(), one = await RedisServer.StartAsync(), two = await RedisServer.StartAsync();
        using var dynodes = new SucceedingDynodes(Configuration(nats, "orders", one, two));
        await dynodes.StartAsync();
        await CurrentAsync(dynodes);
        await using var clients = new CountingClients(dynodes.Port, 6);
        for (int i = 0; i < Kills; i++)
        {
            long before = clients.Acknowledged;
            await Eventually.True(() => clients.Acknowledged > before + 100, dynodes.Dump);
            ProcessUnderTest old = dynodes.Current, next = dynodes.Run("--take-over");
            string[] steps = killsOld ? ["taking over", "taken over"] : ["is bound", "taking over"];
            string step = steps[random.Next(steps.Length)];
            await Eventually.True(() => next.HasExited || next.Lines.Any(line => line.Contains(step, StringComparison.Ordinal)), dynodes.Dump);
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(4)), TestContext.Current.CancellationToken);
            await (killsOld ? old : next).KillAsync();
            if (!killsOld && (old.HasExited || old.Lines.Any(static line => line.Contains(" 2710 ", StringComparison.Ordinal))))
            {
                // It had opened: that is a broadcaster that dies, and no take-over's affair.
                await old.ExitAsync();
                await dynodes.StartAsync();
            }
            else if (killsOld && next.HasExited)
            {
                // It had not been given the sockets yet.
                await dynodes.StartAsync();
            }
            else
            {
                dynodes.GoOnWith(killsOld ? next : old);
            }

            before = clients.Acknowledged;
            await Eventually.True(() => clients.Acknowledged > before, dynodes.Dump, TimeSpan.FromMinutes(1));
        }

        await clients.StopAsync();
        await EqualAsync(dynodes, clients, one, two);
    });

    [Fact]
    public async Task One_that_follows_another_stream_or_none_is_refused_and_nothing_has_changed()
    {
        using RealServer nats = await NatsServer.StartAsync(), one = await RedisServer.StartAsync();
        using var dynodes = new SucceedingDynodes(Configuration(nats, "orders", one));
        await dynodes.StartAsync();
        await CurrentAsync(dynodes);
        foreach (string log in (string[])["log=", $"log=nats://{nats.Address}/others"])
        {
            ProcessUnderTest other = dynodes.Run("--take-over", "--set", log);
            Assert.Equal(Unavailable, await other.ExitAsync());
            Assert.Contains("this one has its order of the stream orders, and a successor must have it too", other.Output, StringComparison.Ordinal);
        }

        using TestClient client = await TestClient.ConnectAsync(dynodes.Port);
        await client.SendAsync("INCR a\r\n");
        Assert.Equal(":1", await client.ReadLineAsync());
    }

    private static string[] Configuration(RealServer nats, string stream, params RealServer[] servers) =>
    [
        "protocol=redis", $"servers={string.Join(',', servers.Select(static server => server.Address))}", $"log=nats://{nats.Address}/{stream}", "log_replicas=1", "log_lease=3", "reconnect_delay_timeout=0.2",
    ];

    private static Task<JsonElement> CurrentAsync(SucceedingDynodes dynodes) => dynodes.StatusAsync(static status => status.GetProperty("servers").EnumerateArray() is var servers
        && servers.Any() && servers.All(static server => server.GetProperty("state").GetString() == "current" && server.GetProperty("lag").GetProperty("requests").GetInt64() == 0));

    private static async Task EqualAsync(SucceedingDynodes dynodes, CountingClients clients, params RealServer[] servers)
    {
        await CurrentAsync(dynodes);
        foreach (RealServer server in servers)
            Assert.Null(clients.Fault(await ValuesAsync(server, clients)));
        JsonElement status = await dynodes.StatusAsync(static _ => true);
        Assert.All(status.GetProperty("servers").EnumerateArray(), static server => Assert.Equal(JsonValueKind.Null, server.GetProperty("gap").ValueKind));
    }

    private static async Task<long[]> ValuesAsync(RealServer server, CountingClients clients)
    {
        string said = await server.AskAsync($"EVAL \"return table.concat(redis.call('mget',unpack(ARGV)),' ')\" 0 {clients.Keys}");
        return [.. said.Split(' ').Select(long.Parse)];
    }
}
