using System.ComponentModel;
using System.Diagnostics;

namespace Dynode.Native.Hosting;

/// <summary>A program that a demo has started: it ends with it, by its id.</summary>
internal sealed class DemoProcess : IDisposable
{
    private readonly Process _process;
    private readonly TextWriter? _output;
    private volatile bool _isQuiet;

    private DemoProcess(string name, Process process, TextWriter? output)
    {
        (Name, _process, _output) = (name, process, output);
        process.OutputDataReceived += (_, line) => Show(line.Data);
        process.ErrorDataReceived += (_, line) => Show(line.Data);
    }

    public string Name { get; }

    /// <summary>What it writes is shown no more.</summary>
    public bool IsQuiet { set => _isQuiet = value; }

    public bool HasEnded => _process.HasExited;

    /// <summary>The first program of that name in PATH, or where systems keep those of administrators.</summary>
    /// <returns>Null: there is none.</returns>
    public static string? Find(string program) => ((Environment.GetEnvironmentVariable("PATH") ?? "") + ":/usr/sbin:/usr/local/sbin").Split(':', StringSplitOptions.RemoveEmptyEntries)
        .Select(folder => Path.Combine(folder, program))
        .FirstOrDefault(File.Exists);

    /// <summary>Starts a program; what it writes is shown with its name in front.</summary>
    /// <param name="name">For people.</param>
    /// <param name="program">Its path.</param>
    /// <param name="folder">Where it runs.</param>
    /// <param name="output">Takes its lines; null: nobody wants them.</param>
    /// <param name="arguments">One by one.</param>
    /// <exception cref="StartException">It cannot be started.</exception>
    public static DemoProcess Start(string name, string program, string folder, TextWriter? output, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // The demo is the same for everybody: no key of whoever tries it.
        foreach (string variable in start.Environment.Keys.Where(static key => key.StartsWith("DYNODE__", StringComparison.OrdinalIgnoreCase)).ToArray())
            start.Environment.Remove(variable);
        var process = new Process { StartInfo = start };
        var started = new DemoProcess(name, process, output);
        try
        {
            process.Start();
        }
        catch (Win32Exception e)
        {
            throw new StartException($"{program}: {e.Message}", ExitStatus.Unavailable);
        }

        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return started;
    }

    /// <summary>What it ends with; null: it has not ended within that time.</summary>
    public int? Wait(TimeSpan within)
    {
        if (!_process.WaitForExit(within))
            return null;

        // And for all that it has written.
        _process.WaitForExit();
        return _process.ExitCode;
    }

    /// <summary>Ends it, if it has not ended by itself by then.</summary>
    public void End(TimeSpan patience)
    {
        if (!_process.WaitForExit(patience))
            _process.Kill();
        _process.WaitForExit();
    }

    public void Dispose() => _process.Dispose();

    private void Show(string? line)
    {
        if (line is { Length: > 0 } && !_isQuiet)
            _output?.WriteLine($"{Name}: {line}");
    }
}
