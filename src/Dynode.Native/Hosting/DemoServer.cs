using System.Net;
using System.Net.Sockets;
using System.Text;
using Dynode.Native.Configuration;

namespace Dynode.Native.Hosting;

/// <summary>
/// A server that shows each line it receives and answers it. Blocking calls and a thread for each connection: it serves one
/// person at a terminal, and its code should be read at a glance.
/// </summary>
internal sealed class DemoServer : IDisposable
{
    /// <summary>What is longer is shown cut and counted whole.</summary>
    private const int ShownBytesMax = 1024;

    private readonly string _name;
    private readonly TextWriter _output;
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    /// <summary>Takes a port of the system's choice on loopback.</summary>
    public DemoServer(string name, TextWriter output)
    {
        _name = name;
        _output = output;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
    }

    /// <summary>Where it is.</summary>
    public string Address => _listener.LocalEndPoint!.ToString()!;

    /// <summary>Begins to answer.</summary>
    public void Start()
    {
        _listener.Listen();
        Begin(Accept);
    }

    public void Dispose() => _listener.Dispose();

    private static void Begin(Action body) => new Thread(() =>
    {
        try
        {
            body();
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The other side is gone, or the demo is over.
        }
    })
    { IsBackground = true }.Start();

    private void Accept()
    {
        while (true)
        {
            Socket connection = _listener.Accept();
            Begin(() => Answer(connection));
        }
    }

    private void Answer(Socket connection)
    {
        using Socket closed = connection;
        byte[] received = new byte[4096];
        byte[] line = new byte[ShownBytesMax];
        int count = 0;
        while (connection.Receive(received) is > 0 and int read)
        {
            foreach (byte b in received.AsSpan(0, read))
            {
                if (b != '\n')
                {
                    if (count < line.Length)
                        line[count] = b;
                    count++;
                    continue;
                }

                Show(connection, line.AsSpan(0, Math.Min(count, line.Length)), count);
                count = 0;
            }
        }
    }

    private void Show(Socket connection, ReadOnlySpan<byte> line, int count)
    {
        if (count <= line.Length && line.EndsWith("\r"u8))
        {
            line = line[..^1];
            count--;
        }

        string text = Shown.Plain(Encoding.UTF8.GetString(line));
        _output.WriteLine($"{_name}: received \"{text}\" ({count} {(count == 1 ? "byte" : "bytes")})");
        connection.Send(Encoding.UTF8.GetBytes($"{_name} got \"{text}\"\n"));
    }
}
