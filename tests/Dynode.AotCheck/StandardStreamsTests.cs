using Dynode.TestKit;
using Xunit;

namespace Dynode.AotCheck;

/// <summary>Where standard output or standard error is closed, or takes nothing, the exit status still says what became of a command.</summary>
public sealed class StandardStreamsTests
{
    private const string Faulty = "--check --set servers=nonsense";
    private const string Good = "--check --set servers=127.0.0.1:1";
    private const string NoneRuns = "health --port 1";

    [Theory]
    [InlineData(78, Faulty, "2>&-")]
    [InlineData(78, Faulty, "2>/dev/full")]
    [InlineData(78, Faulty, "0<&- >&- 2>&-")]
    [InlineData(78, "--set servers=nonsense", "2>/dev/full")]
    [InlineData(64, "--nonsense", "2>&-")]
    [InlineData(64, "--nonsense", ">/dev/full 2>/dev/full")]
    [InlineData(1, NoneRuns, "2>&-")]
    [InlineData(1, NoneRuns, ">/dev/full 2>/dev/full")]
    [InlineData(0, Good, ">&-")]
    [InlineData(0, Good, "0<&- >&- 2>&-")]
    [InlineData(0, Good, "2>/dev/full")]
    [InlineData(74, Good, ">/dev/full")]
    [InlineData(74, Good, ">/dev/full 2>&-")]
    [InlineData(74, "--help", ">/dev/full")]
    [InlineData(74, "--version", ">/dev/full")]
    public async Task A_command_ends_with_its_own_exit_status(int status, string arguments, string redirection)
    {
        using var shell = Shell($"exec \"$0\" {arguments} {redirection}");
        Assert.Equal(status, await shell.ExitAsync());
    }

    [Fact]
    public async Task Output_that_nobody_reads_to_its_end_is_no_fault()
    {
        using var shell = Shell($"{{ \"$0\" {Good}; echo \"status $?\" >&2; }} | head -n 1");
        Assert.Equal(0, await shell.ExitAsync());
        Assert.Contains("status 0", shell.Lines);
    }

    [Fact]
    public async Task What_is_lost_of_standard_output_is_said_on_standard_error()
    {
        using var shell = Shell($"exec \"$0\" {Good} >/dev/full");
        Assert.Equal(74, await shell.ExitAsync());
        Assert.Equal("dynode: standard output: No space left on device", Assert.Single(shell.Lines));
    }

    [Theory]
    [InlineData("0<&- >&- 2>&-")]
    [InlineData(">/dev/full 2>/dev/full")]
    public async Task A_broadcaster_works_without_them_and_no_client_sees_what_was_meant_for_them(string redirection)
    {
        using ScriptedServer server = ScriptedServer.Start(new() { Echo = true });
        using var lease = new PortLease();
        using var dynode = Shell($"exec \"$0\" --set host=127.0.0.1 --set port={lease.Port} --set servers={server.Address} --set log_level=TRACE {redirection}");
        using TestClient client = await TestClient.ConnectWhenUpAsync(lease.Port);
        await client.SendAsync("hello");
        Assert.Equal("hello", await client.ReadTextAsync(5));
        using var health = Shell($"exec \"$0\" health --port {lease.Port} {redirection}");
        Assert.Equal(0, await health.ExitAsync());
        dynode.Send(UnixSignal.Terminate);
        Assert.Equal("", (await client.ReadToEndAsync()).Text);
        Assert.Equal(0, await dynode.ExitAsync());
    }

    private static ProcessUnderTest Shell(string line) => ProcessUnderTest.Start("/bin/sh", ["-c", line, Binary.Path]);
}
