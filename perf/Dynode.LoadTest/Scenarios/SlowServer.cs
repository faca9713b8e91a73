using System.Diagnostics;
using System.Globalization;
using Dynode.LoadTest.Loads;
using Dynode.LoadTest.Servers;
using Dynode.LoadTest.Stages;
using Dynode.LoadTest.UnderTest;

namespace Dynode.LoadTest.Scenarios;

/// <summary>
/// One server is slow, but steady: it sets the pace, and nothing is lost. Then it stands still: the clients are held for as long as its
/// budget lasts, then it is ejected and what overflows is dropped for it alone, and counted to the byte. It goes on, and catches up.
/// </summary>
internal sealed class SlowServer(string name, LoadSettings settings) : ILoadScenario
{
    /// <summary>Not the first in the list: in raw that is the one whose replies clients wait for.</summary>
    private const int Slow = 1;

    /// <summary>So that the backlog, and what the kernels take, is full within a moment.</summary>
    private const int RequestBytes = 4 << 10;

    private const int CopiesMax = 8;

    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(20);

    private readonly Stage _stage = new(settings with { Copies = Math.Min(settings.Copies, CopiesMax) }, new StagePlan
    {
        PayloadBytes = RequestBytes,
        SmallReceiver = Slow,

        // Budgets refill by a twentieth of the time: a small one is half full again within two seconds.
        Settings = ["stall_timeout=0.2", .. settings.IsRaw ? ["backlog_bytes=64k"] : (string[])["backlog_bytes=1m", "max_request_bytes=64k"]],
    });

    private Disturbance? _slowness;
    private string _return = "";
    private bool _isOver;

    public string Name => name;

    public IReadOnlyList<LoadSimulation> Simulations { get; } = [LoadSimulation.KeepConstant(Math.Min(settings.Copies, CopiesMax), settings.During)];

    private bool IsOver => Volatile.Read(ref _isOver);

    private RecordingServer Server => _stage.Servers[Slow];

    public async Task InitAsync()
    {
        await _stage.StartAsync().ConfigureAwait(false);
        _slowness = new Disturbance(SlowAsync);
    }

    public Task<StepOutcome> StepAsync(int copy)
    {
        _slowness!.Begin();
        return _stage.StepAsync(copy);
    }

    public async Task<IReadOnlyList<string>> CleanAsync()
    {
        Volatile.Write(ref _isOver, true);
        Server.Resume();
        await _slowness!.EndAsync().ConfigureAwait(false);
        await _stage.ReachAllAsync().ConfigureAwait(false);
        await _stage.LeaveAsync().ConfigureAwait(false);
        await _stage.EndAsync().ConfigureAwait(false);
        var check = new ServerCheck(_stage, settings);
        return [.. _stage.Servers.Select(server => check.Check(server, server == Server ? Fate.Stalled : Fate.Undisturbed)), _return];
    }

    public void Dispose() => _stage.Dispose();

    private async Task SlowAsync()
    {
        await Task.Delay(settings.During / 4).ConfigureAwait(false);
        Server.Pace = Pace;
        await Task.Delay(settings.During / 4).ConfigureAwait(false);
        Server.Pace = TimeSpan.Zero;
        Server.Stall();

        await _stage.WaitAsync(() => _stage.Broadcaster.Find(EventId.Dropped, Server.Address) is not null || IsOver, () => "drops").ConfigureAwait(false);
        long behind = _stage.Roster.Requests;
        long resumedAt = Stopwatch.GetTimestamp();
        Server.Resume();
        await _stage.WaitAsync(() => Server.Record.Counts.Reached >= behind || IsOver, () => $"{Server} to catch up, which goes on: it has come to {Server.Record.Counts.Reached} of {behind} requests").ConfigureAwait(false);
        string caughtUp = string.Create(CultureInfo.InvariantCulture, $"{Stopwatch.GetElapsedTime(resumedAt).TotalSeconds:F2} s after it went on");
        _return = IsOver ? $"{Server} had not caught up when the load ended, {caughtUp}" : $"{Server} had caught up {caughtUp}";
    }
}
