using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Dynode.AotCheck;

/// <summary>
/// Clients that count without a pause, each its own key, one request or eight at a time, and come again at once where their connection ends.
/// What was acknowledged is certain; what was not may have been done, or not.
/// </summary>
internal sealed class CountingClients : IAsyncDisposable
{
    private const int Pipelined = 8;

    private readonly EndPoint _to;
    private readonly Task[] _all;
    private readonly long[] _acknowledged;
    private readonly long[] _doubtful;
    private readonly CancellationTokenSource _over = new();
    private long _refused;
    private long _reset;
    private long _ends;
    private long _errors;

    public CountingClients(int port, int clients)
        : this(new IPEndPoint(IPAddress.Loopback, port), clients)
    {
    }

    public CountingClients(EndPoint to, int clients)
    {
        _to = to;
        (_acknowledged, _doubtful) = (new long[clients], new long[clients]);
        _all = [.. Enumerable.Range(0, clients).Select(key => Task.Run(() => CountAsync(key)))];
    }

    public long Refused => Interlocked.Read(ref _refused);

    public long Reset => Interlocked.Read(ref _reset);

    /// <summary>Connections that ended by a FIN.</summary>
    public long Ends => Interlocked.Read(ref _ends);

    /// <summary>Reads in which an error came: of those some that it counts as acknowledged were not.</summary>
    public long Errors => Interlocked.Read(ref _errors);

    public long Acknowledged => _acknowledged.Sum();

    /// <summary>For MGET.</summary>
    public string Keys => string.Join(' ', Enumerable.Range(0, _acknowledged.Length).Select(static key => $"k{key}"));

    /// <summary>What is wrong with what a server has that has missed nothing; null: nothing. When all have stopped.</summary>
    public string? Fault(long[] values)
    {
        for (int key = 0; key < values.Length; key++)
        {
            if (values[key] < _acknowledged[key] || values[key] > _acknowledged[key] + _doubtful[key])
                return $"k{key} is {values[key]}; acknowledged {_acknowledged[key]}, and {_doubtful[key]} in doubt";
        }

        return null;
    }

    public async Task StopAsync()
    {
        await _over.CancelAsync();
        await Task.WhenAll(_all);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _over.Dispose();
    }

    private async Task CountAsync(int key)
    {
        int count = key % 2 == 0 ? 1 : Pipelined;
        byte[] requests = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat($"INCR k{key}\r\n", count)));
        byte[] room = new byte[4096];
        while (!_over.IsCancellationRequested)
        {
            using var socket = _to is IPEndPoint ? new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true } : new Socket(_to.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
            int answered = count;
            try
            {
                await socket.ConnectAsync(_to);
                while (!_over.IsCancellationRequested)
                {
                    answered = 0;
                    await socket.SendAsync(requests);
                    while (answered < count)
                    {
                        int bytes = await socket.ReceiveAsync(room);
                        if (bytes == 0)
                            break;
                        if (room.AsSpan(0, bytes).Contains((byte)'-'))
                            Interlocked.Increment(ref _errors);
                        int lines = room.AsSpan(0, bytes).Count((byte)'\n');
                        answered += lines;
                        Interlocked.Add(ref _acknowledged[key], lines);
                    }

                    if (answered < count)
                        break;
                }

                if (!_over.IsCancellationRequested)
                    Interlocked.Increment(ref _ends);
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
            {
                Interlocked.Increment(ref _refused);
            }
            catch (SocketException)
            {
                Interlocked.Increment(ref _reset);
            }

            Interlocked.Add(ref _doubtful[key], count - answered);
        }
    }
}
