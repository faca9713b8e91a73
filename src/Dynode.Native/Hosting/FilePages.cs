using System.Buffers.Text;
using System.Runtime.InteropServices;

namespace Dynode.Native.Hosting;

/// <summary>
/// Gives back the pages of the binary and its libraries that only the start needed (the command line, the configuration, the
/// runtime's own beginnings), or a collection. The kernel maps code in runs of 64 KiB around each page that is touched, so nearly all of it
/// counts as resident then, though little of it is used again. What is still needed comes back from the page
/// cache by a minor fault, once. It allocates nothing: it would otherwise cost what it gives.
/// </summary>
internal static partial class FilePages
{
    private const string Maps = "/proc/self/smaps";

    /// <summary>MADV_DONTNEED of Linux: for a clean page of a file it only undoes the mapping.</summary>
    private const int DontNeed = 4;

    /// <summary>Longer than any line: addresses, flags, and a path of PATH_MAX at most.</summary>
    private const int LineBytesMax = 8 << 10;

    /// <summary>Does nothing where there is no /proc.</summary>
    public static void GiveBack()
    {
        if (!OperatingSystem.IsLinux())
            return;
        try
        {
            using var maps = File.OpenHandle(Maps);
            GiveBack(maps);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A machine that hides it costs us a few resident megabytes, no more.
        }
    }

    private static void GiveBack(Microsoft.Win32.SafeHandles.SafeFileHandle maps)
    {
        Span<byte> buffer = stackalloc byte[2 * LineBytesMax];
        var scan = default(Scan);
        int held = 0;
        long offset = 0;
        int read;
        while ((read = RandomAccess.Read(maps, buffer[held..], offset)) > 0)
        {
            offset += read;
            held += read;
            int begin = 0;
            int length;
            while ((length = buffer[begin..held].IndexOf((byte)'\n')) >= 0)
            {
                // Advice that is refused is no loss.
                if (scan.TryTake(buffer.Slice(begin, length), out var range))
                    _ = Advise(range.Start, range.End - range.Start, DontNeed);
                begin += length + 1;
            }

            buffer[begin..held].CopyTo(buffer);
            held -= begin;
            if (held > LineBytesMax)
                return;
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nuint address, nuint length, int advice);

    /// <summary>Finds in the lines of smaps the mappings that may go: of a file, not writable, and without a page of our own in them (relocated data has some, and would be lost).</summary>
    internal struct Scan
    {
        private (nuint Start, nuint End) _candidate;

        /// <summary>One line, without its end. True: it completes a mapping that may go.</summary>
        public bool TryTake(ReadOnlySpan<byte> line, out (nuint Start, nuint End) range)
        {
            if (TryHeader(line, out bool mayGo, out var mapping))
                _candidate = mayGo ? mapping : default;
            range = _candidate;
            bool clean = _candidate.End != 0 && line.StartsWith("Anonymous:"u8) && line.EndsWith(" 0 kB"u8);
            if (clean)
                _candidate = default;
            return clean;
        }

        // "55ba8deea000-55ba8e349000 r-xp 0000d000 fe:00 5318236    /usr/bin/dynode"
        private static bool TryHeader(ReadOnlySpan<byte> line, out bool mayGo, out (nuint Start, nuint End) mapping)
        {
            mayGo = false;
            mapping = default;
            if (!TryHex(ref line, (byte)'-', out ulong start) || !TryHex(ref line, (byte)' ', out ulong end) || line.Length < 4)
                return false;
            mapping = ((nuint)start, (nuint)end);
            mayGo = line[1] == '-' && line[3] == 'p' && line.Contains((byte)'/');
            return true;
        }

        private static bool TryHex(ref ReadOnlySpan<byte> line, byte end, out ulong value)
        {
            if (!Utf8Parser.TryParse(line, out value, out int length, 'x') || length >= line.Length || line[length] != end)
                return false;
            line = line[(length + 1)..];
            return true;
        }
    }
}
