using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Dynode.TestKit;

/// <summary>The numbers of Linux.</summary>
public enum UnixSignal
{
    Hangup = 1,
    Interrupt = 2,
    Kill = 9,
    User1 = 10,
    Terminate = 15,
    Continue = 18,
    Stop = 19,
}

/// <summary>
/// A program started by a test: its lines are kept, signals reach it by its id, and it ends with the test. Ends nothing
/// that it did not start. Any thread; <c>_lock</c> guards the lines.
/// </summary>
public sealed partial class ProcessUnderTest : IDisposable
{
    private readonly Lock _lock = new();
    private readonly List<string> _lines = [];
    private readonly Process _process;
    private readonly string _name;
    private int _closedStreams;

    private ProcessUnderTest(Process process, string name)
    {
        _process = process;
        _name = name;
        process.OutputDataReceived += Take;
        process.ErrorDataReceived += Take;
        StartedAt = Stopwatch.GetTimestamp();
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    /// <summary>Just before fork and exec, as a <see cref="Stopwatch"/> timestamp.</summary>
    public long StartedAt { get; }

    public bool HasExited => _process.HasExited;

    /// <summary>128 + signal where one ended it.</summary>
    public int ExitCode => _process.ExitCode;

    /// <summary>Standard output and error so far, in the order in which they were read.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lock) return [.. _lines];
        }
    }

    public string Output => string.Join('\n', Lines);

    /// <summary>In bytes.</summary>
    public long ResidentBytes => StatusBytes("VmRSS:");

    /// <summary>The most it ever was, in bytes.</summary>
    public long ResidentBytesPeak => StatusBytes("VmHWM:");

    public TimeSpan CpuTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    public int OpenDescriptors => Directory.EnumerateFileSystemEntries($"/proc/{Id}/fd").Count();

    /// <summary>Starts <paramref name="program"/>; nothing of it is interpreted by a shell.</summary>
    /// <param name="program">A path, or a name to be found in PATH.</param>
    /// <param name="arguments">One by one.</param>
    /// <param name="environment">Beside the inherited; null takes a variable away.</param>
    /// <param name="folder">Its working directory; default: ours.</param>
    public static ProcessUnderTest Start(
        string program,
        IEnumerable<string>? arguments = null,
        IReadOnlyDictionary<string, string?>? environment = null,
        string? folder = null)
    {
        var start = new ProcessStartInfo(program, arguments ?? [])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = folder ?? "",
        };
        foreach ((string key, string? value) in environment ?? new Dictionary<string, string?>()) start.Environment[key] = value;
        return new ProcessUnderTest(new Process { StartInfo = start }, Path.GetFileName(program));
    }

    /// <summary>Waits for a line that holds <paramref name="text"/>, also one that has come already, and gives it.</summary>
    /// <param name="text">Compared by ordinal.</param>
    /// <param name="after">Lines to pass over: <c>Lines.Count</c> of before, where the same line may come again.</param>
    /// <param name="deadline">Default: <see cref="Deadline.Default"/>.</param>
    public async Task<string> LineAsync(string text, int after = 0, TimeSpan? deadline = null)
    {
        string? found = null;
        bool Look() => (found ??= Lines.Skip(after).FirstOrDefault(l => l.Contains(text, StringComparison.Ordinal))) is not null;

        // An end is waited for too: a program that died will never say it.
        await Eventually.True(() => Look() || AllRead, () => $"no line with '{text}'. {Dump()}", deadline).ConfigureAwait(false);
        return Look() ? found! : throw new ExpectationException($"it ended without a line with '{text}'. {Dump()}");
    }

    /// <summary>Waits for its end and for all that it wrote; gives its exit status.</summary>
    public async Task<int> ExitAsync(TimeSpan? deadline = null)
    {
        await Eventually.True(() => AllRead, () => $"it has not ended. {Dump()}", deadline).ConfigureAwait(false);
        return ExitCode;
    }

    /// <summary>kill(2).</summary>
    public void Send(UnixSignal signal)
    {
        // Asked first: once it was waited for, its number may be another's.
        if (HasExited) throw new ExpectationException($"cannot signal what has ended. {Dump()}");
        if (Kill(Id, (int)signal) != 0) throw new ExpectationException($"kill({Id}, {signal}): errno {Marshal.GetLastPInvokeError()}");
    }

    /// <summary>kill(2), where it may just have ended: until it was waited for, its number is no other's.</summary>
    public void SendIfThere(UnixSignal signal)
    {
        if (!HasExited) _ = Kill(Id, (int)signal);
    }

    /// <summary>SIGKILL, and gone when done.</summary>
    public async Task KillAsync()
    {
        if (!HasExited) Send(UnixSignal.Kill);
        await ExitAsync().ConfigureAwait(false);
    }

    public string Dump()
    {
        const int ShownLines = 60;
        string state = HasExited ? $"exit status {ExitCode}" : "running";
        return $"{_name} ({Id}), {state}:\n  {string.Join("\n  ", Lines.TakeLast(ShownLines))}";
    }

    public void Dispose()
    {
        if (!HasExited)
        {
            _process.Kill();
            _process.WaitForExit(Deadline.Default);
        }

        _process.Dispose();
    }

    private bool AllRead => _process.HasExited && Volatile.Read(ref _closedStreams) == 2;

    private void Take(object sender, DataReceivedEventArgs e)
    {
        if (e.Data is not { } line)
        {
            Interlocked.Increment(ref _closedStreams);
            return;
        }

        lock (_lock) _lines.Add(line);
    }

    private long StatusBytes(string key)
    {
        string line = File.ReadLines($"/proc/{Id}/status").First(l => l.StartsWith(key, StringComparison.Ordinal));
        return 1024 * long.Parse(line[key.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int pid, int signal);
}
