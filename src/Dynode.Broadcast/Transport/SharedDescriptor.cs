using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Dynode.Broadcast.Transport;

/// <summary>
/// Sockets that other processes hold too. Closing one of ours must leave theirs as it is, and the runtime does more than to close: it
/// ends a socket that is in use, and one with an operation pending gets a linger time of none, which whoever is accepted on it inherits.
/// </summary>
internal static partial class SharedDescriptor
{
    private const int DuplicateCloseOnExec = 1030;
    private const int SetFlags = 2;

    private static readonly Lock Numbers = new();
    private static int _least;

    /// <summary>
    /// Another descriptor of the same socket, which may be used in this process when this one is closed. An epoll set remembers a number and
    /// what it stood for, for as long as that is open anywhere (epoll(7)), and the runtime ends the process where it meets it again: so no
    /// number comes twice.
    /// </summary>
    /// <returns>False: there is none to be had.</returns>
    public static bool TryDuplicate(Socket socket, [NotNullWhen(true)] out Socket? duplicate)
    {
        int descriptor;
        lock (Numbers)
        {
            _least = Math.Max(_least, (int)socket.SafeHandle.DangerousGetHandle() + 1);
            descriptor = Control(socket.SafeHandle, DuplicateCloseOnExec, _least);
            _least = Math.Max(_least, descriptor + 1);
        }

        return IsThere(descriptor, out duplicate);
    }

    /// <summary>Another descriptor of the same socket, for another process; here nothing is received, sent or accepted on it.</summary>
    /// <returns>False: there is none to be had.</returns>
    public static bool TryDuplicateForOthers(Socket socket, [NotNullWhen(true)] out Socket? duplicate) =>
        IsThere(Control(socket.SafeHandle, DuplicateCloseOnExec, 0), out duplicate);

    private static bool IsThere(int descriptor, [NotNullWhen(true)] out Socket? duplicate)
    {
        duplicate = descriptor < 0 ? null : new Socket(new SafeSocketHandle(descriptor, ownsHandle: true));
        return duplicate is not null;
    }

    /// <summary>Closes ours of a listening socket, and nothing else.</summary>
    public static void CloseListener(Socket listener)
    {
        // What is not closed on exec the runtime takes for shared, and does not end it where a call of ours is under way. A socket whose
        // sending was shut down is closed without a linger time; to one that listens that means nothing (tcp(7): nothing is sent on it).
        _ = Control(listener.SafeHandle, SetFlags, 0);

        // One that does not listen yet would keep that mark, and whoever is accepted on it later with it.
        if (listener.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.AcceptConnection) is not 0)
            listener.Shutdown(SocketShutdown.Send);
        listener.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int Control(SafeSocketHandle socket, int operation, int argument);
}
