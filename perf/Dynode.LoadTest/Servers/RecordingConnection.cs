using System.Net.Sockets;
using Dynode.LoadTest.Records;
using Dynode.LoadTest.Requests;

namespace Dynode.LoadTest.Servers;

/// <summary>One connection of a <see cref="RecordingServer"/>: one loop reads, records and answers.</summary>
internal sealed class RecordingConnection
{
    private const int ReadBytes = 64 << 10;

    /// <summary>Of a server that is slow.</summary>
    private const int SlowReadBytes = 8 << 10;

    private readonly RecordingServer _server;
    private readonly Socket _socket;
    private readonly int _number;
    private readonly IConnectionRecord _record;
    private byte[] _buffer = new byte[ReadBytes];
    private byte[] _replies = new byte[ReadBytes];
    private int _filled;
    private int _replied;
    private bool _reset;
    private RequestRead? _heldBack;

    public RecordingConnection(RecordingServer server, Socket socket, int number)
    {
        _server = server;
        _socket = socket;
        _number = number;
        _record = server.Record.Begin();
        socket.NoDelay = true;
    }

    /// <summary>RST; its loop ends.</summary>
    public void Reset()
    {
        Volatile.Write(ref _reset, true);
        try
        {
            _socket.LingerState = new LingerOption(true, 0);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It has ended already.
        }

        _socket.Dispose();
    }

    /// <summary>Done with its end; it fails never.</summary>
    public async Task RunAsync()
    {
        try
        {
            while (await ReadAsync().ConfigureAwait(false))
            {
                if (_replied > 0 && !_server.Mute) await SendRepliesAsync().ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            if (!Volatile.Read(ref _reset)) _server.Wrong($"connection {_number} ended by {e.Message}");
        }

        _record.End(_filled);
        _socket.Dispose();
    }

    private async Task<bool> ReadAsync()
    {
        await _server.MayRead.ConfigureAwait(false);
        bool isSlow = _server.Pace > TimeSpan.Zero;
        if (isSlow) await Task.Delay(_server.Pace).ConfigureAwait(false);
        if (_filled == _buffer.Length) Array.Resize(ref _buffer, _buffer.Length * 2);
        Memory<byte> room = _buffer.AsMemory(_filled);
        int read = await _socket.ReceiveAsync(isSlow && room.Length > SlowReadBytes ? room[..SlowReadBytes] : room).ConfigureAwait(false);
        if (read == 0) return false;
        _server.Received(read);
        _filled += read;
        return Take();
    }

    /// <summary>All whole requests off the front.</summary>
    private bool Take()
    {
        int at = 0;
        while (at < _filled)
        {
            RequestRead read = _server.Format.Read(_buffer.AsSpan(at, _filled - at));
            if (read.Kind == RequestKind.Partial) break;
            string? fault = read.Fault;
            if (read.Kind == RequestKind.Request)
            {
                DamageKind damage = _server.NextDamage();
                if (damage == DamageKind.Byte)
                {
                    LoseByte(at + (read.Length / 2));
                    continue;
                }

                fault = Record(read, damage);
            }
            else if (read.Kind == RequestKind.Preamble)
            {
                _server.TookPreamble(read.Length);
            }

            if (fault is not null)
            {
                _server.Wrong($"connection {_number}: {fault}");
                return false;
            }

            Answer(read);
            at += read.Length;
        }

        _buffer.AsSpan(at, _filled - at).CopyTo(_buffer);
        _filled -= at;
        return true;
    }

    /// <summary>As it came, but where the server is to damage it.</summary>
    private string? Record(in RequestRead read, DamageKind damage)
    {
        if (damage == DamageKind.Lost) return null;
        if (damage == DamageKind.Swapped)
        {
            _heldBack = read;
            return null;
        }

        string? fault = Record(read);
        if (damage == DamageKind.Twice) fault ??= Record(read);
        if (_heldBack is { } before) fault ??= Record(before);
        _heldBack = null;
        return fault;
    }

    private string? Record(in RequestRead read) => _record.Take(read.Client, read.Sequence, read.Length);

    private void LoseByte(int at)
    {
        _buffer.AsSpan(at + 1, _filled - at - 1).CopyTo(_buffer.AsSpan(at));
        _filled--;
    }

    private void Answer(in RequestRead read)
    {
        int length = read.Reply?.Length ?? _server.Format.ReplyLength;
        if (_replied + length > _replies.Length) Array.Resize(ref _replies, _replies.Length * 2);
        Span<byte> to = _replies.AsSpan(_replied, length);
        if (read.Reply is { } reply) reply.CopyTo(to);
        else _server.Format.WriteReply(to, read.Client, read.Sequence);
        _replied += length;
    }

    private async Task SendRepliesAsync()
    {
        for (int sent = 0; sent < _replied;)
            sent += await _socket.SendAsync(_replies.AsMemory(sent, _replied - sent)).ConfigureAwait(false);
        _replied = 0;
    }
}
