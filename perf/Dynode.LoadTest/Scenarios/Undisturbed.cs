using Dynode.LoadTest.Loads;
using Dynode.LoadTest.Stages;

namespace Dynode.LoadTest.Scenarios;

/// <summary>Load alone, of some shape: at the end every server has received all of it, in order, once.</summary>
internal sealed class Undisturbed(string name, IReadOnlyList<LoadSimulation> simulations, LoadSettings settings) : ILoadScenario
{
    private readonly Stage _stage = new(settings, new StagePlan());

    public string Name => name;

    public IReadOnlyList<LoadSimulation> Simulations => simulations;

    public Task InitAsync() => _stage.StartAsync();

    public Task<StepOutcome> StepAsync(int copy) => _stage.StepAsync(copy);

    public async Task<IReadOnlyList<string>> CleanAsync()
    {
        await _stage.ReachAllAsync().ConfigureAwait(false);
        await _stage.LeaveAsync().ConfigureAwait(false);
        await _stage.EndAsync().ConfigureAwait(false);
        var check = new ServerCheck(_stage, settings);
        return [.. _stage.Servers.Select(server => check.Check(server, Fate.Undisturbed))];
    }

    public void Dispose() => _stage.Dispose();
}
