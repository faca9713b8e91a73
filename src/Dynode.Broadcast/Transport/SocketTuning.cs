using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Dynode.Broadcast.Transport;

/// <summary>The socket options that this product lives by, and what the kernel tells of a connection.</summary>
internal static partial class SocketTuning
{
    // From the kernel's include/uapi/linux/tcp.h; the framework names none of them for this platform.
    private const int IpProtoTcp = 6;
    private const int TcpInfo = 11;
    private const int TcpUserTimeout = 18;
    private const int TcpNotSentLowAt = 25;

    /// <summary>SIOCOUTQ, of include/uapi/linux/sockios.h.</summary>
    private const ulong OutputQueue = 0x5411;

    /// <summary>Offset of tcpi_bytes_acked in struct tcp_info: eight one-byte fields, 24 of four, two of eight.</summary>
    private const int BytesAckedOffset = 120;

    /// <summary>
    /// What the kernel may hold unsent for one server, in bytes. Without it, megabytes of a server's lag hide in the
    /// kernel, where no cursor counts them and no death of the server gives them back.
    /// </summary>
    private const int NotSentBytesMax = 128 << 10;

    private const int KeepAliveIdleSeconds = 15;
    private const int KeepAliveIntervalSeconds = 5;
    private const int KeepAliveProbesMax = 3;

    /// <summary>SO_LINGER on, for no time at all: what makes close(2) send a reset.</summary>
    private static readonly LingerOption Abortive = new(true, 0);

    /// <summary>For both sides: non-blocking, no Nagle (a command must not wait for the one before), dead ends noticed. A unix socket has neither, and needs neither.</summary>
    public static void ForAny(Socket socket)
    {
        socket.Blocking = false;
        if (IsUnix(socket))
            return;
        socket.NoDelay = true;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, KeepAliveIdleSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, KeepAliveIntervalSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, KeepAliveProbesMax);
    }

    /// <summary>
    /// A socket for a connection to a server, not yet connected.
    /// </summary>
    /// <param name="family">Of the server's address.</param>
    /// <param name="unansweredMax">How long the kernel may go without an acknowledgement, or without a window, before it gives the server up.</param>
    /// <exception cref="SocketException">The system gave no socket.</exception>
    public static Socket BackendSocket(AddressFamily family, TimeSpan unansweredMax)
    {
        var socket = new Socket(family, SocketType.Stream, family == AddressFamily.Unix ? ProtocolType.Unspecified : ProtocolType.Tcp);
        try
        {
            ForAny(socket);
            if (IsUnix(socket))
                return socket;
            SetInt(socket, TcpNotSentLowAt, NotSentBytesMax);
            SetInt(socket, TcpUserTimeout, (int)Math.Min(unansweredMax.TotalMilliseconds, int.MaxValue));
        }
        catch (SocketException)
        {
            socket.Dispose();
            throw;
        }

        return socket;
    }

    /// <summary>How many of the bytes that were sent on a connection its server's kernel has not acknowledged. By a unix socket it is our own kernel, which has them all.</summary>
    /// <param name="socket">Connected by us; also one that was reset since.</param>
    /// <param name="sent">Bytes that the kernel took from us on it.</param>
    public static long Unacknowledged(Socket socket, long sent)
    {
        // The handshake's SYN counts as one acknowledged byte (RFC 4898, tcpEStatsAppHCThruOctetsAcked).
        long acknowledged = Acknowledged(socket) - 1;
        return Math.Clamp(sent - acknowledged, 0, sent);
    }

    /// <summary>Whether the kernel tells what was acknowledged on a connection made by us; where it does not, nobody knows when a reset would lose nothing. A unix socket has no reset.</summary>
    public static bool TellsAcknowledged(Socket socket) => !IsUnix(socket) && Acknowledged(socket) > 0;

    /// <summary>
    /// Bytes that the other side's kernel has acknowledged, and the SYN where the connection was made by us; 0 from a kernel that does not tell. By a unix
    /// socket it has them all: a number beyond any count, which grows as the other side reads.
    /// </summary>
    public static long Acknowledged(Socket socket)
    {
        if (IsUnix(socket))
            return long.MaxValue - Unread(socket);
        Span<byte> info = stackalloc byte[256];
        try
        {
            int length = socket.GetRawSocketOption(IpProtoTcp, TcpInfo, info);
            return length < BytesAckedOffset + sizeof(ulong) ? 0 : BinaryPrimitives.ReadInt64LittleEndian(info[BytesAckedOffset..]);
        }
        catch (SocketException)
        {
            return 0;
        }
    }

    /// <summary>The close that follows is a reset, no end that looks whole. What the other side has not acknowledged is thrown away with it.</summary>
    public static void ResetOnClose(Socket socket) => socket.LingerState = Abortive;

    /// <summary>The port of our end; 0: it has none. The framework's own way to it keeps an address for as long as the socket lives.</summary>
    public static int LocalPort(Socket socket)
    {
        // A sockaddr_in6 is the longer of the two; in both the port, in network order, comes behind two bytes of family.
        Span<byte> address = stackalloc byte[28];
        int length = address.Length;
        return GetSocketName(socket.SafeHandle, address, ref length) == 0 ? BinaryPrimitives.ReadUInt16BigEndian(address[2..]) : 0;
    }

    private static bool IsUnix(Socket socket) => socket.AddressFamily == AddressFamily.Unix;

    /// <summary>What the other side of a unix socket has not read, in bytes of the kernel's memory.</summary>
    private static int Unread(Socket socket) => !socket.SafeHandle.IsClosed && Control(socket.SafeHandle, OutputQueue, out int bytes) == 0 ? bytes : 0;

    private static void SetInt(Socket socket, int name, int value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BitConverter.TryWriteBytes(bytes, value);
        socket.SetRawSocketOption(IpProtoTcp, name, bytes);
    }

    [LibraryImport("libc", EntryPoint = "ioctl")]
    private static partial int Control(SafeSocketHandle socket, ulong request, out int value);

    [LibraryImport("libc", EntryPoint = "getsockname")]
    private static partial int GetSocketName(SafeSocketHandle socket, Span<byte> address, ref int length);
}
