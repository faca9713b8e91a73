using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Dynode.Scenarios;

/// <summary>
/// A server on a real socket that reads so many bytes a second and no more, by a bucket of tokens that the clock fills; what it has read is on
/// record. Its buffers are small, so that what it has not read waits where it came from. One connection; a thread of its own.
/// </summary>
internal sealed class ThrottledServer : IDisposable
{
    /// <summary>The bucket holds no more than a moment's tokens: who did not get the processor for a while does not read them all at once.</summary>
    private static readonly TimeSpan BucketMax = TimeSpan.FromSeconds(0.1);

    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 32 << 10 };
    private readonly int _requestBytes;
    private readonly Thread _thread;
    private volatile int _bytesPerSecond;
    private readonly ManualResetEventSlim _end = new();

    /// <param name="bytesPerSecond">Read; 0: nothing is, until there is a rate.</param>
    /// <param name="requestBytes">Of each request of redis, which is answered by +OK; 0: nothing is answered.</param>
    public ThrottledServer(int bytesPerSecond, int requestBytes)
    {
        (_bytesPerSecond, _requestBytes) = (bytesPerSecond, requestBytes);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        Address = _listener.LocalEndPoint!.ToString()!;
        _thread = new Thread(Serve) { IsBackground = true };
        _thread.Start();
    }

    public string Address { get; }

    /// <summary>What it has read, without what is asked before the first request.</summary>
    public ByteRecord Read { get; } = new();

    /// <summary>From now on.</summary>
    public int BytesPerSecond
    {
        set => _bytesPerSecond = value;
    }

    public void Dispose()
    {
        _end.Set();
        _listener.Dispose();
        _thread.Join();
        _end.Dispose();
    }

    private void Serve()
    {
        try
        {
            using var socket = _listener.Accept();
            socket.NoDelay = true;
            if (_requestBytes > 0)
                GetReady(socket);
            ReadOn(socket);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test has ended.
        }
    }

    /// <summary>Answers, unthrottled, what is asked before the first request, which is a SET.</summary>
    private static void GetReady(Socket socket)
    {
        byte[] asked = new byte[1024];
        string answer = "+PONG\r\n";
        while (socket.Receive(asked, SocketFlags.Peek) is > 0 and var count && !asked.AsSpan(0, count).StartsWith("*3\r\n$3\r\nSET\r\n"u8))
        {
            socket.Receive(asked);
            socket.Send(System.Text.Encoding.ASCII.GetBytes(answer));
            answer = "+OK\r\n";
        }
    }

    private void ReadOn(Socket socket)
    {
        byte[] buffer = new byte[16 << 10];
        double tokens = 0;
        for (long last = Stopwatch.GetTimestamp(); !_end.IsSet;)
        {
            long now = Stopwatch.GetTimestamp();
            tokens = Math.Min(tokens + (Stopwatch.GetElapsedTime(last, now).TotalSeconds * _bytesPerSecond), BucketMax.TotalSeconds * _bytesPerSecond);
            last = now;
            if (tokens < 1 || socket.Available == 0)
            {
                _end.Wait(1);
                continue;
            }

            int count = socket.Receive(buffer, 0, Math.Min(buffer.Length, (int)tokens), SocketFlags.None);
            if (count == 0)
                return;
            tokens -= count;
            long before = _requestBytes == 0 ? 0 : Read.Total / _requestBytes;
            Read.Add(count);
            for (long requests = _requestBytes == 0 ? 0 : (Read.Total / _requestBytes) - before; requests > 0; requests--)
                socket.Send("+OK\r\n"u8);
        }
    }
}
