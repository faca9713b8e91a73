using BenchmarkDotNet.Engines;

namespace Dynode.Benchmarks.Running;

/// <summary>What one iteration of a benchmark allocated.</summary>
/// <param name="Bytes">All of them.</param>
/// <param name="Operations">How often it ran.</param>
internal readonly record struct Allocation(long Bytes, long Operations);

/// <summary>
/// BenchmarkDotNet's own engines, with each iteration's bytes counted for the thread that it runs on. That is exact to the byte.
/// MemoryDiagnoser's figure is the process's: now and then it has what the finalizer allocates after a collection (ArrayPool
/// trims itself then), and it is rounded for each operation, so that an allocation now and then is lost.
/// </summary>
internal sealed class CountingEngines : IEngineFactory
{
    private readonly EngineFactory _engines = new();
    private readonly Dictionary<string, Allocation> _last = [];
    private readonly Dictionary<string, string> _faults = [];

    /// <summary>Of the last iteration, by the benchmark's full name: by then what is made once has been made.</summary>
    public IReadOnlyDictionary<string, Allocation> Last => _last;

    /// <summary>What a benchmark threw, by its full name.</summary>
    public IReadOnlyDictionary<string, string> Faults => _faults;

    public IEngine CreateReadyToRun(EngineParameters engineParameters)
    {
        var setup = engineParameters.GlobalSetupAction;
        string name = engineParameters.BenchmarkName;
        engineParameters.GlobalSetupAction = () => Try(name, setup);
        engineParameters.WorkloadActionNoUnroll = Counted(engineParameters, engineParameters.WorkloadActionNoUnroll, 1);
        engineParameters.WorkloadActionUnroll = Counted(engineParameters, engineParameters.WorkloadActionUnroll, engineParameters.UnrollFactor);
        return _engines.CreateReadyToRun(engineParameters);
    }

    private Action<long> Counted(EngineParameters engine, Action<long> workload, int unrollFactor) => times => Try(engine.BenchmarkName, () =>
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        workload(times);
        long after = GC.GetAllocatedBytesForCurrentThread();
        _last[engine.BenchmarkName] = new(after - before, times * unrollFactor * engine.OperationsPerInvoke);
    });

    private void Try(string name, Action action)
    {
        try
        {
            action();
        }
        catch (Exception e)
        {
            _faults[name] = e.Message;
            throw;
        }
    }
}
