using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Dynode.Broadcast.Transport;

/// <summary>Whoever runs turns when one of its operations has completed.</summary>
internal interface ITurnOwner
{
    /// <summary>An operation completed; called on the runtime's event thread, which may run the turn at once.</summary>
    void Signal();
}

/// <summary>
/// One socket operation at a time, its event arguments used again and again: begun by its owner's turns, and its completion
/// taken by them. In between belongs to the kernel; <see cref="OnCompleted"/> only leaves word.
/// </summary>
internal class SocketOperation(ITurnOwner owner) : SocketAsyncEventArgs(true)
{
    private bool _completed;

    /// <summary>Begun, and its completion not taken: its buffer is lent.</summary>
    public bool Pending { get; protected set; }

    /// <summary>Whose turns these are.</summary>
    protected ITurnOwner Owner => owner;

    /// <summary>Begins to receive. True: it completed at once; false: <see cref="TakeCompletion"/> will say.</summary>
    public bool Receive(Socket socket, Memory<byte> buffer)
    {
        SetBuffer(buffer);
        return Begun(socket.ReceiveAsync(this));
    }

    /// <summary>Begins to send all of <paramref name="bytes"/>. True: it completed at once.</summary>
    public bool Send(Socket socket, ReadOnlyMemory<byte> bytes)
    {
        // They are only read; the event arguments know but one kind of memory.
        SetBuffer(MemoryMarshal.AsMemory(bytes));
        return Begun(socket.SendAsync(this));
    }

    /// <summary>Begins to connect. True: it completed at once.</summary>
    public bool Connect(Socket socket, EndPoint endPoint)
    {
        RemoteEndPoint = endPoint;
        return Begun(socket.ConnectAsync(this));
    }

    /// <summary>Begins to accept. True: it completed at once, and <see cref="SocketAsyncEventArgs.AcceptSocket"/> is there.</summary>
    public bool Accept(Socket listener)
    {
        AcceptSocket = null;
        return Begun(listener.AcceptAsync(this));
    }

    /// <summary>Takes note of a completion, once.</summary>
    public bool TakeCompletion()
    {
        if (!Volatile.Read(ref _completed))
            return false;
        _completed = false;
        Pending = false;
        return true;
    }

    /// <inheritdoc/>
    protected override void OnCompleted(SocketAsyncEventArgs e)
    {
        Volatile.Write(ref _completed, true);
        owner.Signal();
    }

    private bool Begun(bool pending)
    {
        Pending = pending;
        return !pending;
    }
}
