using Dynode.LoadTest.Hosting;
using Dynode.LoadTest.Loads;
using Dynode.TestKit;
using NBomber.Contracts;
using NBomber.Contracts.Stats;
using NBomber.CSharp;
using LoadSimulation = Dynode.LoadTest.Loads.LoadSimulation;

namespace Dynode.LoadTest.NBomber;

/// <summary>
/// Runs one scenario under NBomber 4.1.2, which makes the steps, measures and reports; the verdict is the scenario's own. What NBomber
/// does not do is done here: it cleans up while steps are under way when it stops early, and takes no notice of how that ended.
/// </summary>
internal sealed class NBomberHost(ILoadScenario scenario)
{
    /// <summary>A scenario that fails so often is stopped, as under the plain host.</summary>
    private const int FailsMax = 100;

    /// <summary>No report has the reason of a failure that has none.</summary>
    private const string FailedStatus = "failed";

    /// <summary>NBomber looks once a second whether a scenario has failed too often: until then a dead server is not to be asked a million times.</summary>
    private static readonly TimeSpan FailurePause = TimeSpan.FromMilliseconds(100);

    /// <summary>How long the steps that are under way at the end may take; NBomber's own.</summary>
    private static readonly TimeSpan StepsEndMax = TimeSpan.FromSeconds(60);

    private string? _initFault;
    private bool _isBegun;
    private int _stepping;

    /// <returns>Whether it passed.</returns>
    public async Task<bool> RunAsync()
    {
        IReadOnlyList<string> found = [];
        string? fault = null;
        try
        {
            long failed = await LoadAsync().ConfigureAwait(false);
            if (_isBegun) found = await EndAsync().ConfigureAwait(false);
            if (failed > 0) fault = $"{failed} steps failed";
            if (!_isBegun) fault = _initFault ?? "NBomber did not begin it";
        }
        catch (Exception e)
        {
            // What went wrong at first made the rest go wrong.
            fault = _initFault ?? e.Message;
        }

        PlainHost.Verdict(Console.Out, scenario.Name, found, fault);
        return fault is null;
    }

    /// <returns>Steps that NBomber counts as failed.</returns>
    private async Task<long> LoadAsync()
    {
        ScenarioProps props = Scenario
            .Create(scenario.Name, StepAsync)
            .WithInit(_ => InitAsync())
            .WithoutWarmUp()
            .WithMaxFailCount(FailsMax)
            .WithLoadSimulations([.. scenario.Simulations.Select(Of)]);

        // It holds its thread until it is done.
        NodeStats stats = await Task.Run(() => NBomberRunner
            .RegisterScenarios(props)
            .WithTestSuite("dynode")
            .WithTestName(scenario.Name)
            .WithReportFolder(Path.Combine(Environment.CurrentDirectory, "artifacts", "nbomber", scenario.Name))
            .Run()).ConfigureAwait(false);
        return stats.AllFailCount;
    }

    private async Task InitAsync()
    {
        try
        {
            await scenario.InitAsync().ConfigureAwait(false);
            _isBegun = true;
        }
        catch (Exception e)
        {
            // What NBomber makes of it does not have its text.
            _initFault = e.Message;
            throw;
        }
    }

    private async Task<IResponse> StepAsync(IScenarioContext context)
    {
        Interlocked.Increment(ref _stepping);
        try
        {
            StepOutcome outcome = await scenario.StepAsync(context.ScenarioInfo.ThreadNumber).ConfigureAwait(false);
            if (!outcome.IsOk) await Task.Delay(FailurePause).ConfigureAwait(false);
            return Of(outcome);
        }
        finally
        {
            Interlocked.Decrement(ref _stepping);
        }
    }

    /// <summary>When no step is under way: one that is would fail with what it finds closed, and hide what failed first.</summary>
    private async Task<IReadOnlyList<string>> EndAsync()
    {
        await Eventually.True(() => Volatile.Read(ref _stepping) == 0, () => $"{_stepping} steps do not end", StepsEndMax).ConfigureAwait(false);
        return await scenario.CleanAsync().ConfigureAwait(false);
    }

    // Every argument is given: the package's metadata has an int for the default of a long, which not every compiler takes.
    private static Response<object> Of(StepOutcome outcome) => outcome.Fault is { } fault
        ? Response.Fail(statusCode: FailedStatus, message: fault, sizeBytes: outcome.Bytes, latencyMs: 0)
        : Response.Ok(statusCode: "", sizeBytes: outcome.Bytes, message: "", latencyMs: 0);

    private static global::NBomber.Contracts.LoadSimulation Of(LoadSimulation simulation) => simulation.Kind switch
    {
        LoadKind.KeepConstant => Simulation.KeepConstant(copies: simulation.Amount, during: simulation.During),
        LoadKind.RampingConstant => Simulation.RampingConstant(copies: simulation.Amount, during: simulation.During),
        LoadKind.Inject => Simulation.Inject(rate: simulation.Amount, interval: simulation.Interval, during: simulation.During),
        LoadKind.RampingInject => Simulation.RampingInject(rate: simulation.Amount, interval: simulation.Interval, during: simulation.During),
        _ => Simulation.Pause(during: simulation.During),
    };
}
