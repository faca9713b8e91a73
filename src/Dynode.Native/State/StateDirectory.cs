using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Dynode.Native.State;

/// <summary>
/// A directory that one broadcaster keeps its state in: <c>servers.json</c>, and a file that is locked as long as the broadcaster lives.
/// The lock is flock(2)'s and belongs to the open file: a successor who is handed <see cref="Lock"/> as a descriptor has it from then on,
/// whatever becomes of ours, for it is closed and never unlocked. One thread at a time reads and writes.
/// </summary>
internal sealed partial class StateDirectory : IDisposable
{
    public const string FileName = "servers.json";
    public const string LockName = "dynode.lock";

    private const int ReadOnly = 0, WriteOnly = 1, ReadWrite = 2, Create = 0x40, Truncate = 0x200, NonBlocking = 0x800, CloseOnExec = 0x80000;
    private const int LockExclusive = 2, LockAtOnce = 4;
    private const int MayRead = 4, MayWrite = 2, MaySearch = 1;
    private const int OfOwner = 0x180;
    private const int NotFound = 2, Interrupted = 4, Again = 11;

    private StateDirectory(string path, SafeFileHandle @lock) => (Path, Lock) = (path, @lock);

    public string Path { get; }

    /// <summary>Open as long as this is; may be handed over.</summary>
    public SafeFileHandle Lock { get; }

    public string FilePath => System.IO.Path.Combine(Path, FileName);

    /// <summary>Why state cannot be kept there, as the end of a sentence about the path; null: it can. Changes nothing.</summary>
    public static string? Fault(string path)
    {
        if (!Directory.Exists(path))
            return File.Exists(path) ? "is no directory" : "does not exist, or is not to be seen by this user (it is not made: a wrong path, or a volume that is not mounted, should not pass)";
        return Access(path, MayRead | MayWrite | MaySearch) == 0 ? null : $"cannot be written to ({Error()})";
    }

    /// <summary>Takes it for this process; null: there is a fault.</summary>
    /// <param name="path">It is there.</param>
    /// <param name="fault">Why not, as the end of a sentence about the path.</param>
    /// <param name="isTaken">Another broadcaster has it.</param>
    public static StateDirectory? Open(string path, out string? fault, out bool isTaken)
    {
        isTaken = false;
        fault = Fault(path);
        if (fault is not null)
            return null;
        var file = OpenFile(System.IO.Path.Combine(path, LockName), ReadWrite | Create | CloseOnExec, OfOwner);
        if (file.IsInvalid)
        {
            fault = $"cannot be written to ({LockName}: {Error()})";
        }
        else if (LockFile(file, LockExclusive | LockAtOnce) == 0)
        {
            return new StateDirectory(path, file);
        }
        else
        {
            isTaken = Marshal.GetLastPInvokeError() == Again;
            fault = isTaken ? "is another broadcaster's, which runs" : $"cannot be locked ({Error()})";
        }

        file.Dispose();
        return null;
    }

    /// <summary>With the lock that the predecessor had.</summary>
    public static StateDirectory HandedOver(string path, SafeFileHandle itsLock) => new(path, itsLock);

    /// <summary>What the file holds; null without a fault: there is none.</summary>
    /// <param name="fault">Why it cannot be read, as the end of a sentence about it.</param>
    public byte[]? Read(out string? fault)
    {
        // A pipe in its place must not hold up the start: without a writer it is at its end.
        using var file = OpenFile(FilePath, ReadOnly | NonBlocking | CloseOnExec, 0);
        if (file.IsInvalid)
        {
            fault = Marshal.GetLastPInvokeError() == NotFound ? null : $"cannot be read ({Error()})";
            return null;
        }

        byte[] bytes = new byte[16 << 10];
        for (int count = 0; ;)
        {
            nint read = ReadFile(file, ref bytes[count], bytes.Length - count);
            if (read < 0 && Marshal.GetLastPInvokeError() == Interrupted)
                continue;
            count += (int)Math.Max(read, 0);
            fault = read < 0 ? $"cannot be read ({Error()})" : count > StateText.BytesMax ? $"is longer than {StateText.BytesMax} bytes" : null;
            if (fault is not null)
                return null;
            if (read == 0)
                return bytes[..count];
            if (count == bytes.Length)
                Array.Resize(ref bytes, count * 2);
        }
    }

    /// <summary>
    /// Puts the file in the place of the one before: whoever looks, and whenever power fails, finds one or the other whole.
    /// </summary>
    /// <returns>Why it is not on disk; null: it is.</returns>
    public string? Write(ReadOnlySpan<byte> bytes)
    {
        string beside = FilePath + ".new";
        string? fault = WriteBeside(beside, bytes);
        if (fault is null && Rename(beside, FilePath) != 0)
            fault = Error();
        if (fault is not null)
        {
            // What was begun would keep a full disk full.
            _ = Unlink(beside);
            return fault;
        }

        using var directory = OpenFile(Path, ReadOnly | CloseOnExec, 0);
        return directory.IsInvalid || Sync(directory) != 0 ? Error() : null;
    }

    /// <summary>
    /// Puts bytes in the place of as many others, in the file as it is: a full disk has room for that, and it is one sector or the next.
    /// </summary>
    /// <returns>They are on disk.</returns>
    public bool TryOverwrite(ReadOnlySpan<byte> old, ReadOnlySpan<byte> now)
    {
        int at = (Read(out _) ?? []).AsSpan().IndexOf(old);
        using var file = OpenFile(FilePath, WriteOnly | NonBlocking | CloseOnExec, 0);
        return at >= 0 && old.Length == now.Length && !file.IsInvalid && WriteAt(file, in now[0], now.Length, at) == now.Length && Sync(file) == 0;
    }

    public void Dispose() => Lock.Dispose();

    private static string? WriteBeside(string path, ReadOnlySpan<byte> bytes)
    {
        using var file = OpenFile(path, WriteOnly | Create | Truncate | NonBlocking | CloseOnExec, OfOwner);
        if (file.IsInvalid)
            return Error();
        while (!bytes.IsEmpty)
        {
            nint written = WriteFile(file, in bytes[0], bytes.Length);
            if (written < 0 && Marshal.GetLastPInvokeError() != Interrupted)
                return Error();
            bytes = bytes[(int)Math.Max(written, 0)..];
        }

        return Sync(file) == 0 ? null : Error();
    }

    private static string Error() => Marshal.GetLastPInvokeErrorMessage();

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle OpenFile(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "access", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Access(string path, int mode);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int LockFile(SafeFileHandle file, int operation);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint ReadFile(SafeFileHandle file, ref byte bytes, nint count);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint WriteFile(SafeFileHandle file, in byte bytes, nint count);

    [LibraryImport("libc", EntryPoint = "pwrite")]
    private static partial nint WriteAt(SafeFileHandle file, in byte bytes, nint count, long at);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Rename(string from, string to);

    [LibraryImport("libc", EntryPoint = "unlink", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Unlink(string path);
}
