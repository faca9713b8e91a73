using System.Net;
using System.Net.Sockets;
using System.Text;
using Dynode.Broadcast.Backends;
using Dynode.Native.Control;
using Dynode.Protocols;
using Dynode.Protocols.Redis;

namespace Dynode.Native.Bootstrap;

/// <summary>A connection to a redis, which is asked one thing after the other. Used by one thread.</summary>
internal sealed class RedisLink : IDisposable
{
    /// <summary>One that throws its data away, or forks, may be silent for some time.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Slice = TimeSpan.FromSeconds(0.1);

    /// <summary>What INFO says is some KiB.</summary>
    private const int ReplyBytesMax = 1 << 20;

    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly BackendAddress _address;
    private readonly Bounds _bounds;
    private readonly TimeProvider _time;

    private RedisLink(BackendAddress address, Bounds bounds, TimeProvider time) => (_address, _bounds, _time) = (address, bounds, time);

    /// <summary>Of the server.</summary>
    public BackendAddress Address => _address;

    /// <summary>Connects, and logs in where there is a password.</summary>
    public static RedisLink Open(BackendAddress address, string username, Secret password, Bounds bounds, TimeProvider time)
    {
        var link = new RedisLink(address, bounds, time);
        try
        {
            link.Connect();
            if (!password.IsEmpty)
                link.LogIn(username, password);
            return link;
        }
        catch
        {
            link.Dispose();
            throw;
        }
    }

    /// <summary>Asks, and gives what it says, refusals too.</summary>
    public RedisReply Ask(params ReadOnlySpan<string> arguments) => Ask(RedisRequest.Of(arguments), arguments[0]);

    /// <summary>Asks, where an argument need not be text.</summary>
    public RedisReply Ask(params ReadOnlySpan<ReadOnlyMemory<byte>> arguments) => Ask(RedisRequest.Of(arguments), Encoding.UTF8.GetString(arguments[0].Span));

    /// <summary>Asks what it must not refuse.</summary>
    public RedisReply Do(params ReadOnlySpan<string> arguments) => Good(Ask(arguments), string.Join(' ', arguments));

    /// <summary>All that it says of itself.</summary>
    public RedisInfo Info() => new(Do("INFO").Text);

    /// <summary>Ends it where the server refuses.</summary>
    /// <param name="reply">What it said.</param>
    /// <param name="what">To which request, for people: never with a password in it.</param>
    public RedisReply Good(RedisReply reply, string what) => !reply.IsError ? reply
        : throw new BootstrapEnd(reply.IsNotAllowed ? VerbStatus.NotAllowed : VerbStatus.No, $"{_address} refuses {what}: {Escaped.Text(reply.Text)}");

    public void Dispose() => _socket.Dispose();

    private void LogIn(string username, Secret password)
    {
        byte[] secret = password.Bytes.ToArray();
        byte[] request = username.Length > 0 ? RedisRequest.Of("AUTH"u8.ToArray(), Encoding.UTF8.GetBytes(username), secret) : RedisRequest.Of("AUTH"u8.ToArray(), secret);
        RedisReply reply = Ask(request, "AUTH");
        if (reply.IsError)
            throw new BootstrapEnd(VerbStatus.NotAllowed, $"{_address} does not let us in: {Escaped.Text(reply.Text)}");
    }

    private void Connect()
    {
        using var late = new CancellationTokenSource(Patience);
        try
        {
            Task connecting = _address.Ip is { } ip
                ? _socket.ConnectAsync(new IPEndPoint(ip, _address.Port), late.Token).AsTask()
                : _socket.ConnectAsync(new DnsEndPoint(_address.Host, _address.Port), late.Token).AsTask();
            while (!((IAsyncResult)connecting).AsyncWaitHandle.WaitOne(Slice))
                _bounds.Check($"a connection to {_address}");
            connecting.GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            throw Lost($"no connection within {Patience.TotalSeconds} s");
        }
        catch (SocketException e)
        {
            throw Lost(e.Message);
        }
    }

    private RedisReply Ask(byte[] request, string name)
    {
        long began = _time.GetTimestamp();
        try
        {
            for (int sent = 0; sent < request.Length;)
                sent += _socket.Send(request.AsSpan(sent));
            var reader = new RedisProtocol().NewReplyReader();
            byte[] bytes = new byte[16 << 10];
            int length = 0;
            while (true)
            {
                while (!_socket.Poll(Slice, SelectMode.SelectRead))
                {
                    _bounds.Check($"{_address}, which was asked {name},");
                    if (_time.GetElapsedTime(began) >= Patience)
                        throw Lost($"no answer to {name} within {Patience.TotalSeconds} s");
                }

                int count = _socket.Receive(bytes.AsSpan(length));
                if (count == 0)
                    throw Lost($"it ended the connection at {name}");
                var status = reader.Advance(bytes.AsSpan(length, count), out int consumed);
                length += consumed;
                if (status == FrameStatus.Complete)
                    return new RedisReply(bytes[..length]);
                if (status == FrameStatus.Malformed || length > ReplyBytesMax)
                    throw Lost($"what it answers to {name} is no reply of redis");
                if (length == bytes.Length)
                    Array.Resize(ref bytes, 2 * length);
            }
        }
        catch (SocketException e)
        {
            throw Lost(e.Message);
        }
    }

    private BootstrapEnd Lost(string why) => new(VerbStatus.Unavailable, $"{_address} is not to be had: {Escaped.Text(why)}");
}
