using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Dynode.UnitTests.Native.Bootstrap;

/// <summary>Stands where a redis would that is asked who it is and told to replicate: what it says is the test's. Any thread.</summary>
internal sealed class RedisScript : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly ConcurrentQueue<string> _asked = new();
    private readonly ConcurrentBag<Socket> _sockets = [];

    public RedisScript(string runId)
    {
        Info["run_id"] = runId;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        _ = AcceptAsync();
    }

    public string Address => $"127.0.0.1:{Port}";

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    public ConcurrentDictionary<string, string> Info { get; } = new(new Dictionary<string, string>
    {
        ["role"] = "master",
        ["cluster_enabled"] = "0",
        ["loading"] = "0",
        ["master_replid"] = "r1",
        ["master_repl_offset"] = "100",
    });

    public ConcurrentDictionary<string, string> Config { get; } = new(new Dictionary<string, string> { ["masterauth"] = "before", ["masteruser"] = "", ["replica-read-only"] = "yes" });

    /// <summary>Under the watermark's key.</summary>
    public string Mark { get; set; } = "";

    /// <summary>What it says to one request in place of what it would; null: as it would. Empty: it hangs up.</summary>
    public Func<string, string?> Says { get; set; } = static _ => null;

    /// <summary>Happens as soon as it is a replica.</summary>
    public Action Replicates { get; set; } = static () => { };

    public bool WasPromoted { get; private set; }

    public IReadOnlyList<string> Asked => [.. _asked];

    public void Dispose()
    {
        _listener.Dispose();
        foreach (Socket socket in _sockets)
            socket.Dispose();
    }

    /// <summary>The link is up and it has all.</summary>
    public void LinkUp()
    {
        Info["slave_repl_offset"] = "100";
        Info["master_sync_in_progress"] = "0";
        Info["master_link_status"] = "up";
    }

    private string Answer(string[] request)
    {
        string line = string.Join(' ', request);
        _asked.Enqueue(line);
        if (Says(line) is { } said)
            return said;
        switch (request)
        {
            case ["INFO"]:
                string text = string.Join("\r\n", Info.Select(static field => $"{field.Key}:{field.Value}")) + "\r\n";
                return string.Create(CultureInfo.InvariantCulture, $"${text.Length}\r\n{text}\r\n");
            case ["CONFIG", "GET", var key]:
                return Config.TryGetValue(key, out string? value) ? string.Create(CultureInfo.InvariantCulture, $"*2\r\n${key.Length}\r\n{key}\r\n${value.Length}\r\n{value}\r\n") : "*0\r\n";
            case ["CONFIG", "SET", _, _]:
                Config[request[2]] = request[3];
                return "+OK\r\n";
            case ["GET", _]:
                return string.Create(CultureInfo.InvariantCulture, $"${Mark.Length}\r\n{Mark}\r\n");
            case ["EXISTS", _] or ["CLIENT", ..]:
                return ":1\r\n";
            case ["REPLICAOF", "NO", "ONE"]:
                (WasPromoted, Info["role"]) = (true, "master");
                return "+OK\r\n";
            case ["REPLICAOF", var host, var port]:
                Info["master_host"] = host;
                Info["master_port"] = port;
                Info["master_link_status"] = "down";
                Info["master_sync_in_progress"] = "1";
                Info["slave_read_only"] = "1";
                Info["role"] = "slave";
                Replicates();
                return "+OK\r\n";
            default:
                return request[0] == "AUTH" ? "+OK\r\n" : "-ERR unknown command\r\n";
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket client = await _listener.AcceptAsync();
                _sockets.Add(client);
                _ = ServeAsync(client);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(Socket client)
    {
        try
        {
            using var stream = new NetworkStream(client, ownsSocket: true);
            using var reader = new StreamReader(stream, Encoding.ASCII);
            while (await reader.ReadLineAsync() is { } head)
            {
                string[] request = new string[int.Parse(head.AsSpan(1), CultureInfo.InvariantCulture)];
                for (int i = 0; i < request.Length; i++)
                {
                    await reader.ReadLineAsync();
                    request[i] = await reader.ReadLineAsync() ?? "";
                }

                string answer = Answer(request);
                if (answer.Length == 0)
                    return;
                await stream.WriteAsync(Encoding.ASCII.GetBytes(answer));
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            // It went away.
        }
    }
}
