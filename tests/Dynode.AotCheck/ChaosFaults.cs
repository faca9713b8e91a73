using System.Text.RegularExpressions;
using Dynode.TestKit;

namespace Dynode.AotCheck;

/// <summary>What happens to regions at random: whatever runs is killed, stopped, set back to an older state or cut off, and comes back.</summary>
internal sealed partial class ChaosFaults(RegionsUnderTest all, Random random, TimeSpan lease)
{
    private const int PauseMillisecondsMin = 50;
    private const int PauseMillisecondsMax = 1500;

    private readonly Dictionary<RealServer, TemporaryFolder> _copies = [];
    private readonly List<string> _happened = [];

    private enum Fault
    {
        NatsKilled,
        NatsLeaderKilled,
        NatsStopped,
        RedisKilled,
        RedisRolledBack,
        RedisStopped,
        BroadcasterKilled,
        BroadcasterStopped,
        BytesHeldBack,
        BytesHeldBackOfOneThatDies,
    }

    /// <summary>In words, in the order in which it was.</summary>
    public string Happened => string.Join(", ", _happened);

    /// <summary>One of all, until what it was done to is back.</summary>
    public async Task HappenAsync()
    {
        Fault fault = Enum.GetValues<Fault>()[random.Next(Enum.GetValues<Fault>().Length)];
        int region = random.Next(all.Servers.Count);
        int which = random.Next(all.Servers[region].Length);
        RealServer redis = all.Servers[region][which];
        RealServer nats = all.Nats[random.Next(all.Nats.Count)];
        var pause = TimeSpan.FromMilliseconds(random.Next(PauseMillisecondsMin, PauseMillisecondsMax));
        bool isLong = random.Next(3) == 0;
        _happened.Add($"{fault} {region}.{which}");
        switch (fault)
        {
            case Fault.NatsKilled:
                await KillAsync(nats, pause);
                break;
            case Fault.NatsLeaderKilled:
                await KillAsync(await LeaderAsync() ?? nats, pause);
                break;
            case Fault.NatsStopped:
                await StopAsync(nats.Process, pause);
                break;
            case Fault.RedisKilled:
                await KillAsync(redis, pause, Copy);
                break;
            case Fault.RedisRolledBack:
                await KillAsync(redis, pause, RollBack);
                break;
            case Fault.RedisStopped:
                await StopAsync(redis.Process, pause);
                break;
            case Fault.BroadcasterKilled:
                await KillBroadcasterAsync(region, isLong ? lease + pause : TimeSpan.Zero);
                break;
            case Fault.BroadcasterStopped:
                await StopAsync(all.Broadcasters[region], isLong ? lease + pause : pause);
                break;
            case Fault.BytesHeldBack:
                all.Proxies[region].Hold();
                await Task.Delay(pause);
                all.Proxies[region].LetGo();
                break;
            default:
                all.Proxies[region].Hold();
                await Task.Delay(pause);
                await KillBroadcasterAsync(region, isLong ? lease + pause : TimeSpan.Zero);
                await Task.Delay(pause);
                all.Proxies[region].LetGo();
                break;
        }
    }

    private static async Task StopAsync(ProcessUnderTest process, TimeSpan pause)
    {
        process.Send(UnixSignal.Stop);
        await Task.Delay(pause);
        process.Send(UnixSignal.Continue);
    }

    private static async Task KillAsync(RealServer server, TimeSpan pause, Action<RealServer>? whileDown = null)
    {
        await server.KillAsync();
        whileDown?.Invoke(server);
        await Task.Delay(pause);
        await server.StartAsync();
    }

    private async Task KillBroadcasterAsync(int region, TimeSpan pause)
    {
        await all.Broadcasters[region].KillAsync();
        await Task.Delay(pause);
        all.Restart(region);
    }

    private void Copy(RealServer redis)
    {
        if (!_copies.TryGetValue(redis, out TemporaryFolder? copy))
            _copies.Add(redis, copy = all.Keep(new TemporaryFolder()));
        Replace(redis.Folder, copy.Path);
    }

    // As of the last time that it was killed; the first time there is none, and it is made.
    private void RollBack(RealServer redis)
    {
        if (_copies.TryGetValue(redis, out TemporaryFolder? copy))
            Replace(copy.Path, redis.Folder);
        else
            Copy(redis);
    }

    private static void Replace(string from, string to)
    {
        Directory.Delete(to, recursive: true);
        Directory.CreateDirectory(to);
        foreach (string folder in Directory.EnumerateDirectories(from, "*", SearchOption.AllDirectories))
            Directory.CreateDirectory(Path.Combine(to, Path.GetRelativePath(from, folder)));
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
            File.Copy(file, Path.Combine(to, Path.GetRelativePath(from, file)));
    }

    // Which of the nats-servers leads the stream; null: nobody says so.
    private async Task<RealServer?> LeaderAsync()
    {
        try
        {
            using TestClient? client = TestClient.TryConnect(all.Nats[0].Port);
            if (client is null)
                return null;
            await client.SendAsync("CONNECT {\"verbose\":false}\r\nSUB _INBOX.chaos 1\r\nPUB $JS.API.STREAM.INFO.orders _INBOX.chaos 0\r\n\r\n");
            while (await client.ReadLineAsync(TimeSpan.FromSeconds(2)) is { } line)
            {
                if (LeaderName().Match(line) is { Success: true } named)
                    return all.Nats[int.Parse(named.Groups["n"].Value, System.Globalization.CultureInfo.InvariantCulture)];
            }
        }
        catch (Exception e) when (e is ExpectationException or IOException or System.Net.Sockets.SocketException)
        {
            // There is an election.
        }

        return null;
    }

    [GeneratedRegex("\"leader\":\"n(?<n>\\d)\"")]
    private static partial Regex LeaderName();
}
