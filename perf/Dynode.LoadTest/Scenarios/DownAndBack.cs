using Dynode.LoadTest.Loads;
using Dynode.LoadTest.Servers;
using Dynode.LoadTest.Stages;

namespace Dynode.LoadTest.Scenarios;

/// <summary>
/// One server dies under load, with all its connections, and is back within the backlog. It gets all that it missed, in order, before
/// anything newer: in raw but for what its kernel had taken, in the framed protocols at least once.
/// </summary>
internal sealed class DownAndBack(string name, LoadSettings settings) : ILoadScenario
{
    /// <summary>What is missed meanwhile must fit into the backlog.</summary>
    private static readonly TimeSpan DownMax = TimeSpan.FromSeconds(10);

    private readonly Stage _stage = new(settings, new StagePlan
    {
        Settings = ["reconnect_delay_timeout=0.5", $"backlog_bytes={(settings.IsRaw ? "8m" : "64m")}", "memory_max=1g"],
    });

    private Disturbance? _death;

    public string Name => name;

    public IReadOnlyList<LoadSimulation> Simulations { get; } = [LoadSimulation.Inject(settings.Rate, TimeSpan.FromSeconds(1), settings.During)];

    /// <summary>Framed: the one whose replies the clients get; the next takes over. In raw that one's end is the clients' end, and another dies.</summary>
    private RecordingServer Server => _stage.Servers[settings.IsRaw ? 1 : 0];

    public async Task InitAsync()
    {
        await _stage.StartAsync().ConfigureAwait(false);
        _death = new Disturbance(DieAndReturnAsync);
    }

    public Task<StepOutcome> StepAsync(int copy)
    {
        _death!.Begin();
        return _stage.StepAsync(copy);
    }

    public async Task<IReadOnlyList<string>> CleanAsync()
    {
        await _death!.EndAsync().ConfigureAwait(false);
        await _stage.ReachAllAsync().ConfigureAwait(false);
        await _stage.LeaveAsync().ConfigureAwait(false);
        await _stage.EndAsync().ConfigureAwait(false);
        var check = new ServerCheck(_stage, settings);
        return [.. _stage.Servers.Select(server => check.Check(server, server == Server ? Fate.Killed : Fate.Undisturbed))];
    }

    public void Dispose() => _stage.Dispose();

    private async Task DieAndReturnAsync()
    {
        TimeSpan third = settings.During / 3;
        await Task.Delay(third).ConfigureAwait(false);
        await HaveInFlightAsync().ConfigureAwait(false);
        await Server.DownAsync().ConfigureAwait(false);
        await Task.Delay(third < DownMax ? third : DownMax).ConfigureAwait(false);
        int before = Server.Accepted;
        Server.Mute = false;
        Server.Up();
        await _stage.WaitAsync(() => Server.Accepted > before, () => $"{Server} to be connected to again").ConfigureAwait(false);
    }

    /// <summary>
    /// Every second client has sent something that it has not answered: in raw it does not read it, so that some is lost with it; framed it
    /// does, so that some comes again.
    /// </summary>
    private Task HaveInFlightAsync()
    {
        if (settings.IsRaw) Server.Stall();
        else Server.Mute = true;
        long enough = _stage.Roster.Requests + (settings.Copies / 2) + 1;
        return _stage.WaitAsync(() => _stage.Roster.Requests >= enough, () => "requests in flight");
    }
}
