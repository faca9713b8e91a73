using System.Text.Json;
using Dynode.TestKit;

namespace Dynode.AotCheck;

/// <summary>The native binary with a state directory, which is killed and started again, on one port and with one file.</summary>
internal sealed class KeptDynode : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly PortLease _lease = new();
    private readonly List<ProcessUnderTest> _runs = [];
    private readonly string _configuration;

    public KeptDynode(params string[] lines)
    {
        Directory = System.IO.Directory.CreateDirectory(Path.Combine(_folder.Path, "state")).FullName;
        _configuration = _folder.Write("configuration", string.Join('\n', ["host=127.0.0.1", $"port={Port}", $"state_directory={Directory}", .. lines]));
    }

    public int Port => _lease.Port;

    public string Directory { get; }

    public string FilePath => Path.Combine(Directory, "servers.json");

    public ProcessUnderTest Process => _runs[^1];

    /// <summary>Starts it, and waits until it lets clients in.</summary>
    public async Task StartAsync()
    {
        Start();
        await Process.LineAsync("accepting clients");
    }

    public void Start(params string[] sets) => _runs.Add(Run(sets));

    /// <summary>A process beside it, with the same file.</summary>
    public ProcessUnderTest Run(params string[] more) => ProcessUnderTest.Start(Binary.Path, ["-c", _configuration, .. more], null, _folder.Path);

    /// <summary>What a verb says, and its status.</summary>
    public async Task<(int Status, string Output)> AskAsync(params string[] verb)
    {
        using ProcessUnderTest asking = ProcessUnderTest.Start(Binary.Path, [.. verb, "-c", _configuration], null, _folder.Path);
        int status = await asking.ExitAsync();
        return (status, asking.Output);
    }

    /// <summary>All of it, as soon as it answers.</summary>
    public async Task<JsonElement> StatusAsync()
    {
        (int Status, string Output) said = default;
        for (int i = 0; i < 200; i++)
        {
            said = await AskAsync("status", "--json");
            if (said.Status == 0)
                return JsonDocument.Parse(said.Output).RootElement;
        }

        throw new ExpectationException($"no status: {said}; {Process.Dump()}");
    }

    /// <summary>What is shown is up to a second old.</summary>
    public async Task BecomesAsync(string address, string field, string value)
    {
        string last = "";
        for (int i = 0; i < 500 && last != value; i++)
            last = await OfAsync(address, field);
        if (last != value)
            throw new ExpectationException($"{field} of {address} is {last}, not {value}; {Process.Dump()}");
    }

    /// <summary>A server's field.</summary>
    public async Task<string> OfAsync(string address, string field)
    {
        foreach (JsonElement server in (await StatusAsync()).GetProperty("servers").EnumerateArray())
        {
            if (server.GetProperty("address").GetString() == address)
                return server.GetProperty(field).ToString();
        }

        return "not there";
    }

    public void Dispose()
    {
        foreach (ProcessUnderTest run in _runs)
            run.Dispose();
        _lease.Dispose();
        _folder.Dispose();
    }
}
