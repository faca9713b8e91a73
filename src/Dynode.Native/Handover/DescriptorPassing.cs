using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Dynode.Native.Handover;

/// <summary>
/// Bytes over a unix socket, and with them a descriptor (SCM_RIGHTS, unix(7)), which the framework does not send. Each call waits for the
/// kernel within bounds, whether the socket blocks or not.
/// </summary>
internal static partial class DescriptorPassing
{
    private const int SolSocket = 1, ScmRights = 1;
    private const int DontWait = 0x40, NoSignal = 0x4000, CloseOnExec = 0x40000000;
    private const short Readable = 1, Writable = 4;
    private const int DuplicateCloseOnExec = 1030;
    private const int Interrupted = 4, Again = 11;

    /// <summary>Sends all of it, and with its first byte the descriptor.</summary>
    /// <returns>False: the other side takes no more, or took nothing for so long.</returns>
    public static unsafe bool TrySend(Socket socket, ReadOnlySpan<byte> bytes, SafeHandle? descriptor, TimeSpan patience)
    {
        while (!bytes.IsEmpty)
        {
            if (!Wait(socket, Writable, patience))
                return false;
            nint sent;
            fixed (byte* start = bytes)
            {
                var part = new Vector { Base = start, Length = bytes.Length };
                var message = new Header { Vectors = &part, VectorCount = 1 };
                var control = new ControlPart { Length = ControlLength, Level = SolSocket, Type = ScmRights };
                bool isHeld = false;
                try
                {
                    if (descriptor is not null)
                    {
                        descriptor.DangerousAddRef(ref isHeld);
                        control.Descriptor = (int)descriptor.DangerousGetHandle();
                        message.Control = &control;
                        message.ControlLength = sizeof(ControlPart);
                    }

                    sent = SendMessage(socket.SafeHandle, &message, DontWait | NoSignal);
                }
                finally
                {
                    if (isHeld)
                        descriptor!.DangerousRelease();
                }
            }

            if (sent < 0 && Marshal.GetLastPInvokeError() is not (Interrupted or Again))
                return false;
            if (sent <= 0)
                continue;
            bytes = bytes[(int)sent..];
            descriptor = null;
        }

        return true;
    }

    /// <summary>Receives so many bytes, and the descriptor that came with one of them.</summary>
    /// <param name="socket">Connected.</param>
    /// <param name="room">All of it is filled.</param>
    /// <param name="descriptor">Null: there was none.</param>
    /// <param name="patience">How long each part may take to come.</param>
    /// <param name="hasEnded">Nothing more will come.</param>
    /// <returns>False: the other side has ended, or was silent for so long.</returns>
    public static unsafe bool TryReceive(Socket socket, Span<byte> room, ref SafeFileHandle? descriptor, TimeSpan patience, out bool hasEnded)
    {
        hasEnded = false;
        while (!room.IsEmpty)
        {
            if (!Wait(socket, Readable, patience))
                return false;
            nint count;
            fixed (byte* start = room)
            {
                var part = new Vector { Base = start, Length = room.Length };
                ControlPart control = default;
                var message = new Header { Vectors = &part, VectorCount = 1, Control = &control, ControlLength = ControlLength };
                count = ReceiveMessage(socket.SafeHandle, &message, DontWait | CloseOnExec);
                if (count > 0 && message.ControlLength >= ControlLength && control is { Level: SolSocket, Type: ScmRights })
                {
                    descriptor?.Dispose();
                    descriptor = new SafeFileHandle(control.Descriptor, ownsHandle: true);
                }
            }

            if (count == 0 || (count < 0 && Marshal.GetLastPInvokeError() is not (Interrupted or Again)))
            {
                hasEnded = true;
                return false;
            }

            if (count > 0)
                room = room[(int)count..];
        }

        return true;
    }

    /// <summary>Whether there is something to be read within that time; the end is something.</summary>
    public static bool AwaitBytes(Socket socket, TimeSpan patience) => Wait(socket, Readable, patience);

    /// <summary>CMSG_LEN of one descriptor: a header is a multiple of a word long, on every platform.</summary>
    private static unsafe nint ControlLength => sizeof(nint) + (3 * sizeof(int));

    // The runtime interrupts system calls by signals of its own.
    private static unsafe bool Wait(Socket socket, short events, TimeSpan patience)
    {
        long began = Stopwatch.GetTimestamp();
        var entry = new Polled { Descriptor = (int)socket.Handle, Events = events };
        while (true)
        {
            TimeSpan left = patience - Stopwatch.GetElapsedTime(began);
            int count = Poll(&entry, 1, (int)Math.Ceiling(Math.Max(0, left.TotalMilliseconds)));
            if (count >= 0 || Marshal.GetLastPInvokeError() != Interrupted)
                return count > 0;
        }
    }

    /// <summary>Another descriptor of the same file.</summary>
    /// <exception cref="SocketException">There is none to be had.</exception>
    public static SafeFileHandle Duplicate(SafeFileHandle file)
    {
        int descriptor = Control(file, DuplicateCloseOnExec, 0);
        return descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true) : throw new SocketException((int)SocketError.TooManyOpenSockets);
    }

    [StructLayout(LayoutKind.Sequential)]
    private unsafe struct Vector
    {
        public void* Base;
        public nint Length;
    }

    /// <summary>struct msghdr.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private unsafe struct Header
    {
        public void* Name;
        public int NameLength;
        public Vector* Vectors;
        public nint VectorCount;
        public void* Control;
        public nint ControlLength;
        public int Flags;
    }

    /// <summary>struct cmsghdr, and the one descriptor behind it.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct ControlPart
    {
        public nint Length;
        public int Level;
        public int Type;
        public int Descriptor;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Polled
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }

    [LibraryImport("libc", EntryPoint = "sendmsg", SetLastError = true)]
    private static unsafe partial nint SendMessage(SafeSocketHandle socket, Header* message, int flags);

    [LibraryImport("libc", EntryPoint = "recvmsg", SetLastError = true)]
    private static unsafe partial nint ReceiveMessage(SafeSocketHandle socket, Header* message, int flags);

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int Control(SafeFileHandle file, int operation, int argument);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static unsafe partial int Poll(Polled* entries, nint count, int milliseconds);
}
