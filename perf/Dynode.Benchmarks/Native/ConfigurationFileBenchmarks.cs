using BenchmarkDotNet.Attributes;
using Dynode.Benchmarks.Captures;
using Dynode.Native.Configuration;

namespace Dynode.Benchmarks.Native;

/// <summary>Reads the lines of a configuration file.</summary>
public class ConfigurationFileBenchmarks
{
    private readonly List<Assignment> _assignments = [];
    private readonly List<ConfigurationFault> _faults = [];

    [ParamsSource(nameof(Captures))]
    public Capture File { get; set; } = null!;

    public static IEnumerable<Capture> Captures => [ConfigurationText.Capture()];

    [Benchmark]
    public int Parse()
    {
        _assignments.Clear();
        bool isWhole = ConfigurationFile.Parse("configuration", File.Bytes, _assignments, _faults);
        return isWhole && _faults.Count == 0 ? _assignments.Count : throw new InvalidOperationException("It is no such file.");
    }
}
