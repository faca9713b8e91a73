using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Dynode.TestKit;

/// <summary>What was asked of a <see cref="ControlServer"/>.</summary>
/// <param name="Method">GET, POST.</param>
/// <param name="Target">Path and query, as they came.</param>
/// <param name="Head">All lines of the head.</param>
public sealed record ControlRequest(string Method, string Target, string Head);

/// <summary>
/// Stands where a broadcaster's control socket or admin port would: fixed answers, one request a connection. Any thread may change the
/// answers.
/// </summary>
public sealed class ControlServer : IDisposable
{
    private readonly ConcurrentDictionary<string, Func<byte[]>> _answers = new();
    private readonly ConcurrentQueue<ControlRequest> _requests = new();
    private readonly Socket _listener;
    private readonly PortLease? _lease;
    private int _accepted;

    private ControlServer(EndPoint place, PortLease? lease, Action<ControlServer>? before = null)
    {
        _lease = lease;
        _listener = place is UnixDomainSocketEndPoint
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(SocketType.Stream, ProtocolType.Tcp);
        before?.Invoke(this);
        _listener.Bind(place);
        _listener.Listen();
        _ = AcceptAsync();
    }

    /// <summary>The port that its name goes by, or on which it listens.</summary>
    public int Port => _lease?.Port ?? ((IPEndPoint)_listener.LocalEndPoint!).Port;

    /// <summary>Whoever connects is hung up on, as users are who are not let in.</summary>
    public bool HangsUp { get; set; }

    /// <summary>In the order in which they came.</summary>
    public IReadOnlyList<ControlRequest> Requests => [.. _requests];

    /// <summary>Connections, whether or not anything was said on them.</summary>
    public int Accepted => Volatile.Read(ref _accepted);

    /// <summary>On the abstract name of a port that is nobody else's.</summary>
    public static ControlServer OnName()
    {
        var lease = new PortLease();
        return new ControlServer(NameOf(lease.Port), lease);
    }

    /// <summary>On the name of a port that the caller holds.</summary>
    public static ControlServer OnName(int port) => new(NameOf(port), null);

    /// <summary>The same, for one who asks already: it knows its answers before it is there.</summary>
    public static ControlServer OnName(int port, Action<ControlServer> before) => new(NameOf(port), null, before);

    public static ControlServer OnPath(string path) => new(new UnixDomainSocketEndPoint(path), null);

    public static ControlServer OnTcp() => new(new IPEndPoint(IPAddress.Loopback, 0), null);

    /// <summary>The name of a broadcaster's control socket.</summary>
    public static UnixDomainSocketEndPoint NameOf(int port) => new(string.Create(CultureInfo.InvariantCulture, $"\0dynode/control/{port}"));

    /// <summary>What is said to who asks for <paramref name="target"/> (path and query, or the path alone).</summary>
    public ControlServer Answer(string target, string body, int status = 200)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(body);
        return AnswerBytes(target, [
            .. Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"HTTP/1.1 {status} Said\r\nContent-Length: {bytes.Length}\r\nContent-Type: application/json\r\n\r\n")),
            .. bytes]);
    }

    /// <summary>The same, whatever it is that is sent.</summary>
    public ControlServer AnswerBytes(string target, byte[] answer) => Answer(target, () => answer);

    /// <summary>The same, made anew each time.</summary>
    public ControlServer Answer(string target, Func<byte[]> answer)
    {
        _answers[target] = answer;
        return this;
    }

    public void Dispose()
    {
        _listener.Dispose();
        _lease?.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            try
            {
                Socket client = await _listener.AcceptAsync().ConfigureAwait(false);
                Interlocked.Increment(ref _accepted);
                _ = ServeAsync(client);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(Socket client)
    {
        using Socket socket = client;
        if (HangsUp)
            return;
        try
        {
            var head = new StringBuilder();
            byte[] buffer = new byte[4096];
            while (!head.ToString().Contains("\r\n\r\n", StringComparison.Ordinal))
            {
                int count = await socket.ReceiveAsync(buffer).ConfigureAwait(false);
                if (count == 0)
                    return;
                head.Append(Encoding.ASCII.GetString(buffer, 0, count));
            }

            string[] first = head.ToString().Split("\r\n")[0].Split(' ');
            _requests.Enqueue(new(first[0], first[1], head.ToString()));
            if (!_answers.TryGetValue(first[1], out Func<byte[]>? answer) && !_answers.TryGetValue(first[1].Split('?')[0], out answer))
                answer = () => "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"u8.ToArray();
            byte[] said = answer();
            await socket.SendAsync(said).ConfigureAwait(false);

            // An empty answer is one that never comes: until who asked goes.
            if (said.Length == 0)
                await socket.ReceiveAsync(buffer).ConfigureAwait(false);
            else
                socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It went away.
        }
    }
}
