using System.Diagnostics;
using Dynode.LoadTest.Loads;

namespace Dynode.LoadTest.Hosting;

/// <summary>Runs load simulations one after another: at each moment there are as many copies as the simulation wants then.</summary>
internal sealed class Pacer(CopyPool copies)
{
    /// <summary>What was due since the last look is started at once, so this is how evenly it comes.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(2);

    public async Task RunAsync(IReadOnlyList<LoadSimulation> simulations)
    {
        int before = 0;
        foreach (LoadSimulation simulation in simulations)
        {
            await RunAsync(simulation, before).ConfigureAwait(false);
            before = simulation.Amount;
        }
    }

    private async Task RunAsync(LoadSimulation simulation, int before)
    {
        using var clock = new PeriodicTimer(Look);
        long startedAt = Stopwatch.GetTimestamp();
        long injected = 0;
        while (!copies.IsStopped)
        {
            TimeSpan at = Stopwatch.GetElapsedTime(startedAt);
            bool isOver = at >= simulation.During;
            double progress = isOver ? 1 : at / simulation.During;
            switch (simulation.Kind)
            {
                case LoadKind.KeepConstant:
                    copies.Keep(simulation.Amount);
                    break;
                case LoadKind.RampingConstant:
                    copies.Keep((int)Math.Round(before + ((simulation.Amount - before) * progress)));
                    break;
                case LoadKind.Inject or LoadKind.RampingInject:
                    copies.Keep(0);
                    long due = Due(simulation, before, progress);
                    copies.Inject(due - injected);
                    injected = due;
                    break;
                default:
                    copies.Keep(0);
                    break;
            }

            if (isOver) return;
            await clock.WaitForNextTickAsync().ConfigureAwait(false);
        }
    }

    /// <summary>How many are to have been injected: the area below the rate.</summary>
    private static long Due(LoadSimulation simulation, int before, double progress)
    {
        double intervals = simulation.During / simulation.Interval * progress;
        double from = simulation.Kind == LoadKind.Inject ? simulation.Amount : before;
        double now = from + ((simulation.Amount - from) * progress);
        return (long)(intervals * (from + now) / 2);
    }
}
