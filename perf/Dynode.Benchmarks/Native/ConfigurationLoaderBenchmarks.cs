using BenchmarkDotNet.Attributes;
using Dynode.Native.Configuration;

namespace Dynode.Benchmarks.Native;

/// <summary>Reads the configuration: at the start, and on SIGHUP.</summary>
public class ConfigurationLoaderBenchmarks
{
    private string _folder = "";
    private ConfigurationPlaces _places = null!;
    private ConfigurationPlaces _faulty = null!;

    [GlobalSetup]
    public void Setup()
    {
        _folder = Directory.CreateTempSubdirectory("dynode-").FullName;
        string file = Path.Combine(_folder, "configuration");
        File.WriteAllBytes(file, ConfigurationText.InUse());
        _places = new ConfigurationPlaces
        {
            File = file,
            Sets = ["log_level=WARN", "max_clients=5000"],
            Environment =
            [
                .. Enumerable.Range(0, 30).Select(i => KeyValuePair.Create($"SERVICE_{i}_PORT", "tcp://10.0.0.1:80")),
                KeyValuePair.Create("DYNODE__PORT", "9001"),
                KeyValuePair.Create("DYNODE__MEMORY_MAX", "256m"),
            ],
            MemoryBytes = () => 8L << 30,
        };
        _faulty = _places with { Sets = ["prot=1", "max_clients=many"] };
        if (Read() == 0 || Refuse() != 2)
            throw new InvalidOperationException("It is no such configuration.");
    }

    [GlobalCleanup]
    public void Cleanup() => Directory.Delete(_folder, recursive: true);

    /// <summary>From all places, up to settings.</summary>
    [Benchmark]
    public int Read() => ConfigurationLoader.Read(_places).Settings?.Broadcast.Port ?? 0;

    /// <summary>With two faults, which are named.</summary>
    [Benchmark]
    public int Refuse() => ConfigurationLoader.Read(_faulty).Faults.Length;
}
