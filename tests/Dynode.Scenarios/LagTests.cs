using System.Diagnostics;
using System.Globalization;
using Dynode.Broadcast.Plane;
using Dynode.Native.Admin;
using Dynode.Scenarios.Framed.Limits;
using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Xunit;

namespace Dynode.Scenarios;

/// <summary>
/// What is said of a server that is behind is so: lag in bytes and in seconds, when its backlog will be full, when it will have caught up. Beside one
/// that takes all, over real sockets, at rates that any machine holds; what is expected is computed from what was really sent and read, and when.
/// </summary>
[Collection(Alone.Name)]
public sealed class LagTests(ITestOutputHelper output)
{
    private const int SentPerSecond = 2_000_000;
    private const int ReadPerSecond = 1_000_000;
    private const int BacklogMax = 32 << 20;

    /// <summary>Of what is expected.</summary>
    private const double Tolerance = 0.2;

    private static readonly byte[] Request = Resp.Set("k", new byte[990]);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_server_that_falls_behind_does_so_by_what_is_said_and_at_the_pace_that_is_said(bool isFramed)
    {
        using var slow = new ThrottledServer(ReadPerSecond, isFramed ? Request.Length : 0);
        using var servers = new Beside(isFramed);
        using var broadcaster = BroadcasterUnderTest.Start(Settings(isFramed), [servers.Address, slow.Address]);
        await UpAsync(broadcaster, slow);
        using var client = await TestClient.ConnectAsync(broadcaster.Port);
        var sent = new ByteRecord();
        using var ends = new CancellationTokenSource();
        var sending = SendAsync(client, sent, ends.Token);
        await Eventually.True(() => slow.Read.Total > 0, broadcaster.Dump);
        using var sampler = new Sampler(broadcaster.Door.Snapshot, () => isFramed ? BacklogMax : null, broadcaster.Log, TimeProvider.System);
        await sampler.CurrentAsync();
        long began = Stopwatch.GetTimestamp();
        for (int looks = 0; looks < 4; looks++)
        {
            // A second of sending more: time is the subject.
            long until = sent.Total + SentPerSecond;
            await Eventually.True(() => sent.Total >= until, broadcaster.Dump);
            var (at, figures) = await LookAsync(sampler, slow);
            if (looks == 0)
                continue;
            long behind = sent.Until(at) - slow.Read.Until(at);
            Expect("lag, bytes", behind, figures.LagBytes);
            Expect("lag, s", Stopwatch.GetElapsedTime(sent.When(sent.Until(at) - behind + 1), at).TotalSeconds, figures.Lag!.Value.TotalSeconds);
            if (isFramed)
                Expect("overflow, s", (BacklogMax - behind) / (sent.Rate(began, at) - slow.Read.Rate(began, at)), figures.Overflow!.Value.TotalSeconds);
            else
                Assert.Null(figures.Overflow);

            // What is behind by less than a second is on its way.
            Assert.Equal(figures.State == ServerState.Current && figures.Lag < TimeSpan.FromSeconds(1) ? null : Timeout.InfiniteTimeSpan, figures.CatchUp);
        }

        await ends.CancelAsync();
        await sending;
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_server_that_catches_up_has_done_so_when_it_was_said(bool isFramed)
    {
        const int bulk = 6_000_000;
        using var slow = new ThrottledServer(0, isFramed ? Request.Length : 0);
        using var servers = new Beside(isFramed);
        using var broadcaster = BroadcasterUnderTest.Start(Settings(isFramed), [servers.Address, slow.Address]);
        await UpAsync(broadcaster, slow);
        using var client = await TestClient.ConnectAsync(broadcaster.Port);
        var sent = new ByteRecord();
        while (sent.Total < bulk)
        {
            await client.SendAsync(Request);
            sent.Add(Request.Length);
        }

        await Eventually.True(() => broadcaster.Snapshot.ReceivedBytes == sent.Total, broadcaster.Dump);
        using var sampler = new Sampler(broadcaster.Door.Snapshot, () => isFramed ? BacklogMax : null, broadcaster.Log, TimeProvider.System);
        await sampler.CurrentAsync();
        slow.BytesPerSecond = ReadPerSecond;
        long began = Stopwatch.GetTimestamp();
        List<(long At, ServerFigures Figures)> looks = [];
        for (int seconds = 1; seconds <= 4; seconds++)
        {
            await Eventually.True(() => slow.Read.Total >= seconds * ReadPerSecond, broadcaster.Dump);
            looks.Add(await LookAsync(sampler, slow));
        }

        await Eventually.True(() => Owed(broadcaster, slow, isFramed) == 0, broadcaster.Dump);
        long ended = Stopwatch.GetTimestamp();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"read {slow.Read.Rate(began, ended):F0} bytes/s"));
        foreach (var (at, figures) in looks)
        {
            // In raw what the kernel holds counts as taken: the server reads on for a moment.
            Expect("catch-up, s", Stopwatch.GetElapsedTime(at, ended).TotalSeconds, figures.CatchUp!.Value.TotalSeconds);
            Assert.Null(figures.Overflow);
        }
    }

    private static BroadcastSettings Settings(bool isFramed) => new()
    {
        Protocol = isFramed ? Protocol.Redis : Protocol.Raw,
        Reply = RawReply.None,
        BacklogBytesMax = BacklogMax,
        IdleTimeout = TimeSpan.Zero,
    };

    private static Task UpAsync(BroadcasterUnderTest broadcaster, ThrottledServer slow) => Eventually.True(
        () => broadcaster.Snapshot.Backends is var backends && (backends.All(static backend => backend.Standing is { IsCurrent: true }) || backends.All(static backend => backend.Standing is null)),
        () => $"{slow.Address}\n{broadcaster.Dump()}");

    private static long Owed(BroadcasterUnderTest broadcaster, ThrottledServer slow, bool isFramed)
    {
        var backend = broadcaster.Snapshot.Backends.Single(backend => backend.Address.ToString() == slow.Address);
        return isFramed ? backend.Standing!.LagBytes : backend.OwedBytes;
    }

    private static async Task<(long At, ServerFigures Figures)> LookAsync(Sampler sampler, ThrottledServer slow)
    {
        sampler.Outdate();
        var sample = await sampler.CurrentAsync();
        long at = Stopwatch.GetTimestamp();
        return (at, sample!.Servers.Single(server => server.Backend.Address.ToString() == slow.Address));
    }

    /// <summary>At a rate, by the clock; answers are read and forgotten.</summary>
    private static async Task SendAsync(TestClient client, ByteRecord sent, CancellationToken ends)
    {
        var answers = client.DrainToEndAsync(TimeSpan.FromMinutes(5));
        long began = Stopwatch.GetTimestamp();
        while (!ends.IsCancellationRequested)
        {
            while (sent.Total < Stopwatch.GetElapsedTime(began).TotalSeconds * SentPerSecond)
            {
                await client.SendAsync(Request);
                sent.Add(Request.Length);
            }

            await Task.Delay(1, CancellationToken.None);
        }

        client.ShutdownSend();
        await answers;
    }

    private void Expect(string what, double expected, double said)
    {
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}: {said:F2} said, {expected:F2} was"));
        Assert.InRange(said, expected * (1 - Tolerance), expected * (1 + Tolerance));
    }

    /// <summary>A server that takes all and, where it is asked, answers.</summary>
    private sealed class Beside(bool isFramed) : IDisposable
    {
        private readonly FramedServer? _framed = isFramed ? FramedServer.Redis(tcp: new ServerScript { Recording = Recording.Hash }) : null;
        private readonly ScriptedServer? _raw = isFramed ? null : ScriptedServer.Start(new ServerScript { Recording = Recording.Hash });

        public string Address => _framed?.Address ?? _raw!.Address;

        public void Dispose()
        {
            _framed?.Dispose();
            _raw?.Dispose();
        }
    }
}
