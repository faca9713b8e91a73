using System.Globalization;
using Dynode.TestKit;
using Xunit;

namespace Dynode.AotCheck;

/// <summary>
/// A broadcaster that is stopped for longer than its lease, and for longer than the stream keeps: another has what it may have, and when it wakes it goes on by itself.
/// </summary>
[Trait("Server", "nats")]
[Trait("Server", "redis")]
public sealed class OrderedOvertakenTests(ITestOutputHelper output)
{
    private const int Kept = 1200;
    private const int Before = 100;
    private const int Meanwhile = 2600;
    private const int All = 2700;

    private static readonly TimeSpan Settling = TimeSpan.FromMinutes(2);

    /// <summary>One server is the other broadcaster's meanwhile and comes back, and has missed nothing; one is nobody's, and has missed what the stream keeps no more.</summary>
    [Fact]
    public async Task It_takes_back_what_another_has_delivered_to_without_a_gap_and_what_nobody_has_is_one()
    {
        using RealServer nats = await NatsServer.StartAsync(), east = await RedisServer.StartAsync(), south = await RedisServer.StartAsync(), west = await RedisServer.StartAsync();
        await MakeAsync(nats);
        using OrderedDynode one = OrderedDynode.Start([east, south], nats), two = OrderedDynode.Start([west, east], nats);
        await one.CurrentAsync(east);
        await one.CurrentAsync(south);
        await two.CurrentAsync(west);
        using TestClient first = await one.ClientAsync(), second = await two.ClientAsync();
        await PushAsync(first, 0, Before / 2, Dump);
        await PushAsync(second, Before / 2, Before, Dump);
        foreach (RealServer server in (RealServer[])[east, south, west])
            await ListAsync(server, static list => list.Length == Before, Dump);

        // What it had been sent lies in its sockets, but for what comes when those are gone.
        one.Process.Send(UnixSignal.Stop);
        await nats.KillAsync();
        await nats.StartAsync();
        using (TestClient waits = await one.ClientAsync())
        {
            await waits.SendAsync("RPUSH list late\r\n");
            await two.CurrentAsync(east);
            await PushAsync(second, Before, Meanwhile, Dump);
            one.Process.Send(UnixSignal.Continue);
            await one.Process.LineAsync("the log goes on behind ", deadline: Settling);
            string said = await waits.ReadLineAsync(Settling) ?? "the end";
            await one.CurrentAsync(south, "Retention");
            await one.CurrentAsync(east);
            await PushAsync(first, Meanwhile, All - 50, Dump);
            await PushAsync(second, All - 50, All, Dump);
            string[] all = await ListAsync(west, static list => list[^1] == Of(All - 1), Dump), back = await ListAsync(east, list => list.SequenceEqual(all), Dump);
            string[] some = await ListAsync(south, static list => list[^1] == Of(All - 1), Dump);
            Assert.Equal(Enumerable.Range(0, All).Select(Of), all.Where(static id => id != "late"));
            Assert.Equal(all, back);
            Assert.InRange(all.Count(static id => id == "late"), said.StartsWith(':') ? 1 : 0, said.EndsWith("not kept", StringComparison.Ordinal) ? 0 : 1);
            string[] behind = some[Before..];
            Assert.Equal(all[..Before], some[..Before]);
            Assert.Equal(all[^behind.Length..], behind);

            // From the first table of the lanes that the stream kept when it woke (at the latest 1,024 entries behind the oldest), and all that came since.
            const int Since = All - Meanwhile;
            Assert.InRange(behind.Length, Since, Kept + Since);
            output.WriteLine($"{all.Length} at those that were delivered to, {behind.Length} behind the gap at the one that was not; late: {said}; {await one.Process.LineAsync("the log goes on behind ")}");
        }

        string Dump() => $"{one.Dump()}\n\n{two.Dump()}";
    }

    private static string Of(int n) => n.ToString(CultureInfo.InvariantCulture);

    private static async Task PushAsync(TestClient client, int from, int to, Func<string> dump)
    {
        for (int n = from; n < to; n++)
        {
            await client.SendAsync($"RPUSH list {n}\r\n");
            string? said = await client.ReadLineAsync(Settling);
            Assert.True(said?.StartsWith(':') == true, $"{n}: {said}\n{dump()}");
        }
    }

    private static async Task<string[]> ListAsync(RealServer redis, Predicate<string[]> isSo, Func<string> dump)
    {
        for (var began = System.Diagnostics.Stopwatch.StartNew(); ;)
        {
            string[] list = (await redis.AskAsync("EVAL \"return table.concat(redis.call('lrange','list',0,-1),' ')\" 0")).Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (list.Length > 0 && isSo(list))
                return list;
            Assert.True(began.Elapsed < Settling, $"{list.Length} elements\n{dump()}");
            await Task.Delay(20);
        }
    }

    /// <summary>A stream as a broadcaster would make it, which keeps few entries.</summary>
    private static async Task MakeAsync(RealServer nats)
    {
        string body =
            $$"""
            {"name":"orders","subjects":["dynode.orders.>"],"retention":"limits","discard":"old","storage":"file","num_replicas":1,"max_age":86400000000000,"max_msgs":{{Kept}},
            "max_bytes":268435456,"deny_delete":true,"deny_purge":true,"allow_direct":true,"republish":{"src":"dynode.orders.>","dest":"dynode-placed.orders.>"} }
            """;
        using TestClient client = await TestClient.ConnectAsync(nats.Port);
        await client.SendAsync($"CONNECT {{\"verbose\":false}}\r\nSUB answers 1\r\nPUB $JS.API.STREAM.CREATE.orders answers {body.Length}\r\n{body}\r\n");
        for (string? line = ""; line?.StartsWith("{\"type\"", StringComparison.Ordinal) != true; line = await client.ReadLineAsync())
            Assert.NotNull(line);
    }
}
