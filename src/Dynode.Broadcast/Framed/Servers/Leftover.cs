using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Framed.Sequence;
using Dynode.Broadcast.Plane;
using Dynode.Broadcast.Transport;

namespace Dynode.Broadcast.Framed.Servers;

/// <summary>
/// A connection that the broadcaster before this one could not bring to its end. What its kernel has taken may still be carried out, so it comes
/// before all that this one sends: the request in whose midst it stands is made whole, then our FIN, and it is read, and what it says thrown
/// away, until the server's.
/// <code>
///   rest to send ──▶ our FIN ──its FIN, an error, or linger_timeout──▶ over: the next connection may be made
/// </code>
/// In turns only, but for <see cref="Signal"/>.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "It ends by becoming quiet, in a turn, and disposes of its parts then: not when somebody says so.")]
internal sealed class Leftover : ISequenced, ITurnOwner
{
    /// <summary>More of a request than this does not go over: its connection is reset, and what its server has done of it is not known.</summary>
    public const int RestBytesMax = 64 << 10;

    private readonly Carrier _carrier;
    private readonly ServerParts _parts;
    private readonly Socket _socket;
    private readonly SocketTransport _transport;
    private readonly long _endsBy;
    private ReadyLink<ISequenced> _link;
    private ReadOnlyMemory<byte> _rest;
    private bool _hasEnded;
    private bool _isClosed;
    private Socket? _duplicate;

    public Leftover(Carrier carrier, ServerParts parts, HandedConnection handed, long now)
    {
        (_carrier, _parts, _socket, _rest) = (carrier, parts, handed.Socket, handed.Rest);
        _transport = new SocketTransport(_socket, this);
        _endsBy = now + parts.Plane.Settings.LingerTimeout.Ticks;
        _socket.Blocking = false;
        _socket.LingerState = new LingerOption(false, 0);
        Signal();
    }

    /// <inheritdoc/>
    public ref ReadyLink<ISequenced> Link => ref _link;

    /// <inheritdoc/>
    public void Signal() => _parts.Turns.Signal(this);

    /// <inheritdoc/>
    public void Step(long now)
    {
        if (_transport.TakeSend(out int sent, out var outcome))
            Sent(sent, outcome);
        if (!_isClosed && !_transport.IsSending && !_hasEnded)
            SendOn();
        if (_transport.TakeReceive())
            Received();
        while (!_isClosed && !_transport.IsReceiving && _transport.Receive(DataPlane.Scratch))
            Received();
        if (_isClosed && !_transport.IsReceiving && !_transport.IsSending)
        {
            _transport.Release();
            _carrier.LeftoverEnded(_duplicate is null ? null : new HandedConnection(_duplicate, _rest));
        }
    }

    /// <inheritdoc/>
    public void Fail() => Close(isWhole: false);

    /// <summary>What time has decided.</summary>
    public void Tick(long now)
    {
        if (now >= _endsBy)
            Close(isWhole: false);
    }

    /// <summary>It goes over as it is, to whoever goes on from here.</summary>
    public void Detach()
    {
        if (!_isClosed && SharedDescriptor.TryDuplicate(_socket, out _duplicate))
            Close(isWhole: true);
        else
            Close(isWhole: false);
    }

    /// <summary>Nobody waits for it any more.</summary>
    /// <param name="isWhole">The server has read all of it.</param>
    public void Close(bool isWhole)
    {
        if (_isClosed)
            return;
        _isClosed = true;

        // Half a request must not look like a whole one.
        if (!_rest.IsEmpty && _duplicate is null)
            SocketTuning.ResetOnClose(_socket);
        _transport.Close();
        if (!isWhole)
            _carrier.LeftoverLost();
        Signal();
    }

    private void SendOn()
    {
        while (!_rest.IsEmpty && !_isClosed)
        {
            var outcome = _transport.Send(_rest, int.MaxValue, out int sent);
            Sent(sent, outcome);
            if (outcome == SendOutcome.Pending)
                return;
        }

        if (_isClosed)
            return;
        _hasEnded = true;
        try
        {
            _transport.ShutdownSend();
        }
        catch (SocketException)
        {
            Close(isWhole: false);
        }
    }

    private void Sent(int sent, SendOutcome outcome)
    {
        _rest = _rest[sent..];
        if (outcome == SendOutcome.Failed)
            Close(isWhole: false);
    }

    private void Received()
    {
        if (_isClosed || (_transport.ReceiveError == SocketError.Success && _transport.ReceivedBytes > 0))
            return;
        Close(isWhole: _hasEnded && _transport.ReceiveError == SocketError.Success);
    }
}
