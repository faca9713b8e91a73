using Dynode.TestKit;

namespace Dynode.AotCheck;

/// <summary>The native binary, run with a configuration file of its own on a port of its own.</summary>
internal sealed class RunningDynode : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly PortLease _lease = new();

    private RunningDynode(IEnumerable<ScriptedServer> servers, string[] more, IReadOnlyDictionary<string, string?>? environment)
    {
        Configure(servers, more);
        Process = ProcessUnderTest.Start(Binary.Path, ["-c", ConfigurationPath], environment, _folder.Path);
    }

    public ProcessUnderTest Process { get; }

    public int Port => _lease.Port;

    public string ConfigurationPath => Path.Combine(_folder.Path, "configuration");

    /// <param name="servers">What <c>servers=</c> gets; none: the key is left out.</param>
    /// <param name="more">Lines of the file beside host, port and servers.</param>
    /// <param name="environment">Beside the inherited.</param>
    public static RunningDynode Start(
        IEnumerable<ScriptedServer> servers,
        string[]? more = null,
        IReadOnlyDictionary<string, string?>? environment = null) => new(servers, more ?? [], environment);

    /// <summary>Writes the file anew; what runs is not told.</summary>
    public void Configure(IEnumerable<ScriptedServer> servers, params string[] more)
    {
        string addresses = string.Join(", ", servers.Select(s => s.Address));
        string[] lines = ["# written by a test", "host=127.0.0.1", $"port={Port}", .. more];
        File.WriteAllLines(ConfigurationPath, addresses.Length == 0 ? lines : [.. lines, $"servers={addresses}"]);
    }

    /// <summary>A client, as soon as it listens; at once a failure when it has ended.</summary>
    public async Task<TestClient> ClientAsync()
    {
        TestClient? client = null;
        await Eventually.True(() => Process.HasExited || (client = TestClient.TryConnect(Port)) is not null, Process.Dump);
        return client ?? throw new ExpectationException($"it has ended instead of listening. {Process.Dump()}");
    }

    /// <summary>Done when its port refuses: a signal to end has been understood.</summary>
    public Task NotListeningAsync() => Eventually.True(
        () =>
        {
            using TestClient? client = TestClient.TryConnect(Port);
            return client is null;
        },
        Process.Dump);

    public void Dispose()
    {
        Process.Dispose();
        _lease.Dispose();
        _folder.Dispose();
    }
}
