using System.Runtime.InteropServices;

namespace Dynode.Native.Control;

/// <summary>
/// The terminal that standard input and output are: its size, its keys one by one, and back to how it was found. The runtime's Console
/// would bring terminfo, encodings and a thread of its own for this. Linux's struct termios, alike on x64 and arm64.
/// </summary>
internal static partial class Terminal
{
    private const int Input = 0;

    private const int Output = 1;

    private const int SettingsBytes = 60, LocalFlags = 12, Characters = 17;

    /// <summary>Lines are put together by the kernel; what is typed is shown.</summary>
    private const uint Canonical = 2, Echo = 8;

    private const int BytesAtLeast = 6, TenthsAtMost = 5;

    private const nuint WindowSize = 0x5413;

    private const int CloseOnExec = 0x80000, NonBlocking = 0x800;

    private const short Readable = 1;

    private static readonly byte[] Found = new byte[SettingsBytes + 4];

    private static bool _isRaw;

    /// <summary>A descriptor is one.</summary>
    public static bool IsOne(int descriptor) => IsTerminal(descriptor) == 1;

    /// <summary>Both ends are, and it obeys more than line ends.</summary>
    public static bool IsWhole(Func<string, string?> variable) => IsOne(Input) && IsOne(Output) && IsAble(variable);

    /// <summary>By what TERM says of it.</summary>
    public static bool IsAble(Func<string, string?> variable) => variable("TERM") is { Length: > 0 } and not "dumb";

    /// <summary>Columns and rows; those of a teletype where it does not say.</summary>
    public static (int Columns, int Rows) Size =>
        Control(Output, WindowSize, out Window window) == 0 && window is { Columns: > 0, Rows: > 0 } ? (window.Columns, window.Rows) : (80, 24);

    /// <summary>Keys come one by one and are not shown; Ctrl-C stays a signal. May be called again, after somebody else had it.</summary>
    public static void Take()
    {
        if (!_isRaw && GetSettings(Input, ref Found[0]) != 0)
            return;
        byte[] settings = [.. Found];
        MemoryMarshal.Cast<byte, uint>(settings.AsSpan(LocalFlags, 4))[0] &= ~(Canonical | Echo);
        settings[Characters + BytesAtLeast] = 1;
        settings[Characters + TenthsAtMost] = 0;
        _isRaw = SetSettings(Input, 0, ref settings[0]) == 0;
    }

    /// <summary>As it was before <see cref="Take"/>. May be called by any thread, and again.</summary>
    public static void GiveBack()
    {
        if (_isRaw)
            _ = SetSettings(Input, 0, ref Found[0]);
        _isRaw = false;
    }

    /// <summary>A pipe whose one end wakes whoever waits for keys at the other.</summary>
    public static (int Read, int Write) Pipe()
    {
        Span<int> ends = stackalloc int[2];
        return MakePipe(ref ends[0], CloseOnExec | NonBlocking) == 0 ? (ends[0], ends[1]) : (-1, -1);
    }

    /// <summary>Wakes. Where the pipe is full it has been done already.</summary>
    public static void Wake(int pipe)
    {
        byte one = 1;
        _ = Write(pipe, ref one, 1);
    }

    /// <summary>Waits for a key, a wake or the time.</summary>
    /// <param name="pipe">The reading end.</param>
    /// <param name="milliseconds">At most.</param>
    /// <param name="keys">Takes what was typed.</param>
    /// <returns>How many bytes were; less than zero: the terminal is gone.</returns>
    public static int Wait(int pipe, int milliseconds, Span<byte> keys)
    {
        Span<PollEntry> entries = [new PollEntry { Descriptor = Input, Events = Readable }, new PollEntry { Descriptor = pipe, Events = Readable }];
        if (Poll(ref entries[0], 2, milliseconds) <= 0)
            return 0;
        if (entries[1].Found != 0)
        {
            Span<byte> wakes = stackalloc byte[64];
            while (Read(pipe, ref wakes[0], wakes.Length) == wakes.Length)
                continue;
        }

        if (entries[0].Found == 0)
            return 0;
        int count = (int)Read(Input, ref keys[0], keys.Length);
        return count > 0 || Marshal.GetLastPInvokeError() == 4 ? Math.Max(0, count) : -1;
    }

    /// <summary>Stops the process, as Ctrl-Z does, until it is told to go on: where a shell of the same session is there to do so.</summary>
    public static void Stop()
    {
        const int stop = 19;
        int parent = GetParent();
        if (parent > 0 && GetSession(parent) == GetSession(0))
            _ = Kill(Environment.ProcessId, stop);
    }

    [LibraryImport("libc", EntryPoint = "isatty")]
    private static partial int IsTerminal(int descriptor);

    [LibraryImport("libc", EntryPoint = "tcgetattr")]
    private static partial int GetSettings(int descriptor, ref byte settings);

    [LibraryImport("libc", EntryPoint = "tcsetattr")]
    private static partial int SetSettings(int descriptor, int when, ref byte settings);

    [LibraryImport("libc", EntryPoint = "ioctl")]
    private static partial int Control(int descriptor, nuint request, out Window window);

    [LibraryImport("libc", EntryPoint = "pipe2")]
    private static partial int MakePipe(ref int ends, int flags);

    [LibraryImport("libc", EntryPoint = "write")]
    private static partial nint Write(int descriptor, ref byte bytes, nint count);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint Read(int descriptor, ref byte bytes, nint count);

    [LibraryImport("libc", EntryPoint = "poll")]
    private static partial int Poll(ref PollEntry entries, nuint count, int milliseconds);

    [LibraryImport("libc", EntryPoint = "getppid")]
    private static partial int GetParent();

    [LibraryImport("libc", EntryPoint = "getsid")]
    private static partial int GetSession(int pid);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int pid, int signal);

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Window(ushort Rows, ushort Columns, ushort Width, ushort Height);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollEntry
    {
        public int Descriptor;
        public short Events;
        public short Found;
    }
}
