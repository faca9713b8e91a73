using System.Globalization;
using Dynode.TestKit;
using Xunit;

namespace Dynode.AotCheck;

/// <summary>The full screen in a real terminal.</summary>
public sealed class TopTests : IDisposable
{
    private const string Shown = "dynode 1.2.0  redis";

    private readonly ControlServer _server = ControlServer.OnName().Answering();
    private readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        _server.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task It_fills_80_by_24_and_any_other_size_and_obeys_its_keys()
    {
        using var terminal = new TerminalUnderTest();
        terminal.Line(Top());
        await terminal.SeesAsync("10.0.0.9:50001");
        string[] lines = terminal.Screen.TrimEnd('\n').Split('\n');
        Assert.Equal(24, lines.Length);
        Assert.StartsWith(Shown, lines[0], StringComparison.Ordinal);
        Assert.StartsWith("s sort clients: owed", lines[23], StringComparison.Ordinal);
        Assert.Contains("clients more", lines[22], StringComparison.Ordinal);
        Assert.All(lines, line => Assert.InRange(line.Length, 0, 80));
        Assert.Contains("\e[", terminal.StyledScreen, StringComparison.Ordinal);

        terminal.Press("s");
        await terminal.SeesAsync("sort clients: age");
        await Eventually.True(() => _server.Requests.Any(request => request.Target.StartsWith("/clients?sort=age", StringComparison.Ordinal)));
        terminal.Press("p");
        await terminal.SeesAsync("PAUSED: ");
        terminal.Press("p", "c");
        await terminal.SeesNotAsync("10.0.0.9");

        // The keys of a terminal that are not ours begin with an escape, and hold letters.
        terminal.Press("Up", "F1", "c");
        await terminal.SeesAsync("hide clients");
        terminal.Resize(120, 12);
        await Eventually.True(() => terminal.Screen.TrimEnd('\n').Split('\n') is { Length: 12 } && terminal.Screen.Contains("\\u001b[2Jrefused", StringComparison.Ordinal), () => terminal.Screen);
        terminal.Resize(20, 3);
        await Eventually.True(() => terminal.Screen.TrimEnd('\n').Split('\n') is { Length: 3 } few && few[2].StartsWith("s sort", StringComparison.Ordinal), () => terminal.Screen);
    }

    [Theory]
    [InlineData("q", 0)]
    [InlineData("C-c", 130)]
    [InlineData("C-\\", 131)]
    [InlineData("TERM", 143)]
    public async Task Whatever_ends_it_the_terminal_is_as_it_was(string how, int status)
    {
        using var terminal = new TerminalUnderTest();
        string pid = Path.Combine(_folder.Path, "pid"), before = Path.Combine(_folder.Path, "before"), after = Path.Combine(_folder.Path, "after");
        terminal.Line($"stty -a >{before}; sh -c 'echo $$ >{pid}; exec {Top()}'; echo ended with $?; stty -a >{after}; echo shown again");
        await terminal.SeesAsync("q quit");
        Assert.False(terminal.IsShellAsItWas);
        if (how == "TERM")
        {
            using var kill = ProcessUnderTest.Start("kill", ["-TERM", File.ReadAllText(pid).Trim()]);
            await kill.ExitAsync();
        }
        else
        {
            terminal.Press(how);
        }

        await terminal.SeesAsync($"ended with {status.ToString(CultureInfo.InvariantCulture)}\nshown again");
        Assert.True(terminal.IsShellAsItWas);
        Assert.Equal(File.ReadAllText(before), File.ReadAllText(after));
        Assert.DoesNotContain(Shown, terminal.Screen, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stopped_by_the_shell_it_leaves_the_terminal_and_comes_back()
    {
        using var terminal = new TerminalUnderTest();
        terminal.Line("set -m");
        terminal.Line(Top());
        await terminal.SeesAsync("q quit");
        terminal.Press("C-z");
        await Eventually.True(() => terminal.IsShellAsItWas && !terminal.Screen.Contains("q quit", StringComparison.Ordinal), () => terminal.Screen);
        terminal.Line("fg");
        await Eventually.True(() => !terminal.IsShellAsItWas && terminal.Screen.Contains("q quit", StringComparison.Ordinal), () => terminal.Screen);
        terminal.Press("q");
        await Eventually.True(() => terminal.IsShellAsItWas, () => terminal.Screen);
    }

    [Fact]
    public async Task Where_no_shell_is_there_to_let_it_go_on_it_is_not_stopped()
    {
        using var terminal = new TerminalUnderTest();
        terminal.Line($"exec {Top()}");
        await terminal.SeesAsync("q quit");
        terminal.Press("C-z", "p");
        await terminal.SeesAsync("PAUSED");
    }

    [Fact]
    public async Task A_broadcaster_that_is_gone_is_told_of_and_one_that_is_back_is_shown()
    {
        using var lease = new PortLease();
        using var terminal = new TerminalUnderTest();
        using (ControlServer.OnName(lease.Port).Answering())
        {
            terminal.Line(Top(lease.Port));
            await terminal.SeesAsync(Shown);
        }

        await terminal.SeesAsync("NO ANSWER: none is running here; what is shown is");
        await terminal.SeesAsync(Shown);
        using ControlServer next = ControlServer.OnName(lease.Port).Answering("1.3.0");
        await terminal.SeesAsync("dynode 1.3.0");
        await terminal.SeesNotAsync("NO ANSWER");

        // One that is there and says nothing is told of at once, and keys are obeyed meanwhile.
        next.AnswerBytes("/status", []);
        await terminal.SeesAsync("NO ANSWER yet; what is shown is");
        terminal.Press("q");
        await Eventually.True(() => terminal.IsShellAsItWas, () => terminal.Screen);
    }

    [Fact]
    public async Task Without_colours_it_is_the_full_screen_without_colours()
    {
        using var terminal = new TerminalUnderTest();
        terminal.Line($"NO_COLOR=1 {Top()}");
        await terminal.SeesAsync("q quit");
        Assert.DoesNotContain("\e[", terminal.StyledScreen, StringComparison.Ordinal);
        Assert.False(terminal.IsShellAsItWas);
    }

    [Theory]
    [InlineData("TERM=dumb {0}")]
    [InlineData("TERM= {0}")]
    [InlineData("{0} </dev/null")]
    [InlineData("{0} | cat")]
    public async Task Where_it_is_no_terminal_the_status_is_printed_again_and_again(string how)
    {
        using var terminal = new TerminalUnderTest(200, 50);
        terminal.Line(how.Replace("{0}", Top(), StringComparison.Ordinal));
        await terminal.SeesAsync(Shown);
        Assert.True(terminal.IsShellAsItWas);
        Assert.DoesNotContain("q quit", terminal.Screen, StringComparison.Ordinal);
        await Eventually.True(() => _server.Requests.Count > 1);
        terminal.Press("C-c");
    }

    [Fact]
    public async Task What_is_watched_goes_into_a_file_as_plain_text_until_nobody_reads()
    {
        using var shell = ProcessUnderTest.Start("sh", ["-c", $"{Binary.Path} status --watch --port {_server.Port} | head -n 30 | cat -v"]);
        Assert.Equal(0, await shell.ExitAsync());
        Assert.Equal(30, shell.Lines.Count);
        Assert.DoesNotContain("^[", shell.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_none_runs_it_says_so_and_takes_no_terminal()
    {
        using var lease = new PortLease();
        using var terminal = new TerminalUnderTest();
        terminal.Line($"{Top(lease.Port)}; echo ended with $?");
        await terminal.SeesAsync("ended with 69");
        Assert.Contains("none is running here", terminal.Screen, StringComparison.Ordinal);
    }

    private string Top(int? port = null) => $"{Binary.Path} top --port {port ?? _server.Port}";
}
