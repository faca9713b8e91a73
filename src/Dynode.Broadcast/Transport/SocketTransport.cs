using System.Net;
using System.Net.Sockets;

namespace Dynode.Broadcast.Transport;

/// <summary>
/// Plain TCP. It is its own receive operation, so that an idle connection costs no object more. A send is first tried as it is, and
/// nearly always that is all; only when the kernel's buffer is full an operation waits for room, and only then its event arguments
/// come to be.
/// </summary>
/// <param name="socket">Non-blocking.</param>
/// <param name="owner">Whose turns it is used in.</param>
internal class SocketTransport(Socket socket, ITurnOwner owner) : ByteTransport(socket, owner)
{
    private SocketOperation? _waiting;

    /// <inheritdoc/>
    public override int ReceivedBytes => BytesTransferred;

    /// <inheritdoc/>
    public override ReadOnlyMemory<byte> Untaken => _waiting!.MemoryBuffer[_waiting.BytesTransferred..];

    /// <inheritdoc/>
    public override bool Connect(EndPoint endPoint) => Connect(Socket, endPoint);

    /// <inheritdoc/>
    public override string? ConnectFault()
    {
        var error = SocketErrors.OfConnect(Socket, this, RemoteEndPoint!);
        return error == SocketError.Success ? null : SocketErrors.Describe(error, RemoteEndPoint!);
    }

    /// <inheritdoc/>
    public override bool Receive(Memory<byte> buffer) => Receive(Socket, buffer);

    /// <inheritdoc/>
    public override bool TakeReceive() => TakeCompletion();

    /// <inheritdoc/>
    public override SendOutcome Send(ReadOnlyMemory<byte> bytes, int waitBytesMax, out int sent)
    {
        sent = 0;
        while (true)
        {
            int taken = Socket.Send(bytes.Span, SocketFlags.None, out var error);
            if (error == SocketError.Success)
            {
                sent += taken;
                if (taken == bytes.Length)
                    return SendOutcome.Done;
                bytes = bytes[taken..];
            }
            else if (error != SocketError.WouldBlock)
            {
                SendError = error;
                return SendOutcome.Failed;
            }

            _waiting ??= new SocketOperation(Owner);
            var part = bytes[..Math.Min(bytes.Length, waitBytesMax)];
            if (!_waiting.Send(Socket, part))
            {
                (IsSending, SendingBytes) = (true, part.Length);
                return SendOutcome.Pending;
            }

            // Room came between the two attempts.
            sent += _waiting.BytesTransferred;
            if (_waiting.SocketError != SocketError.Success)
            {
                SendError = _waiting.SocketError;
                return SendOutcome.Failed;
            }

            bytes = bytes[part.Length..];
            if (bytes.IsEmpty)
                return SendOutcome.Done;
        }
    }

    /// <inheritdoc/>
    public override void ShutdownSend() => Socket.Shutdown(SocketShutdown.Send);

    /// <inheritdoc/>
    public override long OnWire(long sent) => sent;

    /// <inheritdoc/>
    public override long Unacknowledged(long sent) => SocketTuning.Unacknowledged(Socket, sent);

    /// <inheritdoc/>
    public override void Close() => Socket.Dispose();

    /// <inheritdoc/>
    public override void Release()
    {
        _waiting?.Dispose();
        Dispose();
    }

    /// <inheritdoc/>
    protected override bool TryTakeSend(out int sent, out SendOutcome outcome)
    {
        (sent, outcome) = (0, SendOutcome.Done);
        if (!_waiting!.TakeCompletion())
            return false;
        (IsSending, SendingBytes) = (false, 0);
        sent = _waiting.BytesTransferred;
        SendError = _waiting.SocketError;
        if (SendError != SocketError.Success)
            outcome = SendOutcome.Failed;
        return true;
    }
}
