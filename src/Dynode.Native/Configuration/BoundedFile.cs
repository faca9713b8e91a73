using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Dynode.Native.Configuration;

/// <summary>
/// Reads what an operator points at: perhaps a directory, a device, a pipe that nobody writes to, or nothing. Bounded in bytes
/// and in time: a start that waits for ever says nothing, and a reload that does obeys no signal.
/// </summary>
internal static partial class BoundedFile
{
    /// <summary>A pipe's writer may take a moment; a file has all its bytes at once.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>O_RDONLY, O_NONBLOCK (a pipe without a writer is opened too), O_CLOEXEC; alike on x64 and arm64.</summary>
    private const int OpenFlags = 0x800 | 0x80000;

    private const short Readable = 1;

    private const int NotPermitted = 1, NotFound = 2, Interrupted = 4, Again = 11, NoAccess = 13, NotADirectory = 20, IsADirectory = 21;

    /// <summary>The whole file, or null.</summary>
    /// <param name="path">Where.</param>
    /// <param name="bytesMax">The most it may hold; no more is read even where it has no end.</param>
    /// <param name="fault">Why not, as the end of a sentence about the path.</param>
    public static byte[]? Read(string path, int bytesMax, out string? fault) => Read(path, bytesMax, Patience, out fault);

    /// <summary>The same, for as long as <paramref name="patience"/>.</summary>
    public static byte[]? Read(string path, int bytesMax, TimeSpan patience, out string? fault)
    {
        // No such name can be: the kernel would see another one.
        using SafeFileHandle? file = path.Contains('\0', StringComparison.Ordinal) ? null : Open(path, OpenFlags);
        if (file is null || file.IsInvalid)
        {
            fault = file is null ? Describe(NotFound) : Describe(Marshal.GetLastPInvokeError());
            return null;
        }

        // No length is asked for: pipes and files of /proc have none.
        long started = TimeProvider.System.GetTimestamp();
        byte[] bytes = new byte[4096];
        int count = 0;
        while (true)
        {
            TimeSpan left = patience - TimeProvider.System.GetElapsedTime(started);
            if (!IsReadable(file, left))
            {
                fault = $"did not come to its end within {patience.TotalSeconds} s";
                return null;
            }

            nint read = Read(file, ref bytes[count], bytes.Length - count);
            if (read == 0)
            {
                fault = null;
                return bytes[..count];
            }

            if (read < 0 && Marshal.GetLastPInvokeError() is not (Interrupted or Again))
            {
                fault = Describe(Marshal.GetLastPInvokeError());
                return null;
            }

            count += (int)Math.Max(0, read);
            if (count > bytesMax)
            {
                fault = $"is larger than {bytesMax} bytes";
                return null;
            }

            if (count == bytes.Length)
                Array.Resize(ref bytes, count * 2);
        }
    }

    // A file always is; at its end too.
    private static bool IsReadable(SafeFileHandle file, TimeSpan patience)
    {
        if (patience <= TimeSpan.Zero)
            return false;
        var wanted = new PollEntry { Descriptor = (int)file.DangerousGetHandle(), Events = Readable };
        int ready = Poll(ref wanted, 1, (int)Math.Ceiling(patience.TotalMilliseconds));

        // Interrupted: the read says that there is nothing, and the next turn waits for the rest.
        return ready != 0;
    }

    private static string Describe(int error) => error switch
    {
        NotFound or NotADirectory => "does not exist",
        NotPermitted or NoAccess => "must not be read by this user",
        IsADirectory => "is a directory",
        _ => $"cannot be read ({Shown.Plain(Marshal.GetPInvokeErrorMessage(error))})",
    };

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint Read(SafeFileHandle file, ref byte bytes, nint count);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(ref PollEntry entries, nuint count, int milliseconds);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollEntry
    {
        public int Descriptor;
        public short Events;
        public short Found;
    }
}
