using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Dynode.Native.Sockets;

/// <summary>Who is at the other end of a unix socket: the kernel's word (SO_PEERCRED, unix(7)), which nobody can forge.</summary>
/// <param name="Pid">The process: who connected, or who listened first where the socket was handed over since.</param>
/// <param name="Uid">Its user.</param>
internal readonly partial record struct SocketUser(int Pid, uint Uid)
{
    /// <summary>Whom the kernel has no uid for, seen from another user namespace, unless it was told another: it may be anybody.</summary>
    public const uint UsualOverflow = 65534;

    private const int SolSocket = 1;
    private const int SoPeerCred = 17;

    /// <summary>This process's effective uid.</summary>
    public static uint Own => geteuid();

    /// <summary>The user that stands for all who have no number here; the kernel's /proc/sys/kernel/overflowuid.</summary>
    public static uint Overflow { get; } = ReadOverflow();

    /// <summary>Who it is; null: the kernel does not say.</summary>
    public static SocketUser? Of(Socket socket)
    {
        // struct ucred: pid, uid, gid.
        Span<int> credentials = stackalloc int[3];
        try
        {
            if (socket.GetRawSocketOption(SolSocket, SoPeerCred, MemoryMarshal.AsBytes(credentials)) < 12)
                return null;
        }
        catch (SocketException)
        {
            return null;
        }

        return new(credentials[0], (uint)credentials[1]);
    }

    /// <summary>Whether that user may do here what this process may: root, and who runs it.</summary>
    public static bool IsTrusted(uint? uid) => uid is { } known && known != Overflow && known != UsualOverflow && (known == 0 || known == Own);

    private static uint ReadOverflow()
    {
        try
        {
            return uint.TryParse(File.ReadAllText("/proc/sys/kernel/overflowuid"), out uint told) ? told : UsualOverflow;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return UsualOverflow;
        }
    }

    [LibraryImport("libc")]
    private static partial uint geteuid();
}
