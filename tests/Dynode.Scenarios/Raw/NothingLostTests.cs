using System.Globalization;
using System.Text.RegularExpressions;
using Dynode.Broadcast.Plane;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Raw;

/// <summary>
/// Nothing is lost in silence: what a server did not get is in its counters, to the byte, and each burst arrives whole and
/// in its order or is counted.
/// </summary>
[Collection(Alone.Name)]
public sealed partial class NothingLostTests
{
    private const int ClientsCount = 4;
    private const int BurstsCount = 400;
    private const int LengthMax = 30_000;

    private static readonly BroadcastSettings Settings = new()
    {
        ReconnectDelayMax = TimeSpan.FromSeconds(0.05),
        BacklogBytesMax = 64 << 10,
        StallTimeout = TimeSpan.FromSeconds(0.2),
        LingerTimeout = TimeSpan.FromSeconds(20),
    };

    /// <summary>
    /// Servers pause, end their connections well and badly, die and come back. What the broadcaster's kernel took for a server,
    /// and what was dropped for it, and was not sent twice, is what clients sent. A server that ends its connections well, and
    /// reads them to their end, has got all that: what a dead one's kernel held is the one thing that nobody can know.
    /// </summary>
    [Theory]
    [InlineData(RawResume.Burst, false)]
    [InlineData(RawResume.Burst, true)]
    [InlineData(RawResume.Session, false)]
    [InlineData(RawResume.Session, true)]
    public Task What_servers_got_and_what_was_counted_is_what_clients_sent(RawResume resume, bool deaths) => Seed.RunAsync(async random =>
    {
        using var steady = ScriptedServer.Start(new ServerScript { Echo = true });
        using var a = ScriptedServer.Start();
        using var b = ScriptedServer.Start();
        ScriptedServer[] troubled = [a, b];
        using var broadcaster = BroadcasterUnderTest.Start(Settings with { Resume = resume }, steady, a, b);
        var clients = Enumerable.Range(0, ClientsCount).Select(index => TalkAsync(broadcaster, index, random.Next())).ToArray();
        var sent = Task.WhenAll(clients);
        while (!sent.IsCompleted)
            await TroubleAsync(broadcaster, troubled[random.Next(2)], random, deaths, sent);
        foreach (var server in troubled)
            server.ResumeReading();
        long bytes = (await Task.WhenAll((await sent).Select(LeaveAsync))).Sum();
        await broadcaster.NobodyLeftAsync();

        Assert.Equal(bytes, broadcaster.Snapshot.ReceivedBytes);
        Assert.Equal(bytes, steady.ReceivedBytes);
        foreach (var server in troubled)
        {
            var of = broadcaster.Of(server);
            string dump = $"{bytes} bytes sent by clients\n{server.Dump()}\n{broadcaster.Dump()}";
            Assert.True(bytes == of.SentBytes + of.DroppedBytes - of.RepeatedBytes, dump);
            Assert.True(deaths ? server.ReceivedBytes <= of.SentBytes : server.ReceivedBytes == of.SentBytes, dump);
            foreach (var connection in server.Connections)
                AssertWholeAndInOrder(connection.ReceivedText);
        }

        await broadcaster.DrainAsync();
        foreach (var server in troubled)
            AssertLogged(broadcaster, server);
    });

    /// <summary>Sends bursts, each acknowledged by the server that is always there before the next.</summary>
    private static async Task<TestClient> TalkAsync(BroadcasterUnderTest broadcaster, int index, int seed)
    {
        var random = new Random(seed);
        var client = await broadcaster.ConnectAsync();
        for (int number = 0; number < BurstsCount; number++)
        {
            int length = random.Next(10) == 0 ? random.Next(Burst.LengthMin, LengthMax) : random.Next(Burst.LengthMin, 2000);
            await client.SendAsync(Burst.Of(index, number, length));
            await client.ReadAsync(length);
        }

        return client;
    }

    /// <summary>Gives how many bytes it has sent.</summary>
    private static async Task<long> LeaveAsync(TestClient client)
    {
        using (client)
        {
            client.ShutdownSend();
            await client.ReadToEndAsync();
            return client.SentBytes;
        }
    }

    private static async Task TroubleAsync(BroadcasterUnderTest broadcaster, ScriptedServer server, Random random, bool deaths, Task until)
    {
        switch (random.Next(deaths ? 3 : 2))
        {
            case 0:
                server.PauseReading();
                await ProgressAsync(broadcaster, random.Next(500_000), until);
                server.ResumeReading();
                break;
            case 1:
                foreach (var connection in server.OpenConnections)
                    EndWell(connection);
                break;
            default:
                server.Kill();
                await ProgressAsync(broadcaster, random.Next(100_000), until);
                server.Listen();
                break;
        }

        await ProgressAsync(broadcaster, random.Next(20_000), until);
    }

    /// <summary>FIN, and reads on to the other side's.</summary>
    private static void EndWell(ScriptedConnection connection)
    {
        try
        {
            connection.ShutdownSend();
        }
        catch (Exception e) when (e is System.Net.Sockets.SocketException or ObjectDisposedException)
        {
            // The other side was faster.
        }
    }

    /// <summary>So much more has come from clients.</summary>
    private static Task ProgressAsync(BroadcasterUnderTest broadcaster, long bytes, Task until)
    {
        long from = broadcaster.Snapshot.ReceivedBytes;
        return Eventually.True(() => until.IsCompleted || broadcaster.Snapshot.ReceivedBytes - from >= bytes, broadcaster.Dump);
    }

    /// <summary>A connection carries one client's bursts from the start of one on, without a hole and in order; only its end may be torn.</summary>
    private static void AssertWholeAndInOrder(string text)
    {
        int at = 0;
        int last = -1;
        foreach (Match burst in WholeBurst().Matches(text))
        {
            int number = int.Parse(burst.Groups["number"].ValueSpan, CultureInfo.InvariantCulture);
            Assert.True(burst.Index == at, $"torn at {at}: {text[at..Math.Min(text.Length, at + 60)]}");
            Assert.True(last < 0 || number == last + 1, $"{number} behind {last}");
            at = burst.Index + burst.Length;
            last = number;
        }

        Assert.True(text.Length - at < LengthMax && (at == text.Length || text[at] == 'c'), $"torn at {at} of {text.Length}");
    }

    /// <summary>The lines about drops say together what the counters say.</summary>
    private static void AssertLogged(BroadcasterUnderTest broadcaster, ScriptedServer server)
    {
        long logged = broadcaster.Log.Of(1103)
            .Where(line => line.Contains(server.Address, StringComparison.Ordinal))
            .Sum(line => long.Parse(DroppedBytes().Match(line).Groups["bytes"].ValueSpan, CultureInfo.InvariantCulture));
        Assert.True(broadcaster.Of(server).DroppedBytes == logged, $"{logged} bytes logged\n{broadcaster.Dump()}");
    }

    [GeneratedRegex(@"c\d#(?<number>\d{7})\[([a-z])\1*\]\n")]
    private static partial Regex WholeBurst();

    [GeneratedRegex(@", (?<bytes>\d+) bytes, reason")]
    private static partial Regex DroppedBytes();
}
