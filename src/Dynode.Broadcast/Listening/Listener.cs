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
    public Listener(DataPlane plane, IClientDoor door, IPEndPoint endPoint)
    {
        _plane = plane;
        _door = door;

        // The runtime sets SO_REUSEADDR when it binds a socket that says it is TCP, and on no other; a stream of no named
        // protocol is TCP all the same. Its own ReuseAddress option would set SO_REUSEPORT too, and two processes would share the port.
        _socket = new Socket(endPoint.AddressFamily, SocketType.Stream, plane.Settings.ReuseAddress ? ProtocolType.Tcp : ProtocolType.Unspecified);
        try
        {
            if (endPoint.AddressFamily == AddressFamily.InterNetworkV6)
                _socket.DualMode = false;
            _socket.Blocking = false;
            _socket.Bind(endPoint);
        }
        catch (SocketException)
        {
            _socket.Dispose();
            throw;
        }

        EndPoint = (IPEndPoint)_socket.LocalEndPoint!;
        _accept = new SocketOperation(this);
        _stalledLine = new RateLimit(plane.Clock, TimeSpan.FromSeconds(5));
        _timer = plane.Clock.Time.CreateTimer(static state => ((Listener)state!).Resume(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public IPEndPoint EndPoint { get; }

    /// <summary>Times that accepting paused.</summary>
    public long Stalls => Interlocked.Read(ref _stalls);

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

    /// <summary>Closes the address; no client comes in any more.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, true))
            return;
        _timer.Dispose();
        _socket.Dispose();
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

                if (!_accept.Accept(_socket))
                    break;
                Accepted();
            }
        }
        while (!_gate.TryLeave());
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
                Welcome(_accept.AcceptSocket!);
                break;
            case SocketError.ConnectionAborted or SocketError.ConnectionReset or SocketError.OperationAborted or SocketError.Interrupted:
                break;
            case var error:
                if (Volatile.Read(ref _disposed))
                    break;

                // Nearly always out of descriptors: the client waits in the kernel's queue, and somebody may be sent away for it.
                Volatile.Write(ref _paused, true);
                Interlocked.Increment(ref _stalls);
                _door.MakeRoom();
                if (_stalledLine.TryPass())
                    _plane.Logger.AcceptStalled(new SocketException((int)error).Message);
                _timer.Change(Pause, Timeout.InfiniteTimeSpan);
                break;
        }
    }

    private void Welcome(Socket socket)
    {
        try
        {
            SocketTuning.ForAny(socket);
        }
        catch (SocketException)
        {
            // It was reset before it was looked at.
            socket.Dispose();
            return;
        }

        _door.Admit(socket);
    }
}
