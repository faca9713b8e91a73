using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Dynode.TestKit;
using Xunit;

namespace Dynode.AotCheck;

/// <summary>
/// Two regions with two redis each, and whatever runs killed or stopped at any moment: in the end all servers have the same, each request that was acknowledged is there exactly once, in
/// the order of its client, and nothing is there that a client was told is not kept.
/// </summary>
[Trait("Server", "nats")]
[Trait("Server", "redis")]
public sealed class RegionsChaosTests(ITestOutputHelper output)
{
    private const int Regions = 2;
    private const int ServersEach = 2;
    private const int ClientsEach = 8;
    private const int PipelineMax = 8;
    private const int SecondsDefault = 16;
    private const string SecondsVariable = "DYNODE_CHAOS_SECONDS";
    private const string NatsVariable = "DYNODE_CHAOS_NATS";

    /// <summary>A lease, an election and a connect attempt, several times over.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromMinutes(2);

    /// <summary>A broadcaster that is gone for longer is replaced.</summary>
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(5);
    private enum Told
    {
        Kept,
        NotKept,
        Unknown,
    }

    /// <param name="listAll">Each broadcaster lists all servers, its own first: those of one that is gone are delivered to by the other, until it is back.</param>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task Whatever_is_killed_or_stopped_all_servers_end_equal_and_each_acknowledged_request_is_there_once(bool listAll) => Seed.RunAsync(async random =>
    {
        int natsCount = NumberOf(NatsVariable, 1);
        using RegionsUnderTest all = await RegionsUnderTest.StartAsync(Regions, ServersEach, natsCount, listAll, "log_lease=3", "log_timeout=5", "reconnect_delay_timeout=0.2", "handover_timeout=1");
        await SettledAsync(all);
        var told = new ConcurrentDictionary<string, Told>();
        bool isOver = false;
        Task[] pushing = [.. Enumerable.Range(0, Regions * ClientsEach).Select(i => PushAsync(all, i, new Random(random.Next()), told, () => !Volatile.Read(ref isOver)))];
        var happened = new List<string>();
        var time = TimeSpan.FromSeconds(NumberOf(SecondsVariable, SecondsDefault));
        for (long began = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(began) < time;)
        {
            happened.Add(await HappenAsync(all, random));
            await SettledAsync(all);
        }

        Volatile.Write(ref isOver, true);
        await Task.WhenAll(pushing);
        await SettledAsync(all);
        string[][] lists = await EqualAsync(all, told);
        string[] ids = [.. lists[0].Where(static id => id.Contains(':', StringComparison.Ordinal))];
        output.WriteLine($"{ids.Length} elements; {string.Join(", ", Enum.GetValues<Told>().Select(kind => $"{told.Count(id => id.Value == kind)} {kind}"))}; {string.Join(", ", happened)}");
        Assert.Equal(ids.Distinct(), ids);
        Assert.Empty(told.Where(static id => id.Value == Told.Kept).Select(static id => id.Key).Except(ids));
        Assert.Empty(told.Where(static id => id.Value == Told.NotKept).Select(static id => id.Key).Intersect(ids));
        Assert.True(told.Count(static id => id.Value == Told.Kept) > Regions * ClientsEach, "next to nothing was kept: this proves nothing");
        foreach (var own in ids.GroupBy(static id => id[..id.LastIndexOf(':')]))
        {
            int[] numbers = [.. own.Select(static id => int.Parse(id[(id.LastIndexOf(':') + 1)..], CultureInfo.InvariantCulture))];
            Assert.Equal(numbers.Order(), numbers);
        }
    });

    private static int NumberOf(string variable, int usual) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } given ? int.Parse(given, CultureInfo.InvariantCulture) : usual;

    private static async Task<string> HappenAsync(RegionsUnderTest all, Random random)
    {
        int region = random.Next(Regions);
        RealServer redis = all.Servers[region][random.Next(ServersEach)];
        RealServer nats = all.Nats[random.Next(all.Nats.Count)];
        var pause = TimeSpan.FromMilliseconds(random.Next(50, 1500));
        switch (random.Next(6))
        {
            case 0:
                await nats.KillAsync();
                await Task.Delay(pause);
                await nats.StartAsync();
                return "nats killed";
            case 1:
                await redis.KillAsync();
                await Task.Delay(pause);
                await redis.StartAsync();
                return "redis killed";
            case 2:
                await all.Broadcasters[region].KillAsync();
                await Task.Delay(random.Next(3) == 0 ? Lease + pause : TimeSpan.Zero);
                all.Restart(region);
                return "broadcaster killed";
            case 3:
                return await StopAsync(nats.Process, pause, "nats stopped");
            case 4:
                return await StopAsync(redis.Process, pause, "redis stopped");
            default:
                return await StopAsync(all.Broadcasters[region], pause, "broadcaster stopped");
        }
    }

    private static async Task<string> StopAsync(ProcessUnderTest process, TimeSpan pause, string what)
    {
        process.Send(UnixSignal.Stop);
        await Task.Delay(pause);
        process.Send(UnixSignal.Continue);
        return what;
    }

    /// <summary>All regions answer.</summary>
    private static async Task SettledAsync(RegionsUnderTest all)
    {
        for (int region = 0; region < Regions; region++)
            await FirstAsync(all, region);
    }

    /// <summary>A region answers.</summary>
    private static async Task FirstAsync(RegionsUnderTest all, int region)
    {
        string said = "";
        for (long began = Stopwatch.GetTimestamp(); !said.StartsWith(':');)
        {
            if (Stopwatch.GetElapsedTime(began) > Settling)
                throw new ExpectationException($"region {region} says '{said}'. {all.Dump()}");
            using TestClient? client = TestClient.TryConnect(all.PortOf(region));
            said = client is null ? "" : await AskAsync(client, "INCR first\r\n");
            if (!said.StartsWith(':'))
                await Task.Delay(100);
        }
    }

    private static async Task<string> AskAsync(TestClient client, string request)
    {
        try
        {
            await client.SendAsync(request);
            return await client.ReadLineAsync(TimeSpan.FromSeconds(20)) ?? "";
        }
        catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException or ExpectationException)
        {
            return e.Message;
        }
    }

    /// <summary>One client: requests in pipelines, each with an id of its own; it comes again where its connection ends.</summary>
    private static async Task PushAsync(RegionsUnderTest all, int i, Random random, ConcurrentDictionary<string, Told> told, Func<bool> goesOn)
    {
        for (int life = 0; goesOn(); life++)
        {
            using TestClient? client = TestClient.TryConnect(all.PortOf(i % Regions));
            if (client is null)
                await Task.Delay(50);
            for (int n = 0; client is not null && goesOn();)
            {
                int count = random.Next(1, PipelineMax + 1);
                string[] ids = [.. Enumerable.Range(n, count).Select(number => $"{i}:{life}:{number}")];
                n += count;
                foreach (string id in ids)
                    told[id] = Told.Unknown;
                if (!await TellAsync(client, ids, told))
                    break;
            }
        }
    }

    private static async Task<bool> TellAsync(TestClient client, string[] ids, ConcurrentDictionary<string, Told> told)
    {
        try
        {
            await client.SendAsync(string.Concat(ids.Select(static id => $"RPUSH list {id}\r\n")));
            foreach (string id in ids)
            {
                string? said = await client.ReadLineAsync(Settling);
                if (said is null)
                    return false;
                told[id] = said.StartsWith(':') ? Told.Kept : said.EndsWith(": not kept", StringComparison.Ordinal) ? Told.NotKept : Told.Unknown;
            }

            return true;
        }
        catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException)
        {
            return false;
        }
    }

    /// <summary>The lists of all servers, as soon as they are the same, with all that was acknowledged.</summary>
    private static async Task<string[][]> EqualAsync(RegionsUnderTest all, ConcurrentDictionary<string, Told> told)
    {
        RealServer[] servers = [.. all.Servers.SelectMany(static servers => servers)];
        string[] kept = [.. told.Where(static id => id.Value == Told.Kept).Select(static id => id.Key)];
        for (long began = Stopwatch.GetTimestamp(); ;)
        {
            string[][] lists = await Task.WhenAll(servers.Select(static async server => (await server.AskAsync("EVAL \"return table.concat(redis.call('lrange','list',0,-1),' ')\" 0")).Split(' ')));
            if (Array.TrueForAll(lists, list => list.SequenceEqual(lists[0])) && !kept.Except(lists[0]).Any())
                return lists;
            if (Stopwatch.GetElapsedTime(began) > Settling)
                throw new ExpectationException($"they differ: {string.Join(", ", lists.Select(static list => $"{list.Length} elements, {list.Distinct().Count()} of them different"))}; {kept.Length} kept, {kept.Except(lists[0]).Count()} of them missing in the first. {all.Dump()}");
            await Task.Delay(200);
        }
    }
}
