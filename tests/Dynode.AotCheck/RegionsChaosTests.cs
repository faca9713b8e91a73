using System.Diagnostics;
using System.Globalization;
using Dynode.TestKit;
using Xunit;

namespace Dynode.AotCheck;

/// <summary>
/// Two regions or three, each with redis of its own, and whatever runs killed, stopped, set back or cut off at any moment: in the end all servers hold the same, each request that was acknowledged is
/// there exactly once, in the order of its client, and nothing is there that a client was told is not kept.
/// </summary>
[Trait("Server", "nats")]
[Trait("Server", "redis")]
public sealed class RegionsChaosTests(ITestOutputHelper output)
{
    private const int SecondsDefault = 16;
    private const string SecondsVariable = "DYNODE_CHAOS_SECONDS";
    private const string NatsVariable = "DYNODE_CHAOS_NATS";
    private const string FullVariable = "DYNODE_CHAOS_FULL";

    /// <summary>A lease, an election and a connect attempt, several times over.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromMinutes(2);

    /// <summary>A broadcaster that is gone for longer is replaced.</summary>
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(5);

    /// <param name="seed">Where the environment names none: the choices are the same then, the moments are not.</param>
    /// <param name="natsCount">Where the environment names none.</param>
    /// <param name="listAll">Each broadcaster lists all servers, its own first: those of one that is gone are delivered to by the other, until it is back.</param>
    /// <param name="flushes">Now and then somebody asks for everything to be flushed.</param>
    [Theory]
    [InlineData(20261201, 1, false, false)]
    [InlineData(20261202, 3, true, false)]
    [InlineData(20261203, 1, true, true)]
    public Task Whatever_is_killed_or_stopped_all_servers_end_equal_and_each_acknowledged_request_is_there_once(int seed, int natsCount, bool listAll, bool flushes) => Seed.RunAsync(seed, async random =>
    {
        // All that is asked for, as on machines that are large enough; and what two processors do in the time of a test.
        bool isFull = NumberOf(FullVariable, 0) > 0;
        int regions = isFull ? random.Next(2, 4) : 2;
        (int serversEach, int clients) = isFull ? (3, 64) : (2, 16);
        using RegionsUnderTest all = await RegionsUnderTest.StartAsync(
            regions, serversEach, NumberOf(NatsVariable, natsCount), listAll, "log_lease=3", "log_timeout=5", "reconnect_delay_timeout=0.2", "handover_timeout=1");
        await SettledAsync(all);
        var record = new ChaosRecord();
        var time = TimeSpan.FromSeconds(NumberOf(SecondsVariable, SecondsDefault));
        long began = Stopwatch.GetTimestamp();
        bool isOver = false;
        Task[] asking =
        [
            .. Enumerable.Range(0, clients).Select(i => new ChaosClient(i, all.PortOf(i % regions), new Random(random.Next()), record, Settling).RunAsync(() => !Volatile.Read(ref isOver))),

            // In the first half: what comes behind must be there.
            flushes ? FlushAsync(all, record, () => !Volatile.Read(ref isOver) && Stopwatch.GetElapsedTime(began) < time / 2) : Task.CompletedTask,
        ];
        var faults = new ChaosFaults(all, random, Lease);
        try
        {
            while (Stopwatch.GetElapsedTime(began) < time)
            {
                await faults.HappenAsync();

                // The next may come while this one is not yet got over.
                if (random.Next(3) == 0)
                    await SettledAsync(all);
            }

            Volatile.Write(ref isOver, true);
            await Task.WhenAll(asking);
            await SettledAsync(all);
            ChaosData data = await EqualAsync(all, record);
            output.WriteLine($"{regions} regions of {serversEach}, {clients} clients: {data}; {string.Join(", ", Enum.GetValues<ChaosTold>().Select(told => $"{record.CountOf(told)} {told}"))}; {faults.Happened}");
            Assert.Empty(record.Faults(data));
            Assert.True(record.MustBe.Count() > clients || record.IsInDoubt, "next to nothing was kept: this proves nothing");
        }
        catch (Exception e)
        {
            throw new ExpectationException($"{e.Message}\n{faults.Happened}\n{all.Dump()}", e);
        }
        finally
        {
            Volatile.Write(ref isOver, true);
        }
    });

    private static int NumberOf(string variable, int usual) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } given ? int.Parse(given, CultureInfo.InvariantCulture) : usual;

    private static async Task FlushAsync(RegionsUnderTest all, ChaosRecord record, Func<bool> goesOn)
    {
        for (int region = 0; goesOn(); region = (region + 1) % all.Servers.Count)
        {
            await Task.Delay(TimeSpan.FromSeconds(3));
            using TestClient? client = TestClient.TryConnect(all.PortOf(region));
            if (client is null)
                continue;
            record.Flushing();
            string said = await AskAsync(client, "FLUSHALL\r\n");
            if (said.StartsWith('+') || said.EndsWith(": not kept", StringComparison.Ordinal))
                record.Flushed();
        }
    }

    /// <summary>All regions answer.</summary>
    private static async Task SettledAsync(RegionsUnderTest all)
    {
        for (int region = 0; region < all.Servers.Count; region++)
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

    /// <summary>What all servers hold, as soon as that is the same, with all that was acknowledged.</summary>
    private static async Task<ChaosData> EqualAsync(RegionsUnderTest all, ChaosRecord record)
    {
        RealServer[] servers = [.. all.Servers.SelectMany(static servers => servers)];
        string[] kept = [.. record.MustBe];
        long moved = Stopwatch.GetTimestamp();
        for (ChaosData[] before = []; ;)
        {
            ChaosData[] data = await Task.WhenAll(servers.Select(ChaosData.OfAsync));
            if (Array.TrueForAll(data, one => one.Equals(data[0])) && !kept.Except(data[0].List).Any())
                return data[0];
            if (!data.SequenceEqual(before))
                moved = Stopwatch.GetTimestamp();

            // As long as any of them moves, it catches up.
            if (Stopwatch.GetElapsedTime(moved) > Settling)
                throw new ExpectationException($"they differ: {string.Join("; ", data.Select(static one => $"{one}"))}; {kept.Length} kept, {kept.Except(data[0].List).Count()} of them missing in the first");
            before = data;
            await Task.Delay(500);
        }
    }
}
