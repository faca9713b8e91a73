using System.Net;
using System.Net.Sockets;
using Dynode.Broadcast.Plane;
using Dynode.Broadcast.Transport;

namespace Dynode.Broadcast.Listening;

/// <summary>
/// Accepts on one address. Bound first, so that a taken port is known before anything else; clients are let in later, when
/// there is somebody to send to. Where descriptors run out, accepting pauses instead of spinning on the same client.
/// </summary>
internal sealed class Listener : ITurnOwner, IThreadPoolWorkItem, IDisposable
{
    /// <summary>Accepts in one turn before others have theirs.</summary>
    private const int AcceptsPerTurnMax = 64;

    /// <summary>How long accepting pauses when the system is out of descriptors or memory.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(0.1);

    private readonly DataPlane _plane;
    private readonly Admission _admission;
    private readonly IClientDoor _door;
    private readonly Socket _socket;
    private readonly SocketOperation _accept;
    private readonly ITimer _timer;
    private readonly RateLimit _stalledLine;
    private TurnGate _gate;
    private bool _disposed;
    private bool _paused;
    private long _stalls;

    /// <summary>Binds.</summary>
    /// <exception cref="SocketException">The address cannot be had.</exception>
    public Listener(DataPlane plane, Admission admission, IClientDoor door, IPEndPoint endPoint)
        : this(plane, admission, door, Bound(endPoint, plane.Settings.ReuseAddress))
    {
    }

    /// <summary>Takes a socket that is bound, and may listen already: whoever waits there is let in first.</summary>
    public Listener(DataPlane plane, Admission admission, IClientDoor door, Socket bound)
    {
        (_plane, _admission, _door, _socket) = (plane, admission, door, bound);
        bound.Blocking = false;

        // Whoever is accepted inherits it, from whoever had the socket before.
        bound.LingerState = new LingerOption(false, 0);
        EndPoint = _socket.LocalEndPoint!;
        _accept = new SocketOperation(this);
        _stalledLine = new RateLimit(plane.Clock, TimeSpan.FromSeconds(5));
        _timer = plane.Clock.Time.CreateTimer(static state => ((Listener)state!).Resume(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Of a unix socket it has the name under which that was bound.</summary>
    public EndPoint EndPoint { get; }

    private bool IsUnix => _socket.AddressFamily == AddressFamily.Unix;

    /// <summary>Times that accepting paused.</summary>
    public long Stalls => Interlocked.Read(ref _stalls);

    /// <summary>For whoever goes on from here: another descriptor of the same socket.</summary>
    /// <param name="inThisProcess">That is this very process.</param>
    /// <exception cref="SocketException">There is none to be had.</exception>
    public Socket Duplicate(bool inThisProcess)
    {
        bool isThere = inThisProcess ? SharedDescriptor.TryDuplicate(_socket, out var duplicate) : SharedDescriptor.TryDuplicateForOthers(_socket, out duplicate);
        return isThere ? duplicate! : throw new SocketException((int)SocketError.TooManyOpenSockets);
    }

    /// <summary>Lets clients in.</summary>
    public void Open()
    {
        _socket.Listen(_plane.Settings.AcceptBacklog);
        Resume();
    }

    /// <inheritdoc/>
    public void Signal()
    {
        if (_gate.TryEnter())
            Execute();
    }

    /// <inheritdoc/>
    public void Execute()
    {
        try
        {
            RunTurns();
        }
        catch (ObjectDisposedException) when (Volatile.Read(ref _disposed))
        {
            // Closed by another thread between the look and the call: nobody is let in any more, and no turn will follow.
        }
    }

    /// <summary>No client comes in any more; who waits at the address waits for whoever else holds it.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, true))
            return;
        _timer.Dispose();
        SharedDescriptor.CloseListener(_socket);
    }

    private static Socket Bound(IPEndPoint endPoint, bool reuseAddress)
    {
        // The runtime sets SO_REUSEADDR when it binds a socket that says it is TCP, and on no other; a stream of no named
        // protocol is TCP all the same. Its own ReuseAddress option would set SO_REUSEPORT too, and two processes would share the port.
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, reuseAddress ? ProtocolType.Tcp : ProtocolType.Unspecified);
        try
        {
            if (endPoint.AddressFamily == AddressFamily.InterNetworkV6)
                socket.DualMode = false;
            socket.Bind(endPoint);
            return socket;
        }
        catch (SocketException)
        {
            socket.Dispose();
            throw;
        }
    }

    private void RunTurns()
    {
        do
        {
            if (_accept.TakeCompletion())
                Accepted();
            for (int accepts = 0; !_accept.Pending && !Volatile.Read(ref _paused) && !Volatile.Read(ref _disposed); accepts++)
            {
                if (accepts == AcceptsPerTurnMax)
                {
                    ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
                    return;
                }

                if (!_admission.Pace.MayAccept(out var wait))
                {
                    AcceptLater(wait);
                    break;
                }

                if (!_accept.Accept(_socket))
                    break;
                Accepted();
            }
        }
        while (!_gate.TryLeave());
    }

    private void AcceptLater(TimeSpan wait)
    {
        Volatile.Write(ref _paused, true);
        _timer.Change(wait, Timeout.InfiniteTimeSpan);
    }

    private void Resume()
    {
        Volatile.Write(ref _paused, false);
        if (_gate.TryEnter())
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    private void Accepted()
    {
        switch (_accept.SocketError)
        {
            case SocketError.Success:
                _admission.Pace.Accepted();
                Welcome(_accept.AcceptSocket!);
                break;
            case SocketError.ConnectionAborted or SocketError.ConnectionReset or SocketError.OperationAborted or SocketError.Interrupted:
                break;
            case var error:
                if (Volatile.Read(ref _disposed))
                    break;

                // Nearly always out of descriptors: the client waits in the kernel's queue, and somebody may be sent away for it.
                Interlocked.Increment(ref _stalls);
                _door.MakeRoom();
                if (_stalledLine.TryPass())
                    _plane.Logger.AcceptStalled(new SocketException((int)error).Message);
                AcceptLater(Pause);
                break;
        }
    }

    private void Welcome(Socket socket)
    {
        EndPoint? from;
        try
        {
            from = IsUnix ? UnixClient.Instance : socket.RemoteEndPoint;
            if (!_admission.Gate.Admits(from))
            {
                _admission.Gate.Deny(socket, from);
                return;
            }

            SocketTuning.ForAny(socket);
        }
        catch (SocketException)
        {
            // It was reset before it was looked at.
            socket.Dispose();
            return;
        }

        _door.Admit(new Arrival(socket, from));
    }
}
