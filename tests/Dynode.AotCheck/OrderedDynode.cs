using System.Text.Json;
using Dynode.TestKit;

namespace Dynode.AotCheck;

/// <summary>The native binary as one broadcaster of a stream, which may die and come back, and its verbs.</summary>
internal sealed class OrderedDynode : IDisposable
{
    /// <summary>An election, a lease, and a machine that is busy.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromMinutes(2);

    private readonly TemporaryFolder _folder = new();
    private readonly PortLease _lease = new();
    private readonly List<string> _before = [];

    private OrderedDynode()
    {
    }

    public ProcessUnderTest Process { get; private set; } = null!;

    public int Port => _lease.Port;

    private string Configuration => Path.Combine(_folder.Path, "configuration");

    /// <summary>Running, with these servers.</summary>
    /// <param name="servers">Its own.</param>
    /// <param name="nats">Of the stream; null: it has an order of its own.</param>
    /// <param name="more">Lines of the configuration.</param>
    public static OrderedDynode Start(IEnumerable<RealServer> servers, RealServer? nats, params string[] more)
    {
        var dynode = new OrderedDynode();
        dynode.Configure(servers, nats, more);
        dynode.Run();
        return dynode;
    }

    /// <summary>Writes its file anew; what runs is not told.</summary>
    public void Configure(IEnumerable<RealServer> servers, RealServer? nats, params string[] more) => _folder.Write("configuration", string.Join('\n', [
        "host=127.0.0.1", $"port={Port}", "protocol=redis", $"servers={string.Join(", ", servers.Select(static server => server.Address))}", "reconnect_delay_timeout=0.2",
        .. nats is null ? [] : (string[])[$"log=nats://{nats.Address}/orders", "log_replicas=1", "log_lease=3"], .. more]));

    /// <summary>Starts; the one before has ended.</summary>
    public void Run()
    {
        if (Process is not null)
        {
            _before.Add(Process.Dump());
            Process.Dispose();
        }

        Process = ProcessUnderTest.Start(Binary.Path, ["-c", Configuration], null, _folder.Path);
    }

    /// <summary>A verb of it, which runs.</summary>
    public ProcessUnderTest Begin(params string[] arguments) => ProcessUnderTest.Start(Binary.Path, [.. arguments, "-c", Configuration], null, _folder.Path);

    /// <summary>A verb of it: how it ended, and all that it said.</summary>
    public async Task<(int Status, string Said)> VerbAsync(params string[] arguments)
    {
        using ProcessUnderTest verb = Begin(arguments);
        int status = await verb.ExitAsync(Settling);
        return (status, verb.Output);
    }

    /// <summary>One of its servers in /status; undefined: it does not answer.</summary>
    public async Task<JsonElement> ServerAsync(RealServer server)
    {
        var (status, said) = await VerbAsync("servers", "--json");
        if (status != 0)
            return default;
        using JsonDocument json = JsonDocument.Parse(said);
        return json.RootElement.GetProperty("servers").EnumerateArray().Single(one => one.GetProperty("address").GetString() == server.Address).Clone();
    }

    /// <summary>Done when a server is current and has all, with that gap; empty: with none.</summary>
    public async Task CurrentAsync(RealServer server, string gap = "")
    {
        for (var began = System.Diagnostics.Stopwatch.StartNew(); ;)
        {
            JsonElement one = await ServerAsync(server);
            if (one.ValueKind == JsonValueKind.Object && one.GetProperty("state").GetString() == "current" && one.GetProperty("lag").GetProperty("requests").GetInt64() == 0 && GapOf(one) == gap)
                return;
            if (began.Elapsed > Settling)
                throw new ExpectationException($"{server.Address} should be current with the gap '{gap}': {one}\n{Dump()}");
            await Task.Delay(100);
        }
    }

    public static string GapOf(JsonElement server) => server.GetProperty("gap") is { ValueKind: JsonValueKind.Object } gap ? gap.GetProperty("reason").GetString()! : "";

    /// <summary>A client, as soon as it is let in.</summary>
    public async Task<TestClient> ClientAsync()
    {
        TestClient? client = null;
        await Eventually.True(() => Process.HasExited || (client = TestClient.TryConnect(Port)) is not null, Dump, Settling);
        return client ?? throw new ExpectationException(Dump());
    }

    public string Dump() => string.Join("\n\n", [.. _before, Process.Dump()]);

    public void Dispose()
    {
        Process.Dispose();
        _lease.Dispose();
        _folder.Dispose();
    }
}
