using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace Dynode.Broadcast.Transport;

/// <summary>
/// TLS over TCP, from the end of its handshake on. Records are decrypted and encrypted in its owner's turns; what waits is the wire alone. One record
/// of at most 16 KiB is written at a time, and while the kernel has not taken all of it, no other is encrypted.
/// </summary>
[SuppressMessage("Reliability", "CA2012", Justification = "Kept until the wire has what it waits for, and taken once, in the turn that sees it completed.")]
internal sealed class TlsTransport : ByteTransport
{
    /// <summary>The longest plain text of one record (RFC 8446, 5.1).</summary>
    private const int RecordBytesMax = 16 << 10;

    private readonly SslStream _ssl;
    private readonly CipherStream _cipher;
    private readonly SocketTransport _wire;
    private ValueTask<int> _read;
    private ValueTask _write;
    private int _receivedBytes;
    private bool _waitsForWord;
    private bool _ends;

    /// <summary>Goes on with a session in which nothing has been sent or received yet.</summary>
    /// <param name="session">It belongs to this from now on.</param>
    /// <param name="owner">Whose turns it is used in.</param>
    public TlsTransport(TlsSession session, ITurnOwner owner)
        : base(session.Socket, owner)
    {
        (_ssl, _cipher) = (session.Ssl, session.Cipher);
        _wire = new SocketTransport(Socket, owner);
        _cipher.GoOver(_wire);
    }

    /// <inheritdoc/>
    public override int ReceivedBytes => _receivedBytes;

    /// <inheritdoc/>
    public override ReadOnlyMemory<byte> Untaken => throw new NotSupportedException("what is encrypted cannot be sent by anybody else");

    /// <inheritdoc/>
    public override bool Connect(IPEndPoint endPoint) => throw new NotSupportedException("it is connected");

    /// <inheritdoc/>
    public override string? ConnectFault() => throw new NotSupportedException("it is connected");

    /// <inheritdoc/>
    public override bool Receive(Memory<byte> buffer)
    {
        (Pending, _waitsForWord) = (true, buffer.IsEmpty);
        _read = _ssl.ReadAsync(buffer);
        return TryTakeRead();
    }

    /// <inheritdoc/>
    public override bool TakeReceive() => Pending && _cipher.CompleteRead() && TryTakeRead();

    /// <inheritdoc/>
    public override SendOutcome Send(ReadOnlyMemory<byte> bytes, int waitBytesMax, out int sent)
    {
        sent = 0;
        while (true)
        {
            int count = Math.Min(bytes.Length, RecordBytesMax);
            _write = _ssl.WriteAsync(bytes[..count]);
            if (!_write.IsCompleted)
            {
                (IsSending, SendingBytes) = (true, count);
                return SendOutcome.Pending;
            }

            if (!TryTakeWrite())
                return SendOutcome.Failed;
            sent += count;
            bytes = bytes[count..];
            if (bytes.IsEmpty)
                return SendOutcome.Done;
        }
    }

    /// <inheritdoc/>
    protected override bool TryTakeSend(out int sent, out SendOutcome outcome)
    {
        (sent, outcome) = (0, SendOutcome.Done);
        if (!_cipher.CompleteWrite() || !_write.IsCompleted)
            return false;
        int count = SendingBytes;
        (IsSending, SendingBytes) = (false, 0);
        if (!TryTakeWrite())
            outcome = SendOutcome.Failed;
        else
            sent = count;
        if (_ends && outcome == SendOutcome.Done && !TryEnd())
            outcome = SendOutcome.Failed;
        return true;
    }

    /// <inheritdoc/>
    public override void ShutdownSend()
    {
        // In the midst of a record there can be no close_notify: what is cut is to look cut.
        if (!IsSending)
        {
            _write = new ValueTask(_ssl.ShutdownAsync());
            if (!_write.IsCompleted)
            {
                (IsSending, _ends) = (true, true);
                return;
            }

            if (!TryTakeWrite())
                throw new SocketException((int)SendError);
        }

        Socket.Shutdown(SocketShutdown.Send);
    }

    /// <inheritdoc/>
    public override long OnWire(long sent) => _cipher.WrittenBytes;

    /// <inheritdoc/>
    public override long Unacknowledged(long sent) => Math.Min(sent, SocketTuning.Unacknowledged(Socket, _cipher.WrittenBytes));

    /// <inheritdoc/>
    public override void Close() => _wire.Close();

    /// <inheritdoc/>
    public override void Release()
    {
        _ssl.Dispose();
        _wire.Release();
        Dispose();
    }

    /// <summary>True: the read has ended, in one way or other.</summary>
    private bool TryTakeRead()
    {
        if (!_read.IsCompleted)
            return false;
        Pending = false;
        (_receivedBytes, SocketError) = (0, SocketError.Success);
        try
        {
            _receivedBytes = _read.GetAwaiter().GetResult();
        }
        catch (Exception e) when (IsBroken(e))
        {
            SocketError = ErrorOf(e);
        }

        IsCut = _receivedBytes == 0 && !_waitsForWord && _cipher.SawEnd;
        return true;
    }

    /// <summary>False: the write has failed.</summary>
    private bool TryTakeWrite()
    {
        try
        {
            _write.GetAwaiter().GetResult();
            return true;
        }
        catch (Exception e) when (IsBroken(e))
        {
            SendError = ErrorOf(e);
            return false;
        }
    }

    private bool TryEnd()
    {
        try
        {
            Socket.Shutdown(SocketShutdown.Send);
            return true;
        }
        catch (SocketException e)
        {
            SendError = e.SocketErrorCode;
            return false;
        }
    }

    /// <summary>The wire, a record that is none of this session's, or a socket that was closed meanwhile: this session is over. Anything else is a fault of this program.</summary>
    private static bool IsBroken(Exception e) => e is IOException or AuthenticationException or ObjectDisposedException;

    private SocketError ErrorOf(Exception e) =>
        _cipher.Error != SocketError.Success ? _cipher.Error : e is ObjectDisposedException ? SocketError.OperationAborted : SocketError.ConnectionAborted;
}
