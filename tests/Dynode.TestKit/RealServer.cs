using System.ComponentModel;
using System.Text;

namespace Dynode.TestKit;

/// <summary>
/// A real server program on a port of its own, that can die and come back there. Its port is leased over its deaths.
/// </summary>
public sealed class RealServer : IDisposable
{
    private static readonly string[] Ready = ["+PONG", "ERROR", "-NOAUTH", "INFO "];

    private readonly string _program;
    private readonly string _kind;
    private readonly Func<RealServer, string[]> _arguments;
    private readonly TemporaryFolder _folder = new();
    private readonly PortLease _lease = new();
    private ProcessUnderTest? _process;

    private RealServer(string program, string kind, Func<RealServer, string[]> arguments)
    {
        _program = program;
        _kind = kind;
        _arguments = arguments;
    }

    /// <summary>Told the kind of each server, <c>redis</c>, <c>memcached</c> or <c>nats</c>, before it is started. Set once, by the test program, before its tests.</summary>
    public static Action<string>? Starting { get; set; }

    public int Port => _lease.Port;

    /// <summary>As in <c>servers=</c>.</summary>
    public string Address => $"127.0.0.1:{Port}";

    public string Folder => _folder.Path;

    public ProcessUnderTest Process => _process ?? throw new ExpectationException($"{_program} was not started");

    /// <summary>With a port, but not yet running.</summary>
    /// <param name="program">A path, or a name to be found in PATH.</param>
    /// <param name="arguments">Its command line, for the port and folder of this one.</param>
    /// <param name="kind">As <see cref="Starting"/> is told; empty: it is told nothing.</param>
    public static RealServer Of(string program, Func<RealServer, string[]> arguments, string kind = "") => new(program, kind, arguments);

    /// <summary>The program that a variable of the environment names, so that one test program serves many versions; where it does not, the one of that name in PATH.</summary>
    public static string Chosen(string variable, string name) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } chosen ? chosen : name;

    /// <summary>Starts it, again on the same port, and waits until it answers.</summary>
    public async Task StartAsync()
    {
        if (_process is { HasExited: false }) throw new ExpectationException($"{_program} runs already");
        if (_kind.Length > 0) Starting?.Invoke(_kind);
        _process?.Dispose();
        try
        {
            _process = ProcessUnderTest.Start(_program, _arguments(this), folder: Folder);
        }
        catch (Win32Exception e)
        {
            // Not skipped: a test that did not run has shown nothing.
            throw new ExpectationException($"{_program} is missing: sudo apt-get install -y redis-server memcached nats-server; ./scripts/newer-servers.sh unpacks the newer ones", e);
        }

        await Eventually.True(() => Process.HasExited || Answers(), () => Process.Dump()).ConfigureAwait(false);
        if (Process.HasExited) throw new ExpectationException($"it ended at once. {Process.Dump()}");
    }

    /// <summary>SIGKILL; the port refuses when done.</summary>
    public Task KillAsync() => Process.KillAsync();

    /// <summary>
    /// Sends one line (both protocols take commands so) and gives the answer: of redis one simple, integer or bulk reply,
    /// of memcached everything up to and with the line that ends an answer.
    /// </summary>
    public async Task<string> AskAsync(string line)
    {
        using TestClient client = await TestClient.ConnectAsync(Port).ConfigureAwait(false);
        await client.SendAsync(line + "\r\n").ConfigureAwait(false);
        string first = await client.ReadLineAsync().ConfigureAwait(false) ?? throw new ExpectationException($"no answer to {line}");
        if (first.StartsWith('$')) return first == "$-1" ? "" : await client.ReadLineAsync().ConfigureAwait(false) ?? "";
        var answer = new StringBuilder(first);
        bool more = first.StartsWith("VALUE ", StringComparison.Ordinal) || first.StartsWith("STAT ", StringComparison.Ordinal);
        while (more)
        {
            string next = await client.ReadLineAsync().ConfigureAwait(false) ?? throw new ExpectationException($"half an answer to {line}: {answer}");
            answer.Append('\n').Append(next);
            more = next != "END";
        }

        return answer.ToString();
    }

    public void Dispose()
    {
        _process?.Dispose();
        _lease.Dispose();
        _folder.Dispose();
    }

    // A connect alone does not tell: redis listens before it has loaded its data.
    private bool Answers()
    {
        try
        {
            using var client = new System.Net.Sockets.TcpClient("127.0.0.1", Port) { ReceiveTimeout = 1000 };
            client.GetStream().Write("PING\r\n"u8);
            byte[] answer = new byte[64];
            int count = client.GetStream().Read(answer);
            string text = Encoding.ASCII.GetString(answer, 0, count);

            // memcached knows no PING, and says so; nats-server says what it is before it is asked; a redis-server with a password wants that first, and -LOADING comes only after it.
            return Ready.Any(good => text.StartsWith(good, StringComparison.Ordinal));
        }
        catch (Exception e) when (e is System.Net.Sockets.SocketException or IOException)
        {
            return false;
        }
    }
}

/// <summary>
/// A real redis-server, or what takes its place: a valkey-server. Its data is in its append-only file: what it has confirmed is
/// there after a SIGKILL too.
/// </summary>
public static class RedisServer
{
    private const string ServerSuffix = "-server";

    /// <summary>What <c>DYNODE_REDIS_SERVER</c> names, else the one of this machine.</summary>
    public static string Program { get; } = RealServer.Chosen("DYNODE_REDIS_SERVER", "redis-server");

    /// <summary>It is a valkey-server.</summary>
    public static bool IsValkey => Path.GetFileName(Program).StartsWith("valkey", StringComparison.Ordinal);

    /// <summary>One of the tools that came with <see cref="Program"/>: <c>cli</c> or <c>benchmark</c>.</summary>
    public static string Tool(string name) => Program.EndsWith(ServerSuffix, StringComparison.Ordinal)
        ? $"{Program[..^ServerSuffix.Length]}-{name}"
        : throw new ExpectationException($"{Program} does not end in {ServerSuffix}: its tools cannot be found");

    /// <summary>Running and ready when done.</summary>
    /// <param name="arguments">Added to its command line.</param>
    public static async Task<RealServer> StartAsync(params string[] arguments)
    {
        RealServer server = Down(arguments);
        await server.StartAsync().ConfigureAwait(false);
        return server;
    }

    /// <summary>With a port, but not yet running.</summary>
    public static RealServer Down(params string[] arguments) => RealServer.Of(Program, server =>
    [
        "--port", $"{server.Port}", "--bind", "127.0.0.1", "--dir", server.Folder, "--daemonize", "no",
        "--save", "", "--appendonly", "yes", "--enable-debug-command", "local", .. arguments,
    ], "redis");

    /// <summary>A hash of all that it holds: equal on two servers when their data is.</summary>
    public static async Task<string> DataDigestAsync(this RealServer server) => await server.AskAsync("DEBUG DIGEST").ConfigureAwait(false);
}

/// <summary>A real memcached. Its data is in memory alone and dies with it.</summary>
public static class MemcachedServer
{
    private static readonly string[] AsRoot = ["-u", "root"];

    /// <summary>What <c>DYNODE_MEMCACHED</c> names, else the one of this machine.</summary>
    public static string Program { get; } = RealServer.Chosen("DYNODE_MEMCACHED", "memcached");

    /// <summary>Running and ready when done.</summary>
    /// <param name="arguments">Added to its command line.</param>
    public static async Task<RealServer> StartAsync(params string[] arguments)
    {
        RealServer server = Down(arguments);
        await server.StartAsync().ConfigureAwait(false);
        return server;
    }

    /// <summary>With a port, but not yet running.</summary>
    public static RealServer Down(params string[] arguments) => RealServer.Of(Program, server =>
    [
        "-l", "127.0.0.1", "-p", $"{server.Port}", "-U", "0", "-t", "2",

        // It refuses to run as root without being told so.
        .. Environment.IsPrivilegedProcess ? AsRoot : [], .. arguments,
    ], "memcached");
}
