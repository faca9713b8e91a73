using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Dynode.Native.Admin;

/// <summary>Who is at the other end of a unix socket: the kernel's word (SO_PEERCRED), which nobody can forge.</summary>
internal static partial class SocketUser
{
    /// <summary>Whom the kernel has no uid for, seen from another user namespace: it may be anybody.</summary>
    public const uint Overflow = 65534;

    private const int SolSocket = 1;
    private const int SoPeerCred = 17;

    /// <summary>This process's effective uid.</summary>
    public static uint Own => geteuid();

    /// <summary>The uid at the other end; null: the kernel does not say.</summary>
    public static uint? UidOf(Socket socket)
    {
        // struct ucred: pid, uid, gid.
        Span<byte> credentials = stackalloc byte[12];
        try
        {
            if (socket.GetRawSocketOption(SolSocket, SoPeerCred, credentials) < 12)
                return null;
        }
        catch (SocketException)
        {
            return null;
        }

        return BitConverter.IsLittleEndian
            ? BinaryPrimitives.ReadUInt32LittleEndian(credentials[4..])
            : BinaryPrimitives.ReadUInt32BigEndian(credentials[4..]);
    }

    /// <summary>Whether that user may do here what this process may: root, and who runs it.</summary>
    public static bool IsTrusted(uint? uid) => uid is { } known && known != Overflow && (known == 0 || known == Own);

    [LibraryImport("libc")]
    private static partial uint geteuid();
}
