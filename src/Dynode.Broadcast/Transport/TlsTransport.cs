using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace Dynode.Broadcast.Transport;

/// <summary>
/// TLS over TCP: of a client from the end of its handshake on, to a server from the connect on. Records are decrypted and encrypted in its owner's turns; what waits is the wire alone. One record
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
    private readonly TlsSession _session;
    private readonly ITurnOwner _owner;
    private readonly ServerHandshake? _handshake;
    private ValueTask<int> _read;
    private ValueTask _write;
    private int _receivedBytes;
    private bool _waitsForWord;
    private bool _hasHeard;
    private bool _ends;
    private bool _hasEnded;
    private bool _isConnecting;
    private bool _isClosed;
    private string? _connectFault;

    /// <summary>Goes on with a session in which nothing has been sent or received yet.</summary>
    /// <param name="session">It belongs to this from now on.</param>
    /// <param name="owner">Whose turns it is used in.</param>
    /// <param name="handshake">With a server that is to be connected to; belongs to this, too. Null: hands have been shaken.</param>
    /// <param name="introduction">What a server is told before that; empty: nothing.</param>
    public TlsTransport(TlsSession session, ITurnOwner owner, ServerHandshake? handshake = null, ReadOnlyMemory<byte> introduction = default)
        : base(session.Socket, owner)
    {
        (_session, _owner, _handshake) = (session, owner, handshake);
        (_ssl, _cipher) = (session.Ssl, session.Cipher);
        _wire = introduction.IsEmpty ? new SocketTransport(Socket, owner) : new IntroducedTransport(Socket, owner, introduction);
        if (handshake is null)
            _cipher.GoOver(_wire);
    }

    /// <inheritdoc/>
    public override int ReceivedBytes => _receivedBytes;

    /// <summary>Never: the keys are in this process.</summary>
    public override bool CanGoOver => false;

    /// <inheritdoc/>
    public override string Unanswered => _handshake is { HasBegun: true } ? "no answer to the TLS handshake: it may be that the server speaks plain" : _wire.Unanswered;

    /// <inheritdoc/>
    public override ReadOnlyMemory<byte> Untaken => throw new NotSupportedException("what is encrypted cannot be sent by anybody else");

    /// <inheritdoc/>
    public override bool Connect(EndPoint endPoint)
    {
        (Pending, _isConnecting) = (true, true);
        return _wire.Connect(endPoint) && TryTakeConnect();
    }

    /// <inheritdoc/>
    public override string? ConnectFault() => _connectFault;

    /// <inheritdoc/>
    public override bool Receive(Memory<byte> buffer)
    {
        (Pending, _waitsForWord) = (true, buffer.IsEmpty);
        _read = _ssl.ReadAsync(buffer);
        return TryTakeRead();
    }

    /// <inheritdoc/>
    public override bool TakeReceive()
    {
        if (!_isConnecting)
            return Pending && _cipher.CompleteRead() && TryTakeRead();
        return _handshake!.HasBegun ? TryTakeHandshake(_handshake) : _wire.TakeReceive() && TryTakeConnect();
    }

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
        if (_hasEnded)
            return;
        _hasEnded = true;

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
    public override long OnWire(long sent) => _wire.OnWire(_cipher.WrittenBytes);

    /// <inheritdoc/>
    public override long Unacknowledged(long sent) => Math.Min(sent, _wire.Unacknowledged(_cipher.WrittenBytes));

    /// <inheritdoc/>
    public override void Close()
    {
        _isClosed = true;
        if (_isConnecting)
            _handshake!.Close();
        _wire.Close();
    }

    /// <inheritdoc/>
    public override void Release()
    {
        _ssl.Dispose();
        _handshake?.Dispose();
        _wire.Release();
        Dispose();
    }

    /// <summary>TCP is connected, or will not be. True: nothing follows that.</summary>
    private bool TryTakeConnect()
    {
        if (!_isClosed && (_connectFault = _wire.ConnectFault()) is null)
        {
            _handshake!.Begin(_session, _owner);
            return false;
        }

        (Pending, _isConnecting) = (false, false);
        return true;
    }

    private bool TryTakeHandshake(ServerHandshake handshake)
    {
        if (!handshake.IsOver)
            return false;
        (Pending, _isConnecting, _connectFault) = (false, false, handshake.Fault);
        _cipher.GoOver(_wire);
        return true;
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
            _cipher.Yielded();
        }
        catch (Exception e) when (IsBroken(e))
        {
            SocketError = ErrorOf(e);
        }

        _hasHeard |= _receivedBytes > 0;
        IsCut = _receivedBytes == 0 && (!_waitsForWord || SocketError != SocketError.Success) && _cipher.SawEnd;
        if (IsCut)
            SecurityFault = _hasHeard ? ServerTlsFault.Cut : ServerTlsFault.CutAtOnce;
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

    private SocketError ErrorOf(Exception e)
    {
        if (_cipher.Error == SocketError.ConnectionReset && !_hasHeard)
            SecurityFault = ServerTlsFault.ResetAtOnce;
        if (_cipher.Error != SocketError.Success || e is ObjectDisposedException)
            return _cipher.Error != SocketError.Success ? _cipher.Error : SocketError.OperationAborted;
        IsBarren = _cipher.IsBarren;
        SecurityFault = ServerTlsFault.Of(e);
        return SocketError.ConnectionAborted;
    }
}
