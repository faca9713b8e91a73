using System.Net;
using System.Net.Sockets;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios;

/// <summary>
/// Servers of one connection each on threads of their own that allocate nothing once they run: for tests that count every byte
/// of the process.
/// </summary>
internal sealed class BlockingServers : IDisposable
{
    private readonly Socket[] _listeners;
    private readonly Thread[] _threads;
    private readonly long[] _received;
    private readonly Action<Socket, Action<int>> _serve;
    private long _awaited;

    /// <param name="count">How many.</param>
    /// <param name="serve">Serves one connection to its end; is given what to call with the number of bytes of each read that counts.</param>
    public BlockingServers(int count, Action<Socket, Action<int>> serve)
    {
        _serve = serve;
        _received = new long[count];
        _listeners = [.. Enumerable.Range(0, count).Select(_ => Listen())];
        Addresses = [.. _listeners.Select(listener => listener.LocalEndPoint!.ToString()!)];
        _threads = [.. Enumerable.Range(0, count).Select(Start)];
    }

    public string[] Addresses { get; }

    /// <summary>Blocks until every server has received so many bytes more.</summary>
    /// <param name="bytes">How many.</param>
    /// <param name="dump">What is said where that takes too long.</param>
    public void AwaitMore(long bytes, Func<string> dump)
    {
        _awaited += bytes;
        long began = TimeProvider.System.GetTimestamp();
        for (int i = 0; i < _received.Length; i++)
        {
            var spin = new SpinWait();
            while (Volatile.Read(ref _received[i]) < _awaited)
            {
                spin.SpinOnce();
                if (TimeProvider.System.GetElapsedTime(began) > Deadline.Default)
                    throw new ExpectationException($"of {_awaited} bytes for each, {string.Join(", ", _received)} came. {dump()}");
            }
        }
    }

    /// <summary>Sends every byte back.</summary>
    public static void Echo(Socket socket, Action<int> received)
    {
        byte[] buffer = new byte[64 << 10];
        int count;
        while ((count = socket.Receive(buffer)) > 0)
        {
            received(count);
            socket.Send(buffer.AsSpan(0, count));
        }
    }

    /// <summary>As a redis that answers +OK to every request: counts the stars that requests begin with, and values hold none.</summary>
    public static void Redis(Socket socket, Action<int> received)
    {
        byte[] buffer = new byte[64 << 10];
        byte[] answers = Enumerable.Repeat("+OK\r\n"u8.ToArray(), 16 << 10).SelectMany(answer => answer).ToArray();

        // The broadcaster first asks whether the server is ready.
        int asked = socket.Receive(buffer);
        Assert.Contains("PING", System.Text.Encoding.ASCII.GetString(buffer, 0, asked), StringComparison.Ordinal);
        socket.Send("+PONG\r\n"u8);
        int count;
        while ((count = socket.Receive(buffer)) > 0)
        {
            received(count);
            int requests = buffer.AsSpan(0, count).Count((byte)'*');
            socket.Send(answers.AsSpan(0, requests * 5));
        }
    }

    public void Dispose()
    {
        Array.ForEach(_listeners, listener => listener.Dispose());
        Array.ForEach(_threads, thread => thread.Join());
    }

    private static Socket Listen()
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        return listener;
    }

    private Thread Start(int index)
    {
        var thread = new Thread(() =>
        {
            try
            {
                using var socket = _listeners[index].Accept();
                socket.NoDelay = true;
                _serve(socket, count => Volatile.Write(ref _received[index], _received[index] + count));
            }
            catch (SocketException)
            {
                // The broadcaster went first.
            }
        });
        thread.Start();
        return thread;
    }
}
