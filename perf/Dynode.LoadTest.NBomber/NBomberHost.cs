using Dynode.LoadTest.Hosting;
using Dynode.LoadTest.Loads;
using Dynode.LoadTest.Scenarios;
using Dynode.LoadTest.Stages;
using NBomber.Contracts;
using NBomber.CSharp;
using LoadSimulation = Dynode.LoadTest.Loads.LoadSimulation;

namespace Dynode.LoadTest.NBomber;

/// <summary>
/// Runs a scenario under NBomber 4.1.2, which measures and reports; the verdict is the scenario's own. Written where the package was
/// not to be had: it was compiled against a description of NBomber's API, taken from its sources of that version, and was not run.
/// </summary>
internal static class NBomberHost
{
    /// <summary>A scenario that fails so often is stopped, as under the plain host.</summary>
    private const int FailsMax = 100;

    /// <returns>Whether it passed.</returns>
    public static async Task<bool> RunAsync(string name, LoadSettings settings)
    {
        using ILoadScenario scenario = ScenarioCatalogue.Create(name, settings);
        IReadOnlyList<string> found = [];
        string? fault = "NBomber did not run it to its end";
        ScenarioProps props = Scenario
            .Create(scenario.Name, async context => Of(await scenario.StepAsync(context.ScenarioInfo.ThreadNumber).ConfigureAwait(false)))
            .WithInit(_ => scenario.InitAsync())
            .WithClean(async _ =>
            {
                // NBomber goes on when this fails, and takes no notice.
                try
                {
                    found = await scenario.CleanAsync().ConfigureAwait(false);
                    fault = null;
                }
                catch (Exception e)
                {
                    fault = e.Message;
                }
            })
            .WithoutWarmUp()
            .WithMaxFailCount(FailsMax)
            .WithLoadSimulations([.. scenario.Simulations.Select(Of)]);
        try
        {
            // It holds its thread until it is done.
            await Task.Run(() => NBomberRunner
                .RegisterScenarios(props)
                .WithTestSuite("dynode")
                .WithTestName(scenario.Name)
                .WithReportFolder(Path.Combine(Environment.CurrentDirectory, "artifacts", "nbomber", scenario.Name))
                .Run()).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            fault = e.Message;
        }

        PlainHost.Verdict(Console.Out, scenario.Name, found, fault);
        return fault is null;
    }

    // Every argument is given: the package's metadata has an int for the default of a long, which not every compiler takes.
    private static Response<object> Of(StepOutcome outcome) => outcome.Fault is { } fault
        ? Response.Fail(statusCode: "", message: fault, sizeBytes: outcome.Bytes, latencyMs: 0)
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
