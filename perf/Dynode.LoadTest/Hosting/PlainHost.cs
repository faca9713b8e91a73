using System.Diagnostics;
using Dynode.LoadTest.Loads;
using Dynode.TestKit;

namespace Dynode.LoadTest.Hosting;

/// <summary>Runs one scenario and prints its report: what NBomber does for one, in as few lines, and everywhere.</summary>
internal sealed class PlainHost(ILoadScenario scenario, TextWriter output)
{
    /// <summary>How long the steps that are under way at the end may take; NBomber's.</summary>
    private static readonly TimeSpan StepsEndMax = TimeSpan.FromSeconds(60);

    /// <returns>Whether it passed.</returns>
    public async Task<bool> RunAsync()
    {
        var statistics = new LoadStatistics();
        TimeSpan took = TimeSpan.Zero;
        IReadOnlyList<string> found = [];
        string? fault = null;
        try
        {
            await scenario.InitAsync().ConfigureAwait(false);
            took = await LoadAsync(statistics).ConfigureAwait(false);
            found = await scenario.CleanAsync().ConfigureAwait(false);

            // A scenario may have looked over one; whoever reads the counts does not.
            if (statistics.Failed > 0) fault = $"{statistics.Failed} steps failed";
        }
        catch (ExpectationException e)
        {
            fault = e.Message;
        }
        catch (Exception e)
        {
            fault = $"a fault of the scenario itself: {e}";
        }

        LoadReport.Write(output, scenario, statistics, took);
        Verdict(output, scenario.Name, found, fault);
        return fault is null;
    }

    /// <summary>The lines that end a scenario, under every host.</summary>
    public static void Verdict(TextWriter output, string name, IReadOnlyList<string> found, string? fault)
    {
        output.WriteLine("checked:");
        foreach (string line in found) output.WriteLine($"  - {line}");
        if (fault is not null) output.WriteLine($"  - WRONG: {fault}");
        output.WriteLine(fault is null ? $"{name}: PASSED" : $"{name}: FAILED");
    }

    private async Task<TimeSpan> LoadAsync(LoadStatistics statistics)
    {
        var copies = new CopyPool(scenario, statistics);
        long startedAt = Stopwatch.GetTimestamp();
        await new Pacer(copies).RunAsync(scenario.Simulations).ConfigureAwait(false);
        copies.Keep(0);
        await Eventually.True(() => copies.Working == 0, () => $"{copies.Working} steps do not end", StepsEndMax).ConfigureAwait(false);
        copies.Stop();
        return Stopwatch.GetElapsedTime(startedAt);
    }
}
