using System.Net;
using System.Net.Sockets;
using Dynode.LoadTest.Requests;
using Dynode.TestKit;

namespace Dynode.LoadTest.Clients;

/// <summary>
/// One connection to the broadcaster with a number of its own. It has one caller at a time, who waits for its replies; each reply
/// must be its own, in its order. Every wait has a deadline.
/// </summary>
internal sealed class LoadClient : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly Roster _roster;
    private readonly IRequestFormat _format;
    private readonly byte[] _expected;
    private byte[] _requests = [];
    private byte[] _replies = [];
    private CancellationTokenSource _limit = new();
    private long _begun;
    private long _answered;

    private LoadClient(Roster roster, IRequestFormat format)
    {
        _roster = roster;
        _format = format;
        _expected = new byte[format.ReplyLength];
        Id = roster.NextId();
    }

    public int Id { get; }

    /// <summary>Requests that it has begun to send: the number that its next one gets.</summary>
    public long Begun => Interlocked.Read(ref _begun);

    /// <summary>Requests whose replies it has got.</summary>
    public long Answered => Interlocked.Read(ref _answered);

    /// <summary>What a step that talks to the broadcaster may fail with.</summary>
    public static bool IsFailure(Exception e) =>
        e is SocketException or ExpectationException or OperationCanceledException or ObjectDisposedException;

    /// <summary>Connects to 127.0.0.1.</summary>
    public static async Task<LoadClient> ConnectAsync(int port, Roster roster, IRequestFormat format)
    {
        var client = new LoadClient(roster, format);
        roster.Add(client);
        try
        {
            await client._socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), client.Deadline()).ConfigureAwait(false);
            return client;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>Sends so many requests in one go and waits for their replies.</summary>
    /// <param name="count">At least 1.</param>
    /// <param name="isLast">Our FIN goes behind the last one, before any reply is waited for; the end must come behind the last reply.</param>
    /// <returns>Bytes sent and received.</returns>
    public async Task<int> AskAsync(int count = 1, bool isLast = false)
    {
        long first = _begun;
        int length = WriteRequests(first, count);
        Interlocked.Add(ref _begun, count);
        _roster.Sends(count, length);
        CancellationToken deadline = Deadline();
        try
        {
            for (int sent = 0; sent < length;)
                sent += await _socket.SendAsync(_requests.AsMemory(sent, length - sent), deadline).ConfigureAwait(false);
            if (isLast) _socket.Shutdown(SocketShutdown.Send);
            int replied = await ReadRepliesAsync(first, count, deadline).ConfigureAwait(false);
            if (isLast) await ReadEndAsync(deadline).ConfigureAwait(false);
            return length + replied;
        }
        catch (OperationCanceledException e)
        {
            throw new ExpectationException($"client {Id}: no reply to request {Answered} within {TestKit.Deadline.Default}", e);
        }
    }

    /// <summary>FIN, then the other's, with not a byte before it.</summary>
    public async Task EndAsync()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
            await ReadEndAsync(Deadline()).ConfigureAwait(false);
        }
        catch (OperationCanceledException e)
        {
            throw new ExpectationException($"client {Id} has said goodbye and is not answered within {TestKit.Deadline.Default}", e);
        }

        Dispose();
    }

    public void Dispose()
    {
        _roster.Remove(this);
        _socket.Dispose();
        _limit.Dispose();
    }

    private int WriteRequests(long first, int count)
    {
        int length = 0;
        for (long sequence = first; sequence < first + count; sequence++) length += _format.Length(Id, sequence);
        if (_requests.Length < length) _requests = new byte[length];
        int at = 0;
        for (long sequence = first; sequence < first + count; sequence++)
        {
            _format.Write(_requests.AsSpan(at), Id, sequence);
            at += _format.Length(Id, sequence);
        }

        return length;
    }

    private async Task<int> ReadRepliesAsync(long first, int count, CancellationToken deadline)
    {
        int length = count * _expected.Length;
        if (_replies.Length < length) _replies = new byte[length];
        int got = 0;
        int looked = 0;
        while (got < length)
        {
            int read = await _socket.ReceiveAsync(_replies.AsMemory(got, length - got), deadline).ConfigureAwait(false);
            if (read == 0) throw new ExpectationException("the broadcaster has closed a client that waits for a reply");
            got += read;
            for (; looked + _expected.Length <= got; looked += _expected.Length)
            {
                _format.WriteReply(_expected, Id, first + (looked / _expected.Length));
                ReadOnlySpan<byte> reply = _replies.AsSpan(looked, _expected.Length);
                if (!reply.SequenceEqual(_expected))
                    throw new ExpectationException($"a client got {Identity.Shown(reply)} instead of {Identity.Shown(_expected)}");
                Interlocked.Increment(ref _answered);
            }
        }

        return length;
    }

    private async Task ReadEndAsync(CancellationToken deadline)
    {
        byte[] one = new byte[1];
        if (await _socket.ReceiveAsync(one, deadline).ConfigureAwait(false) != 0)
            throw new ExpectationException($"client {Id} got a byte behind its last reply");
    }

    /// <summary>From now.</summary>
    private CancellationToken Deadline()
    {
        if (!_limit.TryReset()) _limit = new CancellationTokenSource();
        _limit.CancelAfter(TestKit.Deadline.Default);
        return _limit.Token;
    }
}
