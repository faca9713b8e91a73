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
internal sealed class SocketTransport(Socket socket, ITurnOwner owner) : SocketOperation(owner), ITransport
{
    private SocketOperation? _waiting;

    /// <inheritdoc/>
    public Socket Socket => socket;

    /// <inheritdoc/>
    public bool CanGoOver => true;

    /// <inheritdoc/>
    public string? SecurityFault => null;

    /// <inheritdoc/>
    public string Unanswered => "no answer to connect";

    /// <inheritdoc/>
    public bool IsReceiving => Pending;

    /// <inheritdoc/>
    public int ReceivedBytes => BytesTransferred;

    /// <inheritdoc/>
    public SocketError ReceiveError => SocketError;

    /// <inheritdoc/>
    public bool IsCut => false;

    /// <inheritdoc/>
    public bool IsSending => _waiting is { Pending: true };

    /// <inheritdoc/>
    public int SendingBytes => IsSending ? _waiting!.Count : 0;

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Untaken => _waiting!.MemoryBuffer[_waiting.BytesTransferred..];

    /// <inheritdoc/>
    public SocketError SendError { get; private set; }

    /// <inheritdoc/>
    public bool Connect(IPEndPoint endPoint) => Connect(socket, endPoint);

    /// <inheritdoc/>
    public string? ConnectFault()
    {
        var error = SocketErrors.OfConnect(socket, this, (IPEndPoint)RemoteEndPoint!);
        return error == SocketError.Success ? null : SocketErrors.Describe(error);
    }

    /// <inheritdoc/>
    public bool Receive(Memory<byte> buffer) => Receive(socket, buffer);

    /// <inheritdoc/>
    public bool TakeReceive() => TakeCompletion();

    /// <inheritdoc/>
    public SendOutcome Send(ReadOnlyMemory<byte> bytes, int waitBytesMax, out int sent)
    {
        sent = 0;
        while (true)
        {
            int taken = socket.Send(bytes.Span, SocketFlags.None, out var error);
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
            if (!_waiting.Send(socket, part))
                return SendOutcome.Pending;

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
    public bool TakeSend(out int sent, out SendOutcome outcome)
    {
        sent = 0;
        outcome = SendOutcome.Done;
        if (_waiting is null || !_waiting.TakeCompletion())
            return false;
        sent = _waiting.BytesTransferred;
        SendError = _waiting.SocketError;
        if (SendError != SocketError.Success)
            outcome = SendOutcome.Failed;
        return true;
    }

    /// <inheritdoc/>
    public void ShutdownSend() => socket.Shutdown(SocketShutdown.Send);

    /// <inheritdoc/>
    public long OnWire(long sent) => sent;

    /// <inheritdoc/>
    public long Unacknowledged(long sent) => SocketTuning.Unacknowledged(socket, sent);

    /// <inheritdoc/>
    public void Close() => socket.Dispose();

    /// <summary>Gives the event arguments back; nothing may be pending.</summary>
    void IDisposable.Dispose()
    {
        _waiting?.Dispose();
        Dispose();
    }
}
