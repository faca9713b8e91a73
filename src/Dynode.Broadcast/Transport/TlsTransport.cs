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
internal sealed class TlsTransport : ITransport
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
    public TlsTransport(TlsSession session, ITurnOwner owner, ServerHandshake? handshake = null)
    {
        (_session, _owner, _handshake) = (session, owner, handshake);
        (_ssl, _cipher, Socket) = (session.Ssl, session.Cipher, session.Socket);
        _wire = new SocketTransport(Socket, owner);
        if (handshake is null)
            _cipher.GoOver(_wire);
    }

    /// <inheritdoc/>
    public Socket Socket { get; }

    /// <summary>Never: the keys are in this process.</summary>
    public bool CanGoOver => false;

    /// <inheritdoc/>
    public string? SecurityFault { get; private set; }

    /// <inheritdoc/>
    public string Unanswered => _handshake is { HasBegun: true } ? "no answer to the TLS handshake: it may be that the server speaks plain" : _wire.Unanswered;

    /// <inheritdoc/>
    public bool IsReceiving { get; private set; }

    /// <inheritdoc/>
    public int ReceivedBytes { get; private set; }

    /// <inheritdoc/>
    public SocketError ReceiveError { get; private set; }

    /// <inheritdoc/>
    public bool IsCut { get; private set; }

    /// <inheritdoc/>
    public bool IsSending { get; private set; }

    /// <inheritdoc/>
    public int SendingBytes { get; private set; }

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Untaken => throw new NotSupportedException("what is encrypted cannot be sent by anybody else");

    /// <inheritdoc/>
    public SocketError SendError { get; private set; }

    /// <inheritdoc/>
    public bool Connect(IPEndPoint endPoint)
    {
        (IsReceiving, _isConnecting) = (true, true);
        return _wire.Connect(endPoint) && TryTakeConnect();
    }

    /// <inheritdoc/>
    public string? ConnectFault() => _connectFault;

    /// <inheritdoc/>
    public bool Receive(Memory<byte> buffer)
    {
        (IsReceiving, _waitsForWord) = (true, buffer.IsEmpty);
        _read = _ssl.ReadAsync(buffer);
        return TryTakeRead();
    }

    /// <inheritdoc/>
    public bool TakeReceive()
    {
        if (!_isConnecting)
            return IsReceiving && _cipher.CompleteRead() && TryTakeRead();
        return _handshake!.HasBegun ? TryTakeHandshake(_handshake) : _wire.TakeReceive() && TryTakeConnect();
    }

    /// <inheritdoc/>
    public SendOutcome Send(ReadOnlyMemory<byte> bytes, int waitBytesMax, out int sent)
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
    public bool TakeSend(out int sent, out SendOutcome outcome)
    {
        (sent, outcome) = (0, SendOutcome.Done);
        if (!IsSending || !_cipher.CompleteWrite() || !_write.IsCompleted)
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
    public void ShutdownSend()
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
    public long OnWire(long sent) => _cipher.WrittenBytes;

    /// <inheritdoc/>
    public long Unacknowledged(long sent) => Math.Min(sent, SocketTuning.Unacknowledged(Socket, _cipher.WrittenBytes));

    /// <inheritdoc/>
    public void Close()
    {
        _isClosed = true;
        if (_isConnecting)
            _handshake!.Close();
        _wire.Close();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _ssl.Dispose();
        _handshake?.Dispose();
        ((IDisposable)_wire).Dispose();
    }

    /// <summary>TCP is connected, or will not be. True: nothing follows that.</summary>
    private bool TryTakeConnect()
    {
        if (!_isClosed && (_connectFault = _wire.ConnectFault()) is null)
        {
            _handshake!.Begin(_session, _owner);
            return false;
        }

        (IsReceiving, _isConnecting) = (false, false);
        return true;
    }

    private bool TryTakeHandshake(ServerHandshake handshake)
    {
        if (!handshake.IsOver)
            return false;
        (IsReceiving, _isConnecting, _connectFault) = (false, false, handshake.Fault);
        _cipher.GoOver(_wire);
        return true;
    }

    /// <summary>True: the read has ended, in one way or other.</summary>
    private bool TryTakeRead()
    {
        if (!_read.IsCompleted)
            return false;
        IsReceiving = false;
        (ReceivedBytes, ReceiveError) = (0, SocketError.Success);
        try
        {
            ReceivedBytes = _read.GetAwaiter().GetResult();
        }
        catch (Exception e) when (IsBroken(e))
        {
            ReceiveError = ErrorOf(e);
        }

        _hasHeard |= ReceivedBytes > 0;
        IsCut = ReceivedBytes == 0 && !_waitsForWord && _cipher.SawEnd;
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
        SecurityFault = ServerTlsFault.Of(e);
        return SocketError.ConnectionAborted;
    }
}
