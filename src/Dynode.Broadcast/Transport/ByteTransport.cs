using System.Net;
using System.Net.Sockets;

namespace Dynode.Broadcast.Transport;

/// <summary>What became of an attempt to send.</summary>
internal enum SendOutcome
{
    /// <summary>All was taken.</summary>
    Done,

    /// <summary>No more is taken now; the rest is on its way, and a completion will come.</summary>
    Pending,

    /// <summary>The connection is no more.</summary>
    Failed,
}

/// <summary>
/// What a client or a connection does to its socket: one receive and one send at a time, begun by its owner's turns, their completions
/// taken by them. What a completion does elsewhere is to leave word (<see cref="ITurnOwner"/>). A class, and a receive operation itself: an
/// idle connection costs no object more, and a turn asks for nothing through an interface.
/// </summary>
/// <param name="socket">Non-blocking.</param>
/// <param name="owner">Whose turns it is used in.</param>
internal abstract class ByteTransport(Socket socket, ITurnOwner owner) : SocketOperation(owner)
{
    /// <summary>Of the connection's addresses, and of what the kernel tells of the other side. Bytes go by the transport alone.</summary>
    public Socket Socket => socket;

    /// <summary>Somebody else can go on with the socket: it holds all that there is to the connection.</summary>
    public virtual bool CanGoOver => true;

    /// <summary>Why TLS itself has broken, for the operator; null: it has not, and the errors say all.</summary>
    public string? SecurityFault { get; protected set; }

    /// <summary>What there is no answer to as long as a connect is under way, for the operator.</summary>
    public virtual string Unanswered => "no answer to connect";

    /// <summary>A receive, or a connect, was begun and its completion not taken: its buffer is lent.</summary>
    public bool IsReceiving => Pending;

    /// <summary>Bytes that the last receive brought; 0: the other side has ended, or a receive into nothing has word that there is something.</summary>
    public abstract int ReceivedBytes { get; }

    /// <summary>Why the last receive brought nothing.</summary>
    public SocketError ReceiveError => SocketError;

    /// <summary>The other side has ended in a way that is no end of what it had to say: TLS without a close_notify. It may have been somebody between.</summary>
    public bool IsCut { get; protected set; }

    /// <summary>The last receive failed because TLS went on and carried nothing.</summary>
    public bool IsBarren { get; protected set; }

    /// <summary>A send was begun and its completion not taken: its bytes are lent.</summary>
    public bool IsSending { get; protected set; }

    /// <summary>How many of them, those included that were taken meanwhile.</summary>
    public int SendingBytes { get; protected set; }

    /// <summary>Of the send that completed last: what was not taken.</summary>
    public abstract ReadOnlyMemory<byte> Untaken { get; }

    /// <summary>Why the last send failed.</summary>
    public SocketError SendError { get; protected set; }

    /// <summary>Begins to connect to a server; its completion is a receive's. True: it completed at once.</summary>
    public abstract bool Connect(EndPoint endPoint);

    /// <summary>What has become of that, for the operator.</summary>
    /// <returns>Null: it is connected.</returns>
    public abstract string? ConnectFault();

    /// <summary>Begins to receive. True: it completed at once; false: <see cref="TakeReceive"/> will say.</summary>
    /// <param name="buffer">Lent until then. Empty: until something can be received.</param>
    public abstract bool Receive(Memory<byte> buffer);

    /// <summary>Takes note of a completion, once.</summary>
    public abstract bool TakeReceive();

    /// <summary>Sends <paramref name="bytes"/>.</summary>
    /// <param name="bytes">Not empty; when pending, lent until the completion.</param>
    /// <param name="waitBytesMax">How many of what is refused now are waited for at once: progress shows only when they are gone.</param>
    /// <param name="sent">Bytes that were taken by now.</param>
    public abstract SendOutcome Send(ReadOnlyMemory<byte> bytes, int waitBytesMax, out int sent);

    /// <summary>Takes note of a completion, once.</summary>
    /// <param name="sent">Bytes of the pending send that were taken, also when it failed in their midst.</param>
    /// <param name="outcome">Done or failed.</param>
    public bool TakeSend(out int sent, out SendOutcome outcome)
    {
        (sent, outcome) = (0, SendOutcome.Done);
        return IsSending && TryTakeSend(out sent, out outcome);
    }

    /// <summary>Our end, behind all that was sent.</summary>
    /// <exception cref="SocketException">The connection is no more.</exception>
    public abstract void ShutdownSend();

    /// <summary>What the other side's kernel acknowledges of <paramref name="sent"/> bytes that were taken from us: as many or, encrypted, more.</summary>
    public abstract long OnWire(long sent);

    /// <summary>How many of the bytes that were sent to a server its kernel has not acknowledged; where that cannot be told exactly, no fewer.</summary>
    /// <param name="sent">Bytes that were taken from us.</param>
    public abstract long Unacknowledged(long sent);

    /// <summary>Closes the socket; what is pending completes soon after. <see cref="Release"/> gives back the rest, when nothing is.</summary>
    public abstract void Close();

    /// <summary>Gives back all that it holds; nothing may be pending.</summary>
    public abstract void Release();

    /// <summary>Of a send that is under way.</summary>
    protected abstract bool TryTakeSend(out int sent, out SendOutcome outcome);
}
