using Dynode.Native.Hosting;
using Dynode.UnitTests.Native.Configuration;

namespace Dynode.UnitTests.Native.Hosting;

public sealed class CommandLineTests : IDisposable
{
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    public void Dispose()
    {
        _output.Dispose();
        _error.Dispose();
    }

    [Fact]
    public void Version_is_one_line()
    {
        Assert.Equal(ExitStatus.Good, Run("--version"));
        Assert.Matches(@"\Adynode \d+\.\d+\.\d+\n\z", _output.ToString());
    }

    [Theory]
    [InlineData("-h")]
    [InlineData("--help")]
    public void Help_names_every_option_and_every_status(string option)
    {
        Assert.Equal(ExitStatus.Good, Run(option));
        Assert.All(["--configuration", "-c", "--set", "--check", "--version", "demo", "64", "69", "70", "78", "130", "143", "SIGHUP"],
            text => Assert.Contains(text, _output.ToString(), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("--bogus")]
    [InlineData("bogus")]
    [InlineData("--set")]
    [InlineData("-c")]
    [InlineData("demo", "--port", "0")]
    [InlineData("demo", "--port", "65536")]
    [InlineData("demo", "--port", "x")]
    [InlineData("demo", "--port")]
    [InlineData("demo", "--check")]
    public void A_wrong_command_line_is_a_line_and_a_status_of_its_own(params string[] args)
    {
        Assert.Equal(ExitStatus.Usage, Run(args));
        Assert.StartsWith("dynode: ", _error.ToString(), StringComparison.Ordinal);
        Assert.EndsWith("Try: dynode --help\n", _error.ToString(), StringComparison.Ordinal);
        Assert.Empty(_output.ToString());
    }

    [Fact]
    public void Check_prints_what_is_in_force_and_starts_nothing()
    {
        using var folder = new TemporaryFolder();
        string file = folder.Write("configuration", "servers=a:1\nport=9100");

        Assert.Equal(ExitStatus.Good, Run("-c", file, "--set", "max_clients=7", "--set=log_level=WARN", "--check"));
        Assert.Contains($"port=9100\t{file}:2\n", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains("max_clients=7\t--set\n", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains("log_level=WARN\t--set\n", _output.ToString(), StringComparison.Ordinal);
        Assert.Empty(_error.ToString());
    }

    [Fact]
    public void A_value_may_begin_with_an_at_sign_or_hold_equals_signs()
    {
        Assert.Equal(ExitStatus.Good, Run("--set", "servers=a:1", "--set", "servers_autoupdate_parameters=@/x=1&y==", "--set", "client_password=@x", "--check"));
        Assert.Contains("servers_autoupdate_parameters=@/x=***&y=***\t--set\n", _output.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--check")]
    [InlineData("--set=port=9000")]
    public void Every_fault_of_the_configuration_is_a_line_and_nothing_starts(string option)
    {
        using var folder = new TemporaryFolder();
        string file = folder.Write("configuration", "prot=1\nport=x");

        Assert.Equal(ExitStatus.Configuration, Run("-c", file, option));
        Assert.Equal(
            [
                $"{file}:1: unknown key \"prot\"; the nearest known key is \"port\"",
                $"{file}:2: port=x is no whole number",
                $"{file}: there are no servers: set servers=host:port, or servers_autoupdate=true and servers_autoupdate_url",
                "dynode: 3 faults in the configuration; nothing was started",
            ],
            _error.ToString().TrimEnd('\n').Split('\n'));
        Assert.Empty(_output.ToString());
    }

    private int Run(params string[] args) => new CommandLine(_output, _error).Run(args);
}
