using System.Net.Security;
using System.Net.Sockets;
using NATS.Client.Core;

namespace Dynode.Streams.Nats;

/// <summary>
/// One connection to a server: the client library reads from and writes to it as if it were its own, and everything that comes goes by the <see cref="NatsWire"/> first.
/// It is given out once: a library that connects again by itself would send what was meant for the connection before.
/// </summary>
internal sealed class NatsSocket : INatsSocketConnection, INatsSocketConnectionFactory
{
    private readonly TaskCompletionSource<NatsTrouble> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly NatsWire _wire;
    private Stream _stream;
    private byte[] _greeting = [];
    private int _greetingRead;
    private int _given;

    private NatsSocket(Stream stream)
    {
        _stream = stream;
        _wire = new NatsWire(Hear, text => Error?.Invoke(text));
    }

    /// <summary>What the server said of itself last.</summary>
    public NatsServerInfo Info { get; private set; } = new();

    /// <summary>Told what the server says is wrong, on the thread that reads. Set before it is given to the library.</summary>
    public Action<string>? Error { get; set; }

    /// <summary>Why there is no connection any more.</summary>
    public Task<NatsTrouble> Ended => _ended.Task;

    /// <summary>Hears what the server says of itself.</summary>
    public static async Task<NatsSocket> GreetAsync(NetworkStream stream, CancellationToken cancellation)
    {
        var socket = new NatsSocket(stream);
        byte[] line = new byte[1024];
        int count = 0;
        while (true)
        {
            int read = await stream.ReadAsync(line.AsMemory(count), cancellation).ConfigureAwait(false);
            if (read == 0)
                throw new NatsTrouble(count == 0 ? "it closed the connection before it said anything" : "it closed the connection within its first line");
            socket._wire.Feed(line.AsSpan(count, read));
            count += read;
            int end = line.AsSpan(0, count).IndexOf((byte)'\n');
            if (end >= 0)
            {
                socket._greeting = line[..count];
                if (!line.AsSpan().StartsWith("INFO "u8))
                    throw new NatsTrouble("it does not say what it is first, as a nats-server does");
                return socket;
            }

            if (count == line.Length)
                Array.Resize(ref line, 2 * line.Length);
        }
    }

    /// <summary>Goes on within TLS.</summary>
    public async Task EncryptAsync(SslClientAuthenticationOptions options, CancellationToken cancellation)
    {
        if (_greeting[^1] != (byte)'\n' || _greeting.AsSpan().Count((byte)'\n') > 1)
            throw new NatsTrouble("it sent more than one line before TLS");
        var encrypted = new SslStream(_stream);
        _stream = encrypted;
        await encrypted.AuthenticateAsClientAsync(options, cancellation).ConfigureAwait(false);
    }

    /// <summary>Whom the server has named so far is not to be connected to.</summary>
    public void ForgetOthers() => Info = Info.WithoutOthers();

    public ValueTask<INatsSocketConnection> ConnectAsync(Uri uri, NatsOpts opts, CancellationToken cancellationToken) =>
        Interlocked.Exchange(ref _given, 1) == 0 ? new(this) : throw new NatsTrouble("this connection has ended");

    public async ValueTask<int> SendAsync(ReadOnlyMemory<byte> buffer)
    {
        try
        {
            await _stream.WriteAsync(buffer).ConfigureAwait(false);
            return buffer.Length;
        }
        catch (Exception e)
        {
            Close(NatsTrouble.Excerpt(e.Message));
            throw;
        }
    }

    public async ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        try
        {
            if (_greetingRead < _greeting.Length)
            {
                int count = Math.Min(buffer.Length, _greeting.Length - _greetingRead);
                _greeting.AsMemory(_greetingRead, count).CopyTo(buffer);
                _greetingRead += count;
                return count;
            }

            int read = await _stream.ReadAsync(buffer).ConfigureAwait(false);
            if (read == 0)
                Close("the server closed the connection");
            else
                _wire.Feed(buffer.Span[..read]);
            return read;
        }
        catch (NatsTrouble e)
        {
            Close(e);
            throw;
        }
        catch (Exception e)
        {
            Close(NatsTrouble.Excerpt(e.Message));
            throw;
        }
    }

    public ValueTask DisposeAsync()
    {
        Close("the connection was closed");
        return default;
    }

    public void Close(string why) => Close(new NatsTrouble(why));

    /// <summary>The first reason counts.</summary>
    public void Close(NatsTrouble why)
    {
        _ended.TrySetResult(why);
        _stream.Dispose();
    }

    private void Hear(NatsServerInfo info)
    {
        Info = info;
        _wire.EntryBytesMax = Math.Clamp(info.PayloadBytesMax, 0, NatsServerInfo.PayloadBytesMost) + NatsWire.HeaderBytesMax;
        if (info.IsLameDuck)
            Close("the server is about to end, and sends its clients elsewhere");
    }
}
