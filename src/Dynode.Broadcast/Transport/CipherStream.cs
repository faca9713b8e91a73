using System.Net.Sockets;
using System.Threading.Tasks.Sources;

namespace Dynode.Broadcast.Transport;

/// <summary>
/// What an <see cref="System.Net.Security.SslStream"/> reads from and writes to. Behind the handshake that is the wire's one receive and one send: one
/// that does not complete at once is continued by <see cref="CompleteRead"/> or <see cref="CompleteWrite"/>, on the thread that calls it. So
/// decrypting happens in a turn of the owner's, nothing is queued for it, and nothing allocated.
/// </summary>
internal sealed class CipherStream(Socket socket) : Stream, IValueTaskSource<int>, IValueTaskSource
{
    /// <summary>
    /// So much may come without a byte of plain text: a record has 16 KiB of that, as much is read ahead, and what else may stand between two is short. Who renews keys without
    /// end, or sends records in which nothing is, would be decrypted as long as there is more of it, in the turn of all; so much of it takes 40 ms.
    /// </summary>
    private const int BarrenBytesMax = 64 << 10;

    private SocketTransport? _wire;
    private HandshakeTurns? _handshake;
    private ManualResetValueTaskSourceCore<int> _read;
    private ManualResetValueTaskSourceCore<int> _write;
    private int _barrenBytes;
    private bool _waitsForWord;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>The other side's FIN has come.</summary>
    public bool SawEnd { get; private set; }

    /// <summary>The first byte that came; -1: none has.</summary>
    public int FirstByte { get; private set; } = -1;

    /// <summary>Why the wire broke; Success: it did not.</summary>
    public SocketError Error { get; private set; }

    /// <summary>Much has come, and no plain text in it: nothing more is read.</summary>
    public bool IsBarren { get; private set; }

    /// <summary>What was encrypted, as far as the kernel took it: bytes.</summary>
    public long WrittenBytes { get; private set; }

    /// <summary>The handshake begins: the pool reads and writes, in its turns.</summary>
    public void Begin(HandshakeTurns turns) => _handshake = turns;

    /// <summary>It is done: bytes go by <paramref name="wire"/> from here on.</summary>
    public void GoOver(SocketTransport wire) => (_wire, _handshake) = (wire, null);

    /// <summary>Of what has come there was plain text, or its end.</summary>
    public void Yielded() => _barrenBytes = 0;

    /// <summary>Takes the wire's receive, if it has completed, and goes on with who waits for it.</summary>
    /// <returns>False: it has not.</returns>
    public bool CompleteRead()
    {
        if (!_wire!.TakeReceive())
            return false;
        if (FaultOfRead(_wire) is { } fault)
            _read.SetException(fault);
        else
            _read.SetResult(_wire.ReceivedBytes);
        return true;
    }

    /// <summary>Takes the wire's send, if it has completed, and goes on with who waits for it.</summary>
    /// <returns>False: it has not.</returns>
    public bool CompleteWrite()
    {
        if (!_wire!.TakeSend(out int sent, out var outcome))
            return false;
        WrittenBytes += sent;
        if (outcome == SendOutcome.Done)
            _write.SetResult(0);
        else
            _write.SetException(Broken(_wire.SendError));
        return true;
    }

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_wire is not { } wire)
            return ReadInHandshakeAsync(buffer, cancellationToken);
        _waitsForWord = buffer.IsEmpty;
        if (!wire.Receive(buffer))
        {
            _read.Reset();
            return new ValueTask<int>(this, _read.Version);
        }

        return FaultOfRead(wire) is { } fault ? ValueTask.FromException<int>(fault) : new ValueTask<int>(wire.ReceivedBytes);
    }

    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_wire is not { } wire)
            return WriteInHandshakeAsync(buffer, cancellationToken);
        if (buffer.IsEmpty)
            return ValueTask.CompletedTask;
        var outcome = wire.Send(buffer, int.MaxValue, out int sent);
        WrittenBytes += sent;
        if (outcome == SendOutcome.Done)
            return ValueTask.CompletedTask;
        if (outcome == SendOutcome.Failed)
            return ValueTask.FromException(Broken(wire.SendError));
        _write.Reset();
        return new ValueTask(this, _write.Version);
    }

    /// <inheritdoc/>
    int IValueTaskSource<int>.GetResult(short token) => _read.GetResult(token);

    /// <inheritdoc/>
    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => _read.GetStatus(token);

    /// <inheritdoc/>
    void IValueTaskSource<int>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _read.OnCompleted(continuation, state, token, flags);

    /// <inheritdoc/>
    void IValueTaskSource.GetResult(short token) => _write.GetResult(token);

    /// <inheritdoc/>
    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _write.GetStatus(token);

    /// <inheritdoc/>
    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _write.OnCompleted(continuation, state, token, flags);

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>Null: what was read goes on.</summary>
    private IOException? FaultOfRead(SocketTransport wire)
    {
        if (wire.ReceiveError != SocketError.Success)
            return Broken(wire.ReceiveError);
        SawEnd |= wire.ReceivedBytes == 0 && !_waitsForWord;
        _barrenBytes += wire.ReceivedBytes;
        IsBarren = _barrenBytes > BarrenBytesMax;
        return IsBarren ? new IOException($"what came carried no data for {BarrenBytesMax >> 10} KiB") : null;
    }

    private IOException Broken(SocketError error)
    {
        Error = error;
        return new IOException(null, new SocketException((int)error));
    }

    private async ValueTask<int> ReadInHandshakeAsync(Memory<byte> buffer, CancellationToken cancellation)
    {
        // Who waits for the other side computes nothing meanwhile, and keeps nobody from it.
        _handshake!.Leave();
        int count = await socket.ReceiveAsync(buffer, SocketFlags.None, cancellation).ConfigureAwait(false);
        await _handshake.EnterAsync(cancellation).ConfigureAwait(false);
        if (FirstByte < 0 && count > 0)
            FirstByte = buffer.Span[0];
        SawEnd |= count == 0 && !buffer.IsEmpty;
        return count;
    }

    private async ValueTask WriteInHandshakeAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellation)
    {
        _handshake!.Leave();
        while (!buffer.IsEmpty)
        {
            int sent = await socket.SendAsync(buffer, SocketFlags.None, cancellation).ConfigureAwait(false);
            WrittenBytes += sent;
            buffer = buffer[sent..];
        }

        await _handshake.EnterAsync(cancellation).ConfigureAwait(false);
    }
}
