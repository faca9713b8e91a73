using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text.Json;
using Dynode.Streams.Nats;

namespace Dynode.Native.Hosting;

/// <summary>
/// Two regions on one machine: a nats-server, and two broadcasters in processes of their own, each with two servers of its own; redis-server where that is installed, else the
/// small line servers. All of it is in a folder of its own, and goes with it.
/// </summary>
internal sealed class RegionsDemo(int port, TextWriter output) : IDisposable
{
    private const string Stream = "demo";
    private const string Missing = """
        dynode demo --regions needs nats-server, which is not installed. Debian 13 and later have it: sudo apt-get install nats-server
        With redis-server beside it the servers are real ones; without, they are small line servers.
        """;

    private static readonly string[] Regions = ["east", "west"];
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    private readonly TextWriter _lines = TextWriter.Synchronized(output);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("dynode-demo-");
    private readonly List<DemoProcess> _programs = [];
    private readonly List<DemoServer> _servers = [];
    private readonly ManualResetEventSlim _ends = new();
    private bool _isAsked;

    /// <summary>Runs until Ctrl-C.</summary>
    /// <returns>The <see cref="ExitStatus"/>.</returns>
    public static int Run(int port, TextWriter output)
    {
        if (port > IPEndPoint.MaxPort - 1)
        {
            output.WriteLine($"Two ports are needed, {port} and the next one.");
            return ExitStatus.Usage;
        }

        if (DemoProcess.Find("nats-server") is not { } nats)
        {
            output.WriteLine(Missing);
            return ExitStatus.Unavailable;
        }

        try
        {
            using var demo = new RegionsDemo(port, output);
            return demo.Run(nats, DemoProcess.Find("redis-server"));
        }
        catch (StartException e)
        {
            output.WriteLine($"The demo did not come about: {e.Message}");
            return e.Status;
        }
    }

    /// <summary>All that was started ends, and its folder is gone.</summary>
    public void Dispose()
    {
        // Ctrl-C is for all of a terminal: those who heard it have a moment, together.
        _programs.ForEach(static program => program.IsQuiet = true);
        long began = TimeProvider.System.GetTimestamp();
        foreach (DemoProcess program in Enumerable.Reverse(_programs))
        {
            TimeSpan left = EndPatience - TimeProvider.System.GetElapsedTime(began);
            program.End(_isAsked && left > TimeSpan.Zero ? left : TimeSpan.Zero);
            program.Dispose();
        }

        _servers.ForEach(static server => server.Dispose());
        _folder.Delete(recursive: true);
        _ends.Dispose();
    }

    private int Run(string nats, string? redis)
    {
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        using var hangup = PosixSignalRegistration.Create(PosixSignal.SIGHUP, End);
        string log = StartNats(nats);
        var servers = Regions.Select(region => new[] { StartServer($"{region}-1", redis), StartServer($"{region}-2", redis) }).ToArray();
        for (int i = 0; i < Regions.Length && !_isAsked; i++)
            StartBroadcaster(i, log, servers[i], redis is not null);
        if (!_isAsked)
            _lines.WriteLine(Said(log, servers, redis is not null));
        while (!_ends.Wait(Look))
        {
            if (_programs.Find(static program => program.HasEnded) is { } ended && !_isAsked)
                throw new StartException($"{ended.Name} has ended", ExitStatus.Unavailable);
        }

        return ExitStatus.Good;
    }

    private void End(PosixSignalContext signal)
    {
        signal.Cancel = true;
        _isAsked = true;
        _ends.Set();
    }

    /// <summary>Which says in a file of its folder what port it has got.</summary>
    private string StartNats(string program)
    {
        string version = NatsVersionOf(program);
        if (NatsLeast.Refuses(version) is { } fault)
            throw new StartException($"{program}: {fault}", ExitStatus.Unavailable);
        DemoProcess nats = Start("nats-server", program, null, "-a", "127.0.0.1", "-p", "-1", "-js", "-sd", Path.Combine(_folder.FullName, "stream"), "--ports_file_dir", _folder.FullName);
        string? address = null;
        Await(nats, () => (address ??= PortOf(_folder)) is not null);
        return $"{address}/{Stream}";
    }

    private string NatsVersionOf(string program)
    {
        using var said = new StringWriter();
        using DemoProcess asked = DemoProcess.Start("version", program, _folder.FullName, TextWriter.Synchronized(said), "--version");
        if (asked.Wait(StartPatience) is null)
            asked.End(TimeSpan.Zero);
        return said.ToString().Trim();
    }

    private static string? PortOf(DirectoryInfo folder)
    {
        foreach (FileInfo file in folder.EnumerateFiles("*.ports"))
        {
            try
            {
                using var said = JsonDocument.Parse(File.ReadAllBytes(file.FullName));
                return said.RootElement.GetProperty("nats")[0].GetString();
            }
            catch (Exception e) when (e is JsonException or IOException)
            {
                // It is being written.
            }
        }

        return null;
    }

    private string StartServer(string name, string? redis)
    {
        if (redis is null)
        {
            var line = new DemoServer(name, _lines);
            _servers.Add(line);
            line.Start();
            return line.Address;
        }

        // Somebody may take the port in between: then another is tried.
        for (int tries = 0; ; tries++)
        {
            int free = FreePort();
            DemoProcess server = Start(name, redis, null, "--bind", "127.0.0.1", "--port", $"{free}", "--save", "", "--appendonly", "no", "--dir", _folder.FullName, "--daemonize", "no");
            if (TryAwait(server, () => Answers(free)))
                return $"127.0.0.1:{free}";
            _programs.Remove(server);
            server.End(TimeSpan.Zero);
            server.Dispose();
            if (tries == 4)
                throw new StartException($"{redis} does not start", ExitStatus.Unavailable);
        }
    }

    private void StartBroadcaster(int index, string log, string[] servers, bool isRedis)
    {
        int own = port + index;
        string[] sets =
        [
            $"port={own}", $"servers={string.Join(',', servers)}", $"log={log}", "log_replicas=1", "log_lease=3", "max_clients=100", "max_request_bytes=512k", "log_level=WARN",
            .. isRedis ? (string[])["protocol=redis"] : ["protocol=line", "line_replies=1", "reply=primary"],
        ];
        DemoProcess broadcaster = Start(Regions[index], Self.Program, _lines, [.. Self.Arguments, .. sets.SelectMany(static set => (string[])["--set", set])]);
        if (!TryAwait(broadcaster, () => _isAsked || Answers(own)) && !_isAsked)
            throw new StartException($"{Regions[index]} has ended: is port {own} another's? Try another: dynode demo --regions --port {(own < 65000 ? own + 10 : 9000)}", ExitStatus.Unavailable);
        using DemoProcess waits = DemoProcess.Start("wait", Self.Program, _folder.FullName, null, [.. Self.Arguments, "wait", "--ready", "--port", $"{own}", "--timeout", $"{StartPatience.TotalSeconds}"]);
        while (waits.Wait(Look) is null)
        {
            if (_isAsked || broadcaster.HasEnded)
                waits.End(TimeSpan.Zero);
        }

        if (waits.Wait(TimeSpan.Zero) != 0 && !_isAsked)
            throw new StartException($"{Regions[index]} is not ready", ExitStatus.Unavailable);
    }

    private DemoProcess Start(string name, string program, TextWriter? shown, params string[] arguments)
    {
        DemoProcess started = DemoProcess.Start(name, program, _folder.FullName, shown, arguments);
        _programs.Add(started);
        return started;
    }

    private static void Await(DemoProcess program, Func<bool> condition)
    {
        if (!TryAwait(program, condition))
            throw new StartException($"{program.Name} does not start", ExitStatus.Unavailable);
    }

    private static bool TryAwait(DemoProcess program, Func<bool> condition)
    {
        long began = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            if (program.Wait(Look) is not null || TimeProvider.System.GetElapsedTime(began) > StartPatience)
                return false;
        }

        return !program.HasEnded;
    }

    private static bool Answers(int at)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Connect(IPAddress.Loopback, at);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private string Said(string log, string[][] servers, bool isRedis)
    {
        string all = string.Join(", ", servers.SelectMany(static own => own));
        string tries = isRedis
            ? $"""
                    redis-cli -p {port} INCR visits
                    redis-cli -p {port + 1} INCR visits
                    for port in {string.Join(' ', servers.SelectMany(static own => own).Select(static address => address[(address.LastIndexOf(':') + 1)..]))}; do redis-cli -p $port GET visits; done
                """
            : $"""
                    nc localhost {port}
                    nc localhost {port + 1}
                """;
        return $"""
            Two regions with one order: east on localhost:{port}, west on localhost:{port + 1}, each with two servers of its own: {all}.
            The order is the stream of {log}. Try it from another terminal:

            {tries}
                dynode status --port {port}

            {(isRedis ? "All four servers have the same." : "Every server shows here what it receives: all four the same, in the same order.")} Ctrl-C ends the demo.
            """;
    }
}
