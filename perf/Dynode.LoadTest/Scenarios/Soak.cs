using System.Globalization;
using Dynode.LoadTest.Loads;
using Dynode.LoadTest.Stages;
using Dynode.TestKit;

namespace Dynode.LoadTest.Scenarios;

/// <summary>
/// As much as so many clients get through, for long: the broadcaster's memory grows no more after a warm-up, and no descriptor is left
/// when the clients are.
/// </summary>
internal sealed class Soak(string name, LoadSettings settings) : ILoadScenario
{
    /// <summary>Several times what a busy machine makes the heap and the pages in use go up and down; a leak of one byte a request passes it within minutes.</summary>
    private const long GrowthBytesMax = 16 << 20;

    private readonly Stage _stage = new(settings, new StagePlan());
    private LeakCheck? _leaks;
    private Disturbance? _warmUp;
    private long _warm;

    public string Name => name;

    public IReadOnlyList<LoadSimulation> Simulations { get; } =
    [
        LoadSimulation.RampingConstant(settings.Copies, settings.Part(0.2)),
        LoadSimulation.KeepConstant(settings.Copies, settings.Part(0.8)),
    ];

    public async Task InitAsync()
    {
        await _stage.StartAsync().ConfigureAwait(false);
        _leaks = LeakCheck.OfProcess(_stage.Broadcaster.Process.Id);
        _warmUp = new Disturbance(async () =>
        {
            await Task.Delay(settings.During / 2).ConfigureAwait(false);
            _warm = _stage.Broadcaster.Process.HasExited ? 0 : _stage.Broadcaster.Process.ResidentBytes;
        });
    }

    public Task<StepOutcome> StepAsync(int copy)
    {
        _warmUp!.Begin();
        return _stage.StepAsync(copy);
    }

    public async Task<IReadOnlyList<string>> CleanAsync()
    {
        await _warmUp!.EndAsync().ConfigureAwait(false);
        await _stage.ReachAllAsync().ConfigureAwait(false);
        long resident = _stage.Broadcaster.Process.ResidentBytes;
        await _stage.LeaveAsync().ConfigureAwait(false);
        await _leaks!.NothingLeftAsync().ConfigureAwait(false);
        await _stage.EndAsync().ConfigureAwait(false);
        Expect.AtMost(_warm + GrowthBytesMax, resident, "resident bytes of the broadcaster at the end, with what it may grow after half of the time");
        var check = new ServerCheck(_stage, settings);
        return
        [
            .. _stage.Servers.Select(server => check.Check(server, Fate.Undisturbed)),
            string.Create(CultureInfo.InvariantCulture, $"broadcaster: {_warm / 1048576.0:F1} MiB resident after half of the time, {resident / 1048576.0:F1} MiB at the end; no descriptor left when its clients were gone"),
        ];
    }

    public void Dispose() => _stage.Dispose();
}
