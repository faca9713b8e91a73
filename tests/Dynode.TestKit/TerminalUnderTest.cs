using System.Diagnostics;
using System.Globalization;

namespace Dynode.TestKit;

/// <summary>A terminal with a shell in it, as a person has one: tmux, with a server of its own that ends with the test.</summary>
public sealed class TerminalUnderTest : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public TerminalUnderTest(int columns = 80, int rows = 24) =>
        Tmux("-f", "/dev/null", "new-session", "-d", "-x", Text(columns), "-y", Text(rows), "-e", "PS1=$ ", "sh");

    /// <summary>What is to be seen.</summary>
    public string Screen => Tmux("capture-pane", "-p");

    /// <summary>The same, with its colours.</summary>
    public string StyledScreen => Tmux("capture-pane", "-p", "-e");

    /// <summary>The cursor is shown, and what is to be seen is the shell's own screen.</summary>
    public bool IsShellAsItWas => Tmux("display-message", "-p", "#{cursor_flag}#{alternate_on}").Trim() == "10";

    /// <summary>Types a line.</summary>
    public void Line(string line) => Tmux("send-keys", "-l", line + "\n");

    /// <summary>Presses keys, as tmux names them.</summary>
    public void Press(params string[] keys) => Tmux(["send-keys", .. keys]);

    public void Resize(int columns, int rows) => Tmux("resize-window", "-x", Text(columns), "-y", Text(rows));

    /// <summary>Waits until that is to be seen.</summary>
    public Task SeesAsync(string text) => Eventually.True(() => Screen.Contains(text, StringComparison.Ordinal), () => $"no '{text}' in:\n{Screen}");

    /// <summary>Waits until that is to be seen no more.</summary>
    public Task SeesNotAsync(string text) => Eventually.True(() => !Screen.Contains(text, StringComparison.Ordinal), () => $"still '{text}' in:\n{Screen}");

    public void Dispose()
    {
        Tmux("kill-server");
        _folder.Dispose();
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private string Tmux(params string[] arguments)
    {
        var start = new ProcessStartInfo("tmux", ["-S", Path.Combine(_folder.Path, "tmux"), .. arguments]) { RedirectStandardOutput = true };
        start.Environment.Remove("TMUX");
        start.Environment.Remove("NO_COLOR");
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit(Deadline.Default);
        return output;
    }
}
