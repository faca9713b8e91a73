using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Dynode.UnitTests.Streams.Nats;

/// <summary>
/// What listens where a nats-server should: it does what a test wants it to. Left alone it plays one with a stream <c>orders</c> that is empty and as it must be.
/// One line at a time; whatever the client sends that is not text in ASCII is none of its business.
/// </summary>
public sealed class HostileNats : IAsyncDisposable
{
    public const string Info = "INFO {\"server_name\":\"fake\",\"version\":\"2.10.27\",\"headers\":true,\"max_payload\":1048576,\"jetstream\":true} \r\n";

    private const string Configuration =
        "\"config\":{\"name\":\"orders\",\"subjects\":[\"dynode.orders.>\"],\"retention\":\"limits\",\"discard\":\"old\",\"storage\":\"file\",\"num_replicas\":1,\"max_age\":86400000000000,"
        + "\"max_bytes\":268435456,\"deny_delete\":true,\"deny_purge\":true,\"republish\":{\"src\":\"dynode.orders.>\",\"dest\":\"dynode-placed.orders.>\"}},\"created\":\"2026-01-01T00:00:00Z\"";

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly List<Task> _serving = [];
    private readonly Task _accepting;
    private int _accepted;

    public HostileNats(Func<HostileSession, Task>? greet = null, Func<HostileSession, string, string, Task<bool>>? answer = null)
    {
        Greet = greet ?? (session => session.SendAsync(Info));
        Answer = answer ?? ((_, _, _) => Task.FromResult(false));
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public int Accepted => Volatile.Read(ref _accepted);

    /// <summary>What it begins with.</summary>
    public Func<HostileSession, Task> Greet { get; set; }

    /// <summary>Told what is published where, and where a reply is wanted; true: that was all.</summary>
    public Func<HostileSession, string, string, Task<bool>> Answer { get; set; }

    /// <summary>The newest.</summary>
    public HostileSession? Session { get; private set; }

    public static string State(ulong first, ulong last) =>
        $"{{{Configuration},\"state\":{{\"messages\":{(last < first ? 0 : last - first + 1)},\"first_seq\":{first},\"last_seq\":{last}}},\"cluster\":{{\"leader\":\"fake\"}}}}";

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_serving);
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                TcpClient client = await _listener.AcceptTcpClientAsync(_end.Token);
                Interlocked.Increment(ref _accepted);
                Session = new HostileSession(client, _end.Token);
                _serving.Add(ServeAsync(Session));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or InvalidOperationException)
        {
            // The test has ended.
        }
    }

    private async Task ServeAsync(HostileSession session)
    {
        try
        {
            await Greet(session);
            while (await session.ReadLineAsync() is { } line)
            {
                string[] words = line.Split(' ');
                switch (words[0])
                {
                    case "PING":
                        await session.SendAsync("PONG\r\n");
                        break;
                    case "SUB":
                        session.Subscriptions[words[1]] = words[2];
                        break;
                    case "PUB" or "HPUB":
                        await session.SkipAsync(int.Parse(words[^1], CultureInfo.InvariantCulture) + 2);
                        string replyTo = words.Length == (words[0] == "PUB" ? 4 : 5) ? words[2] : "";
                        if (!await Answer(session, words[1], replyTo)) await PlayAsync(session, words[1], replyTo);
                        break;
                }
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // Who is hostile is left.
        }
        finally
        {
            session.Close();
        }
    }

    private static Task PlayAsync(HostileSession session, string subject, string replyTo) => session.ReplyAsync(replyTo, subject switch
    {
        "$JS.API.STREAM.INFO.orders" => State(0, 0),
        "$JS.API.STREAM.INFO.KV_dynode_orders" => "{\"config\":{\"subjects\":[\"$KV.dynode_orders.>\"],\"retention\":\"limits\"}}",
        _ => "{\"error\":{\"code\":400,\"err_code\":10060,\"description\":\"no\"}}",
    });
}

/// <summary>One client of a <see cref="HostileNats"/>.</summary>
public sealed class HostileSession(TcpClient client, CancellationToken end)
{
    private readonly NetworkStream _stream = client.GetStream();
    private readonly StringBuilder _line = new();
    private readonly byte[] _bytes = new byte[4096];
    private int _from;
    private int _to;

    /// <summary>Number by subject.</summary>
    public Dictionary<string, string> Subscriptions { get; } = [];

    /// <summary>Waits for a subscription that begins so; gives its number.</summary>
    public string Sid(string subject) =>
        Subscriptions.FirstOrDefault(each => each.Key == subject || (each.Key.EndsWith(".*", StringComparison.Ordinal) && subject.StartsWith(each.Key[..^1], StringComparison.Ordinal))).Value ?? "0";

    public Task SendAsync(string text) => SendAsync(Encoding.ASCII.GetBytes(text));

    public async Task SendAsync(byte[] bytes) => await _stream.WriteAsync(bytes, end);

    public Task ReplyAsync(string replyTo, string text) => SendAsync($"MSG {replyTo} {Sid(replyTo)} {text.Length}\r\n{text}\r\n");

    /// <summary>An entry as the leader says it.</summary>
    public Task PlaceAsync(string header, string text)
    {
        header = $"NATS/1.0\r\n{header}\r\n\r\n";
        return SendAsync($"HMSG dynode-placed.orders.1 {Sid("dynode-placed.orders.>")} {header.Length} {header.Length + text.Length}\r\n{header}{text}\r\n");
    }

    public void HalfClose() => client.Client.Shutdown(SocketShutdown.Send);

    public void Close() => client.Dispose();

    public async Task<string?> ReadLineAsync()
    {
        _line.Clear();
        while (true)
        {
            if (_from == _to && !await FillAsync()) return null;
            char c = (char)_bytes[_from++];
            if (c == '\n') return _line.ToString();
            if (c != '\r') _line.Append(c);
        }
    }

    public async Task SkipAsync(int count)
    {
        for (; count > 0; count--)
        {
            if (_from == _to && !await FillAsync()) return;
            _from++;
        }
    }

    private async Task<bool> FillAsync()
    {
        _from = 0;
        _to = await _stream.ReadAsync(_bytes, end);
        return _to > 0;
    }
}
