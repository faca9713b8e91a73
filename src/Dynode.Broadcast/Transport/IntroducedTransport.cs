using System.Net.Sockets;

namespace Dynode.Broadcast.Transport;

/// <summary>TCP to a server that is told first, before all else, whose connection it is. Those bytes are nobody's: neither counted as sent nor owed.</summary>
/// <param name="socket">Non-blocking.</param>
/// <param name="owner">Whose turns it is used in.</param>
/// <param name="introduction">What the server is told: short, and not empty.</param>
internal sealed class IntroducedTransport(Socket socket, ITurnOwner owner, ReadOnlyMemory<byte> introduction) : SocketTransport(socket, owner)
{
    /// <summary>As of any; where it is connected the server is told, for the kernel has room for so little on a new connection.</summary>
    public override string? ConnectFault()
    {
        if (base.ConnectFault() is { } fault)
            return fault;
        int taken = Socket.Send(introduction.Span, SocketFlags.None, out var error);
        return taken == introduction.Length ? null
            : error is SocketError.Success or SocketError.WouldBlock ? "takes no PROXY header"
            : SocketErrors.Describe(error);
    }

    /// <inheritdoc/>
    public override long OnWire(long sent) => sent + introduction.Length;

    /// <inheritdoc/>
    public override long Unacknowledged(long sent) => Math.Min(sent, base.Unacknowledged(OnWire(sent)));
}
