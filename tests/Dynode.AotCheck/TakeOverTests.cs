using System.Text.Json;
using Dynode.TestKit;
using Xunit;

namespace Dynode.AotCheck;

/// <summary>A broadcaster goes over to its successor while clients count: nobody is refused or reset, and each counted once.</summary>
public sealed class TakeOverTests
{
    private const int Unavailable = 69;
    private const int Usage = 64;
    private const int Rounds = 100;
    private const int Kills = 12;

    [Fact]
    public async Task A_hundred_times_under_load_nobody_is_refused_or_reset_and_all_servers_have_counted_each_once()
    {
        using RealServer one = await RedisServer.StartAsync(), two = await RedisServer.StartAsync(), three = await RedisServer.StartAsync();
        RealServer[] servers = [one, two, three];
        using var dynodes = new SucceedingDynodes(Configuration(servers));
        await dynodes.StartAsync();
        await using var clients = new CountingClients(dynodes.Port, 20);
        for (int i = 0; i < Rounds; i++)
        {
            long before = clients.Acknowledged;
            await dynodes.TakeOverAsync();
            await Eventually.True(() => clients.Acknowledged > before + 100, dynodes.Dump);
        }

        // The one that answers now is the last.
        JsonElement status = await dynodes.StatusAsync(static _ => true);
        Assert.Equal(dynodes.Current.Id, status.GetProperty("pid").GetInt32());
        Assert.Equal(0, (await dynodes.AskAsync("health")).Status);
        using var http = new HttpClient();
        Assert.Contains("dynode_requests_total ", await http.GetStringAsync(new Uri($"http://127.0.0.1:{dynodes.AdminPort}/metrics")), StringComparison.Ordinal);
        await clients.StopAsync();
        Assert.Equal((0, 0), (clients.Refused, clients.Reset));
        Assert.True(clients.Ends >= Rounds, $"{clients.Ends} ends");
        await SettledAsync(dynodes);
        foreach (RealServer server in servers)
            Assert.Null(clients.Fault(await ValuesAsync(server, clients)));
        Assert.Equal(await one.DataDigestAsync(), await two.DataDigestAsync());
        Assert.Equal(await one.DataDigestAsync(), await three.DataDigestAsync());
        status = await dynodes.StatusAsync(static _ => true);
        Assert.All(status.GetProperty("servers").EnumerateArray(), static server => Assert.Equal(JsonValueKind.Null, server.GetProperty("gap").ValueKind));

        // Numbers go on: all requests of all of them, as soon as it looks again.
        await dynodes.StatusAsync(status => status.GetProperty("requests").GetProperty("number").GetInt64() >= clients.Acknowledged);
    }

    /// <summary>Either side, at a moment of its own lines or shortly behind it, with a server that stands still now and then.</summary>
    [Fact]
    public Task Killed_at_any_step_one_goes_on_and_no_server_without_a_gap_has_missed_anything() => Seed.RunAsync(async random =>
    {
        using RealServer one = await RedisServer.StartAsync(), two = await RedisServer.StartAsync(), three = await RedisServer.StartAsync();
        RealServer[] servers = [one, two, three];
        using var dynodes = new SucceedingDynodes([.. Configuration(servers), "handover_timeout=0.5"]);
        await dynodes.StartAsync();
        for (int i = 0; i < Kills; i++)
        {
            await using var clients = new CountingClients(dynodes.Port, 8);
            await Eventually.True(() => clients.Acknowledged > 200, dynodes.Dump);
            RealServer? still = random.Next(3) == 0 ? servers[random.Next(3)] : null;
            still?.Process.Send(UnixSignal.Stop);
            bool killsOld = random.Next(2) == 0;
            string[] steps = killsOld ? ["taking over", "takes over", "taken over"] : ["is bound", "taking over", "takes over", "taken over"];
            string step = steps[random.Next(steps.Length)];
            ProcessUnderTest old = dynodes.Current;
            int lines = old.Lines.Count;
            ProcessUnderTest next = dynodes.Run("--take-over");
            await Eventually.True(() => next.HasExited || (step == "takes over" ? Says(old, step, lines) : Says(next, step)), dynodes.Dump);
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(4)), TestContext.Current.CancellationToken);
            await (killsOld ? old : next).KillAsync();
            ProcessUnderTest left = killsOld ? next : old;

            still?.Process.Send(UnixSignal.Continue);
            bool isCrash = !killsOld && await HasGoneOverAsync(old, lines);
            if (isCrash)
            {
                // It had taken over, and was killed as one that runs: that is no take-over's affair, and nobody knows who was behind.
                await clients.StopAsync();
                await dynodes.StartAsync();
            }
            else
            {
                await Eventually.True(() => !left.HasExited, dynodes.Dump);
                long before = clients.Acknowledged;
                dynodes.GoOnWith(left);
                await Eventually.True(() => clients.Acknowledged > before, dynodes.Dump);
                await clients.StopAsync();
                if (!killsOld)
                    Assert.Equal((0, 0), (clients.Refused, clients.Reset));
            }

            JsonElement status = await SettledAsync(dynodes);
            foreach (RealServer server in isCrash ? [] : servers)
            {
                if (GapOf(status, server) is null && clients.Fault(await ValuesAsync(server, clients)) is { } fault)
                    Assert.Fail($"{server.Address} has no gap, and {fault}: {(killsOld ? "old" : "new")} killed at '{step}'\n{dynodes.Dump()}");
            }

            // From equal servers on.
            foreach (RealServer server in servers)
                await server.AskAsync("FLUSHALL");
            await dynodes.AskAsync("gaps", "close");
        }
    });

    [Fact]
    public async Task A_successor_that_is_something_else_is_refused_and_the_one_that_runs_goes_on()
    {
        using RealServer server = await RedisServer.StartAsync();
        using var dynodes = new SucceedingDynodes(Configuration([server]));
        await dynodes.StartAsync();
        foreach ((string set, string said) in ((string, string)[])[
            ("protocol=raw", "this one has protocol=redis, and a successor must have it too"),
            ("host=localhost", "this one has host=127.0.0.1, and a successor must have it too"),
        ])
        {
            ProcessUnderTest other = dynodes.Run("--take-over", "--set", set, "--set", "reply=primary");
            Assert.Equal(Unavailable, await other.ExitAsync());
            Assert.Contains(said, other.Output, StringComparison.Ordinal);
        }

        ProcessUnderTest beside = dynodes.Run(new Dictionary<string, string?> { ["NOTIFY_SOCKET"] = "/nowhere" }, "--take-over");
        Assert.Equal(Usage, await beside.ExitAsync());
        Assert.Contains("dynode.socket", beside.Output, StringComparison.Ordinal);
        using TestClient client = await TestClient.ConnectAsync(dynodes.Port);
        await client.SendAsync("PING\r\n");
        Assert.Equal("+PONG\r\n", await client.ReadTextAsync(7));
        Assert.False(dynodes.Current.HasExited);
    }

    [Fact]
    public async Task Where_none_runs_there_is_nothing_to_take_over()
    {
        using var dynodes = new SucceedingDynodes("protocol=redis", "servers=127.0.0.1:1");
        ProcessUnderTest alone = dynodes.Run("--take-over");
        Assert.Equal(Unavailable, await alone.ExitAsync());
        Assert.Contains($"no broadcaster runs on port {dynodes.Port} in this network namespace that could be taken over", alone.Output, StringComparison.Ordinal);
    }

    /// <summary>Only one of two that come at once; the other is told so, or comes to one that has ended.</summary>
    [Fact]
    public async Task Of_two_successors_at_once_one_takes_over_and_the_other_is_told()
    {
        using RealServer server = await RedisServer.StartAsync();

        // The server goes on long before: however slow the machine, the first is still at it when the second comes.
        using var dynodes = new SucceedingDynodes([.. Configuration([server]), "handover_timeout=600"]);
        await dynodes.StartAsync();
        using TestClient client = await TestClient.ConnectAsync(dynodes.Port);

        // One that is not up yet is not waited for.
        await client.SendAsync("SET a 0\r\n");
        Assert.Equal("+OK\r\n", await client.ReadTextAsync(5));
        server.Process.Send(UnixSignal.Stop);
        await client.SendAsync("SET a 1\r\n");
        ProcessUnderTest first = dynodes.Run("--take-over");
        await dynodes.Current.LineAsync("takes over");
        ProcessUnderTest second = dynodes.Run("--take-over");
        Assert.Equal(Unavailable, await second.ExitAsync());
        Assert.Contains("another one is taking over", second.Output, StringComparison.Ordinal);
        server.Process.Send(UnixSignal.Continue);
        Assert.Equal(0, await dynodes.Current.ExitAsync());
        await first.LineAsync("accepting clients");
        Assert.Equal("+OK\r\n", await client.ReadTextAsync(5));
    }

    /// <summary>Orders and the lock of the state's directory go over with the rest.</summary>
    [Fact]
    public async Task What_was_ordered_and_what_is_kept_on_disk_go_over()
    {
        using RealServer one = await RedisServer.StartAsync(), two = await RedisServer.StartAsync();
        using var state = new TemporaryFolder();
        using var dynodes = new SucceedingDynodes([.. Configuration([one, two]), $"state_directory={state.Path}"]);
        await dynodes.StartAsync();
        Assert.Equal(0, (await dynodes.AskAsync("disable", two.Address)).Status);
        for (int i = 0; i < 3; i++)
        {
            await dynodes.TakeOverAsync();
            JsonElement status = await dynodes.StatusAsync(static status => status.GetProperty("servers").GetArrayLength() == 2);
            Assert.Equal("disabled", status.GetProperty("servers")[1].GetProperty("order").GetString());
        }

        ProcessUnderTest another = dynodes.Run("--set", "port=0", "--set", "admin=", "--set", "control=off");
        Assert.NotEqual(0, await another.ExitAsync());
        await dynodes.Current.KillAsync();
        await dynodes.StartAsync();
        Assert.Equal("disabled", (await dynodes.StatusAsync(static _ => true)).GetProperty("servers")[1].GetProperty("order").GetString());
    }

    [Fact]
    public async Task In_raw_the_next_one_lets_clients_in_at_once_and_the_old_ones_sessions_go_on()
    {
        using ScriptedServer server = ScriptedServer.Start(new ServerScript { Echo = true });
        using var dynodes = new SucceedingDynodes("protocol=raw", $"servers={server.Address}", "drain_timeout=60");
        await dynodes.StartAsync();
        ProcessUnderTest old = dynodes.Current;
        using TestClient before = await TestClient.ConnectAsync(dynodes.Port);
        await before.SendAsync("one");
        Assert.Equal("one", await before.ReadTextAsync(3));
        ProcessUnderTest next = dynodes.Run("--take-over");
        await old.LineAsync("handed over");
        await next.LineAsync("accepting clients");
        using TestClient after = await TestClient.ConnectAsync(dynodes.Port);
        await after.SendAsync("two");
        Assert.Equal("two", await after.ReadTextAsync(3));
        await before.SendAsync("three");
        Assert.Equal("three", await before.ReadTextAsync(5));
        Assert.False(old.HasExited);
        before.ShutdownSend();
        Assert.False((await before.ReadToEndAsync()).WasReset);
        Assert.Equal(0, await old.ExitAsync());
    }

    private static string[] Configuration(IEnumerable<RealServer> servers) =>
        ["protocol=redis", "reply=primary", $"servers={string.Join(", ", servers.Select(static server => server.Address))}"];

    private static async Task<bool> HasGoneOverAsync(ProcessUnderTest old, int after)
    {
        await Eventually.True(() => old.HasExited || Says(old, "this one goes on", after) || !Says(old, "takes over", after), old.Dump);
        return old.HasExited || Says(old, "handed over", after);
    }

    private static bool Says(ProcessUnderTest process, string text, int after = 0) => process.Lines.Skip(after).Any(line => line.Contains(text, StringComparison.Ordinal));

    private static Task<JsonElement> SettledAsync(SucceedingDynodes dynodes) => dynodes.StatusAsync(static status =>
        status.GetProperty("servers").EnumerateArray().All(static server =>
            server.GetProperty("state").GetString() == "current" && server.GetProperty("lag").GetProperty("requests").GetInt64() == 0));

    private static string? GapOf(JsonElement status, RealServer server) => status.GetProperty("servers").EnumerateArray()
        .Single(one => one.GetProperty("address").GetString() == server.Address).GetProperty("gap") is { ValueKind: JsonValueKind.Object } gap
        ? gap.GetProperty("reason").GetString()
        : null;

    private static async Task<long[]> ValuesAsync(RealServer server, CountingClients clients)
    {
        var values = new List<long>();
        foreach (string key in clients.Keys.Split(' '))
            values.Add(long.TryParse(await server.AskAsync($"GET {key}"), out long value) ? value : 0);
        return [.. values];
    }
}
