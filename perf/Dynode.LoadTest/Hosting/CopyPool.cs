using System.Diagnostics;
using Dynode.LoadTest.Loads;

namespace Dynode.LoadTest.Hosting;

/// <summary>
/// The copies of one scenario: those that step on and on, and those that step once. Both take the least number that is free, so
/// there are never more numbers than copies at once. Any thread; <c>_lock</c> guards numbers and counts.
/// </summary>
internal sealed class CopyPool(ILoadScenario scenario, LoadStatistics statistics)
{
    /// <summary>A scenario that fails so often is stopped: it has its verdict, and a dead server is not to be asked a million times.</summary>
    private const int FailsMax = 100;

    private readonly Lock _lock = new();
    private readonly PriorityQueue<int, int> _free = new();
    private int _numbers;
    private int _constant;
    private int _constantWanted;
    private int _working;
    private bool _stopped;

    /// <summary>Copies that step now.</summary>
    public int Working
    {
        get
        {
            lock (_lock) return _working;
        }
    }

    /// <summary>No copy steps again.</summary>
    public bool IsStopped => Volatile.Read(ref _stopped) || statistics.Failed >= FailsMax;

    /// <summary>So many copies step on and on from now; of too many the next that have stepped leave.</summary>
    public void Keep(int copies)
    {
        lock (_lock)
        {
            _constantWanted = copies;
            while (_constant < _constantWanted)
            {
                _constant++;
                _ = RunAsync(Take(), once: false);
            }
        }
    }

    /// <summary>So many copies step once, now.</summary>
    public void Inject(long copies)
    {
        for (long i = 0; i < copies && !IsStopped; i++)
        {
            int number;
            lock (_lock) number = Take();
            _ = RunAsync(number, once: true);
        }
    }

    public void Stop()
    {
        Volatile.Write(ref _stopped, true);
        Keep(0);
    }

    private int Take()
    {
        _working++;
        return _free.TryDequeue(out int number, out _) ? number : _numbers++;
    }

    private async Task RunAsync(int number, bool once)
    {
        // Not on the pacer's thread: a step may do a lot before it waits first.
        await Task.Yield();
        do
        {
            if (IsStopped) break;
            long startedAt = Stopwatch.GetTimestamp();
            statistics.Add(startedAt, await StepAsync(number).ConfigureAwait(false));
        }
        while (!once && !MayLeave());

        lock (_lock)
        {
            _working--;
            _free.Enqueue(number, number);
        }
    }

    private async Task<StepOutcome> StepAsync(int number)
    {
        try
        {
            return await scenario.StepAsync(number).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            return StepOutcome.Fail($"a fault of the scenario itself: {e.GetType().Name}: {e.Message}");
        }
    }

    private bool MayLeave()
    {
        lock (_lock)
        {
            if (_constant <= _constantWanted) return false;
            _constant--;
            return true;
        }
    }
}
