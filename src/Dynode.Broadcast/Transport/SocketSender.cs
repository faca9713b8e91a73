using System.Net.Sockets;

namespace Dynode.Broadcast.Transport;

/// <summary>What became of an attempt to send.</summary>
internal enum SendOutcome
{
    /// <summary>The kernel took everything.</summary>
    Done,

    /// <summary>The kernel is full; the rest is on its way, and a completion will come.</summary>
    Pending,

    /// <summary>The connection is no more.</summary>
    Failed,
}

/// <summary>
/// Sends on one socket, one operation at a time. A send is first tried as it is, and nearly always that is all; only when
/// the kernel's buffer is full an operation waits for room, and only then this object's event arguments come to be.
/// Owned by its owner's turns.
/// </summary>
internal sealed class SocketSender(ITurnOwner owner) : IDisposable
{
    private SocketOperation? _waiting;

    /// <summary>The kernel still has bytes of ours to copy.</summary>
    public bool Pending => _waiting is { Pending: true };

    /// <summary>How many of them, those included that it has copied meanwhile.</summary>
    public int PendingBytes => Pending ? _waiting!.Count : 0;

    /// <summary>Of the operation that completed last: what the kernel did not take.</summary>
    public ReadOnlyMemory<byte> Untaken => _waiting!.MemoryBuffer[_waiting.BytesTransferred..];

    /// <summary>Why the last operation failed.</summary>
    public SocketError Error { get; private set; }

    /// <summary>Sends <paramref name="bytes"/>.</summary>
    /// <param name="socket">Non-blocking and connected.</param>
    /// <param name="bytes">Not empty; when pending, lent until the completion.</param>
    /// <param name="waitBytesMax">How many of what the kernel refuses are waited for at once: progress shows only when they are gone.</param>
    /// <param name="sent">Bytes that the kernel took by now.</param>
    public SendOutcome Send(Socket socket, ReadOnlyMemory<byte> bytes, int waitBytesMax, out int sent)
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
                Error = error;
                return SendOutcome.Failed;
            }

            _waiting ??= new SocketOperation(owner);
            var part = bytes[..Math.Min(bytes.Length, waitBytesMax)];
            if (!_waiting.Send(socket, part))
                return SendOutcome.Pending;

            // Room came between the two attempts.
            sent += _waiting.BytesTransferred;
            if (_waiting.SocketError != SocketError.Success)
            {
                Error = _waiting.SocketError;
                return SendOutcome.Failed;
            }

            bytes = bytes[part.Length..];
            if (bytes.IsEmpty)
                return SendOutcome.Done;
        }
    }

    /// <summary>Takes note of a completion, once.</summary>
    /// <param name="sent">Bytes of the pending operation that the kernel took, also when it failed in their midst.</param>
    /// <param name="outcome">Done or failed.</param>
    public bool TakeCompletion(out int sent, out SendOutcome outcome)
    {
        sent = 0;
        outcome = SendOutcome.Done;
        if (_waiting is null || !_waiting.TakeCompletion())
            return false;
        sent = _waiting.BytesTransferred;
        Error = _waiting.SocketError;
        if (Error != SocketError.Success)
            outcome = SendOutcome.Failed;
        return true;
    }

    /// <summary>Gives the event arguments back; nothing may be pending.</summary>
    public void Dispose() => _waiting?.Dispose();
}
