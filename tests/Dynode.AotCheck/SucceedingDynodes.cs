using System.Diagnostics;
using System.Text.Json;
using Dynode.TestKit;

namespace Dynode.AotCheck;

/// <summary>Native binaries that follow each other on one port, with one file.</summary>
internal sealed class SucceedingDynodes : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly PortLease _lease = new();
    private readonly PortLease _admin = new();
    private readonly List<ProcessUnderTest> _all = [];
    private readonly string _configuration;

    public SucceedingDynodes(params string[] lines) =>
        _configuration = _folder.Write("configuration", string.Join('\n', ["host=127.0.0.1", $"port={Port}", $"admin=127.0.0.1:{_admin.Port}", .. lines]));

    public int Port => _lease.Port;

    public int AdminPort => _admin.Port;

    public string Folder => _folder.Path;

    /// <summary>The one that runs, as far as this test knows.</summary>
    public ProcessUnderTest Current { get; private set; } = null!;

    /// <summary>Starts anew, and waits until it lets clients in.</summary>
    public async Task StartAsync()
    {
        Current = Run();
        await Current.LineAsync("accepting clients");
    }

    /// <summary>A process with the same file.</summary>
    public ProcessUnderTest Run(params string[] more) => Run(null, more);

    /// <summary>A process with the same file, and more in its environment.</summary>
    public ProcessUnderTest Run(IReadOnlyDictionary<string, string?>? environment, params string[] more)
    {
        var process = ProcessUnderTest.Start(Binary.Path, ["-c", _configuration, .. more], environment, _folder.Path);
        _all.Add(process);
        return process;
    }

    /// <summary>A successor takes over, and the one that ran ends well.</summary>
    public async Task TakeOverAsync()
    {
        ProcessUnderTest next = Run("--take-over");
        int status = await Current.ExitAsync();
        if (status != 0)
            throw new ExpectationException($"it ended with {status}. {Current.Dump()}\n{next.Dump()}");
        Current = next;
    }

    /// <summary>It is this one from now on.</summary>
    public void GoOnWith(ProcessUnderTest process) => Current = process;

    /// <summary>What a verb says, and its status.</summary>
    public async Task<(int Status, string Output)> AskAsync(params string[] verb)
    {
        using ProcessUnderTest asking = ProcessUnderTest.Start(Binary.Path, [.. verb, "-c", _configuration], null, _folder.Path);
        int status = await asking.ExitAsync();
        return (status, asking.Output);
    }

    /// <summary>All of it, when it is as wanted, by a look that was taken since: what is shown may be a second old.</summary>
    public async Task<JsonElement> StatusAsync(Func<JsonElement, bool> wanted)
    {
        (int Status, string Output) said = default;
        for (long asked = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(asked) < Deadline.Default;)
        {
            said = await AskAsync("status", "--json");
            if (said.Status == 0
                && JsonDocument.Parse(said.Output).RootElement is var status
                && status.GetProperty("sampled_seconds_ago").GetDouble() < Stopwatch.GetElapsedTime(asked).TotalSeconds
                && wanted(status))
            {
                return status;
            }
        }

        throw new ExpectationException($"it did not become so: {said}; {Current.Dump()}");
    }

    public string Dump() => string.Join('\n', _all.TakeLast(3).Select(static process => process.Dump()));

    public void Dispose()
    {
        foreach (ProcessUnderTest process in _all)
            process.Dispose();
        _lease.Dispose();
        _admin.Dispose();
        _folder.Dispose();
    }
}
