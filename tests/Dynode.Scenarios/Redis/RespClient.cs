using System.Net;
using System.Net.Sockets;
using System.Text;
using Dynode.TestKit;

namespace Dynode.Scenarios.Redis;

/// <summary>A client of redis that a test steers, byte by byte where it must be. One reader and one sender at a time; every wait has a deadline.</summary>
internal sealed class RespClient : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private byte[] _bytes = new byte[64 * 1024];
    private int _start;
    private int _end;

    private RespClient()
    {
    }

    public static async Task<RespClient> ConnectAsync(int port, int database = 0)
    {
        var client = new RespClient();
        using var limit = new CancellationTokenSource(Deadline.Default);
        await client._socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), limit.Token);
        if (database != 0)
        {
            var reply = await client.AskAsync("SELECT", $"{database}");
            if (reply.IsError) throw new ExpectationException($"SELECT {database}: {reply}");
        }

        return client;
    }

    /// <summary>A request as clients send it. One byte a character.</summary>
    public static byte[] Request(params string[] arguments)
    {
        var bytes = new StringBuilder($"*{arguments.Length}\r\n");
        foreach (string argument in arguments) bytes.Append('$').Append(argument.Length).Append("\r\n").Append(argument).Append("\r\n");
        return Encoding.Latin1.GetBytes(bytes.ToString());
    }

    /// <summary>Sends, and reads the reply.</summary>
    public async Task<RespReply> AskAsync(params string[] arguments)
    {
        await SendAsync(Request(arguments));
        return await ReadAsync();
    }

    /// <summary>Sends all at once, and reads a reply for each.</summary>
    public async Task<RespReply[]> AskAllAsync(IReadOnlyCollection<string[]> requests)
    {
        // Both at a time: what answers while we only send may fill all buffers between.
        var sending = SendAsync(requests.SelectMany(Request).ToArray());
        var replies = await ReadAsync(requests.Count);
        await sending;
        return replies;
    }

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        using var limit = new CancellationTokenSource(Deadline.Default);
        try
        {
            while (bytes.Length > 0) bytes = bytes[await _socket.SendAsync(bytes, limit.Token)..];
        }
        catch (OperationCanceledException e)
        {
            throw new ExpectationException($"{bytes.Length} bytes were not taken within the deadline", e);
        }
    }

    public async Task<RespReply[]> ReadAsync(int count)
    {
        var replies = new RespReply[count];
        for (int i = 0; i < count; i++)
        {
            try
            {
                replies[i] = await ReadAsync();
            }
            catch (ExpectationException e)
            {
                throw new ExpectationException($"reply {i} of {count}: {e.Message}", e);
            }
        }

        return replies;
    }

    public async Task<RespReply> ReadAsync() =>
        await TryReadAsync() ?? throw new ExpectationException("wanted a reply, the end came");

    /// <summary>Null: it was the end, and nothing of a reply came before it.</summary>
    public async Task<RespReply?> TryReadAsync()
    {
        using var limit = new CancellationTokenSource(Deadline.Default);
        while (true)
        {
            int at = _start;
            if (_end > _start && RespReply.TryRead(_bytes.AsSpan(0, _end), ref at, out var reply))
            {
                _start = at;
                return reply;
            }

            if (await FillAsync(limit.Token)) continue;
            return _end == _start ? null : throw new ExpectationException($"the end came in the midst of a reply, after {_end - _start} bytes of it");
        }
    }

    /// <summary>FIN; reading goes on.</summary>
    public void ShutdownSend() => _socket.Shutdown(SocketShutdown.Send);

    public void Dispose() => _socket.Dispose();

    private async Task<bool> FillAsync(CancellationToken limit)
    {
        if (_start == _end) _start = _end = 0;
        if (_end == _bytes.Length && _start > 0)
        {
            _bytes.AsSpan(_start, _end - _start).CopyTo(_bytes);
            (_start, _end) = (0, _end - _start);
        }

        if (_end == _bytes.Length) Array.Resize(ref _bytes, _bytes.Length * 2);
        try
        {
            int count = await _socket.ReceiveAsync(_bytes.AsMemory(_end), limit);
            _end += count;
            return count > 0;
        }
        catch (OperationCanceledException e)
        {
            throw new ExpectationException($"no reply within the deadline; {_end - _start} bytes of one: {Encoding.Latin1.GetString(_bytes, _start, Math.Min(200, _end - _start))}", e);
        }
    }
}
