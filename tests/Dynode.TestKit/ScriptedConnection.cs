using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Dynode.TestKit;

/// <summary>How a connection came to its end, as this side saw it. The first end counts.</summary>
public enum ConnectionEnd
{
    Open,
    PeerFin,
    PeerReset,
    ClosedHere,
    ResetHere,
}

/// <summary>
/// One connection of a <see cref="ScriptedServer"/>. One loop reads; everything else may be called from any thread.
/// <c>_reading</c> guards the step from the kernel into the record: once a pause has returned, nothing more is recorded.
/// </summary>
public sealed class ScriptedConnection : IDisposable
{
    private const int ReadBytes = 64 * 1024;
    private static readonly byte[] Flood = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("+nobody asked for this\r\n", 1000)));

    private readonly ScriptedServer _server;
    private readonly Socket _socket;
    private readonly Recorder _record;
    private readonly Lock _reading = new();
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly StringBuilder _line = new();
    private TaskCompletionSource? _resumed;
    private int _end;
    private long _sent;

    internal ScriptedConnection(ScriptedServer server, Socket socket, int index, bool paused)
    {
        _server = server;
        _socket = socket;
        _record = new Recorder(server.Script.Recording);
        Index = index;
        RemoteEndPoint = (IPEndPoint)socket.RemoteEndPoint!;

        // A read under the lock must never wait, whatever woke its loop: a pause would wait with it.
        socket.Blocking = false;
        if (paused) PauseReading();
    }

    /// <summary>Which one it was, in order of accept, from 0; counted on over restarts.</summary>
    public int Index { get; }

    public IPEndPoint RemoteEndPoint { get; }

    public ConnectionEnd End => (ConnectionEnd)Volatile.Read(ref _end);

    public bool IsOpen => End == ConnectionEnd.Open;

    /// <summary>The peer's FIN has been read, also where the connection stays open (<see cref="ServerScript.AnswerEnd"/>).</summary>
    public bool PeerFinished { get; private set; }

    public long ReceivedBytes => _record.Count;

    /// <summary>A copy of all that came.</summary>
    public byte[] Received => _record.Bytes;

    /// <summary><see cref="Received"/>, one character a byte.</summary>
    public string ReceivedText => Encoding.Latin1.GetString(Received);

    /// <summary>Of all that came, as upper-case hex.</summary>
    public string Sha256 => _record.Sha256;

    /// <summary>What the kernel has taken.</summary>
    public long SentBytes => Volatile.Read(ref _sent);

    public void PauseReading()
    {
        lock (_reading) _resumed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    public void ResumeReading()
    {
        lock (_reading)
        {
            _resumed?.SetResult();
            _resumed = null;
        }
    }

    public Task SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    /// <summary>Whole, after what others are sending; fails as the socket does.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        await _sending.WaitAsync().ConfigureAwait(false);
        try
        {
            while (bytes.Length > 0)
            {
                int sent = await _socket.SendAsync(bytes).ConfigureAwait(false);
                Interlocked.Add(ref _sent, sent);
                bytes = bytes[sent..];
            }
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>Sends <paramref name="bytes"/> bytes that nobody asked for; ends early, without a fault, when the connection does.</summary>
    public async Task FloodAsync(long bytes)
    {
        try
        {
            for (long left = bytes; left > 0; left -= Flood.Length)
                await SendAsync(Flood.AsMemory(0, (int)Math.Min(left, Flood.Length))).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
        }
    }

    /// <summary>FIN; reading goes on.</summary>
    public void ShutdownSend() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>FIN both ways, by our own wish. (With unread bytes in the kernel, the kernel sends RST: as for every program.)</summary>
    public void Close() => Finish(ConnectionEnd.ClosedHere);

    /// <summary>RST.</summary>
    public void Reset() => Finish(ConnectionEnd.ResetHere);

    /// <summary><see cref="Reset"/>, where it is still open.</summary>
    public void Dispose()
    {
        Reset();
        _record.Dispose();
        _sending.Dispose();
    }

    public override string ToString() =>
        $"#{Index} from {RemoteEndPoint}: {End}{(PeerFinished ? ", peer finished" : "")}, received {ReceivedBytes}, sent {SentBytes}";

    internal async Task RunAsync(ServerScript script)
    {
        try
        {
            if (script.Greeting is { } greeting) await SendAsync(greeting).ConfigureAwait(false);
            if (script.FloodBytes > 0) _ = FloodAsync(script.FloodBytes);
            while (await ReadOnceAsync().ConfigureAwait(false))
            {
            }
        }
        catch (SocketException)
        {
            Finish(ConnectionEnd.PeerReset);
        }
        catch (ObjectDisposedException)
        {
            Finish(ConnectionEnd.ClosedHere);
        }
        catch (Exception e)
        {
            _server.Fault(e);
            Finish(ConnectionEnd.ResetHere);
        }
    }

    private async Task<bool> ReadOnceAsync()
    {
        Task? resumed;
        lock (_reading) resumed = _resumed?.Task;
        if (resumed is not null)
        {
            await resumed.ConfigureAwait(false);
            return IsOpen;
        }

        // Waits without a buffer: thousands of idle connections cost nothing, and a pause may still come before the read.
        await _socket.ReceiveAsync(Memory<byte>.Empty).ConfigureAwait(false);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(ReadBytes);
        try
        {
            int count;
            lock (_reading)
            {
                if (_resumed is not null) return true;
                count = _socket.Receive(buffer, SocketFlags.None, out SocketError error);
                if (error == SocketError.WouldBlock) return true;
                if (error != SocketError.Success) throw new SocketException((int)error);
                if (!_record.Add(buffer.AsSpan(0, count))) return false;
                _server.Record(buffer.AsSpan(0, count));
                if (count > 0) _server.Script.OnRead?.Invoke(this, buffer.AsMemory(0, count));
            }

            ServerScript script = _server.Script;
            if (count == 0) return PeerFin(script);
            if (script.ResetAfterBytes > 0 && ReceivedBytes >= script.ResetAfterBytes)
            {
                Reset();
                return false;
            }

            await ReplyAsync(script, buffer.AsMemory(0, count)).ConfigureAwait(false);
            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private bool PeerFin(ServerScript script)
    {
        PeerFinished = true;
        if (script.AnswerEnd) Finish(ConnectionEnd.PeerFin);
        return false;
    }

    private async Task ReplyAsync(ServerScript script, ReadOnlyMemory<byte> read)
    {
        if (script.Echo) await SendAsync(read).ConfigureAwait(false);
        if (script.ReplyPerRead?.Invoke(read) is { } reply) await SendAsync(reply).ConfigureAwait(false);
        if (script.ReplyPerLine is not { } perLine) return;

        var replies = new StringBuilder();
        foreach (char c in Encoding.Latin1.GetString(read.Span))
        {
            if (c != '\n')
            {
                _line.Append(c);
                continue;
            }

            replies.Append(perLine(_line.ToString().TrimEnd('\r')));
            _line.Clear();
        }

        if (replies.Length > 0) await SendAsync(replies.ToString()).ConfigureAwait(false);
    }

    private void Finish(ConnectionEnd end)
    {
        if (Interlocked.CompareExchange(ref _end, (int)end, (int)ConnectionEnd.Open) != (int)ConnectionEnd.Open) return;
        try
        {
            if (end == ConnectionEnd.ResetHere) _socket.LingerState = new LingerOption(true, 0);
            else _socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The peer was faster.
        }

        _socket.Dispose();
        _record.Dispose();
        ResumeReading();
    }
}
