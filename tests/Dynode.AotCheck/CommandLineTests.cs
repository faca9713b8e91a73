using System.Text.RegularExpressions;
using Dynode.TestKit;
using Xunit;

namespace Dynode.AotCheck;

public sealed partial class CommandLineTests : IDisposable
{
    private const int ConfigurationFault = 78;
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task Version_is_one_line_with_a_number()
    {
        using var dynode = ProcessUnderTest.Start(Binary.Path, ["--version"]);
        Assert.Equal(0, await dynode.ExitAsync());
        Assert.Matches(VersionNumber(), Assert.Single(dynode.Lines));
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    public async Task Help_names_every_way_to_start(string option)
    {
        using var dynode = ProcessUnderTest.Start(Binary.Path, [option]);
        Assert.Equal(0, await dynode.ExitAsync());
        Assert.All(["-c", "--set", "--check", "--version", "demo", "SIGTERM", "SIGHUP", "SIGUSR1"], word => Assert.Contains(word, dynode.Output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_option_that_does_not_exist_is_named_and_nothing_starts()
    {
        using var dynode = ProcessUnderTest.Start(Binary.Path, ["--chekc"]);
        Assert.NotEqual(0, await dynode.ExitAsync());
        Assert.Contains("--chekc", dynode.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_prints_each_value_and_where_it_came_from_and_the_command_line_wins()
    {
        string file = _folder.Write("configuration", "servers=127.0.0.1:6379\nport=7001\nconnect_timeout=3\nlog_level=WARN\n");
        using var dynode = ProcessUnderTest.Start(
            Binary.Path,
            ["-c", file, "--set", "port=7003", "--check"],
            new Dictionary<string, string?> { ["DYNODE__PORT"] = "7002", ["DYNODE__CONNECT_TIMEOUT"] = "4" });
        Assert.Equal(0, await dynode.ExitAsync());
        Assert.Contains("7003", Line(dynode, "port"), StringComparison.Ordinal);
        Assert.Contains("4", Line(dynode, "connect_timeout"), StringComparison.Ordinal);
        Assert.Contains("DYNODE__CONNECT_TIMEOUT", Line(dynode, "connect_timeout"), StringComparison.Ordinal);
        Assert.Contains("WARN", Line(dynode, "log_level"), StringComparison.Ordinal);
        Assert.Contains("configuration", Line(dynode, "log_level"), StringComparison.Ordinal);
        Assert.Contains("10", Line(dynode, "reconnect_delay_timeout"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Bad_configuration_names_every_fault_with_its_line_binds_nothing_and_exits_78(bool check)
    {
        // Somebody listens on the port: had it tried to bind before it looked at everything, it would say so.
        using ScriptedServer other = ScriptedServer.Start();
        string file = _folder.Write(
            "configuration",
            $"host=127.0.0.1\nport={other.Port}\nsevrers=127.0.0.1:1\nservers=127.0.0.1\nconnect_timeout=soon\nlog_level=LOUD\n");
        using var dynode = ProcessUnderTest.Start(Binary.Path, check ? ["-c", file, "--check"] : ["-c", file]);
        Assert.Equal(ConfigurationFault, await dynode.ExitAsync());
        (int Line, string Key)[] faults = [(3, "sevrers"), (4, "servers"), (5, "connect_timeout"), (6, "log_level")];
        Assert.All(faults, fault => Assert.Contains(
            dynode.Lines,
            line => line.Contains(fault.Key, StringComparison.Ordinal) && Regex.IsMatch(line, $@"configuration(:|, line |\(){fault.Line}\b")));
        Assert.DoesNotContain("in use", dynode.Output, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(0, other.Accepted);
    }

    [Fact]
    public async Task An_unknown_key_is_told_the_nearest_known_one()
    {
        string file = _folder.Write("configuration", "servers=127.0.0.1:1\nconect_timeout=3\n");
        using var dynode = ProcessUnderTest.Start(Binary.Path, ["-c", file]);
        Assert.Equal(ConfigurationFault, await dynode.ExitAsync());
        Assert.Contains(dynode.Lines, l => l.Contains("conect_timeout", StringComparison.Ordinal) && l.Contains("connect_timeout", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("missing")]
    [InlineData(".")]
    public async Task A_file_that_is_missing_or_a_folder_is_a_fault_that_names_it(string name)
    {
        string path = Path.GetFullPath(Path.Combine(_folder.Path, name));
        using var dynode = ProcessUnderTest.Start(Binary.Path, ["-c", path]);
        Assert.Equal(ConfigurationFault, await dynode.ExitAsync());
        Assert.Contains(path.TrimEnd('/'), dynode.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Neither_servers_nor_a_list_to_fetch_them_from_is_a_fault()
    {
        string file = _folder.Write("configuration", "port=7001\n");
        using var dynode = ProcessUnderTest.Start(Binary.Path, ["-c", file]);
        Assert.Equal(ConfigurationFault, await dynode.ExitAsync());
        Assert.Contains("servers", dynode.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_that_another_process_has_is_an_error_that_names_it()
    {
        using ScriptedServer other = ScriptedServer.Start();
        string file = _folder.Write("configuration", $"host=127.0.0.1\nport={other.Port}\nservers=127.0.0.1:1\n");
        using var dynode = ProcessUnderTest.Start(Binary.Path, ["-c", file]);
        Assert.NotEqual(0, await dynode.ExitAsync());
        Assert.Contains($"{other.Port}", dynode.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", dynode.Output, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private static string Line(ProcessUnderTest dynode, string key) =>
        Assert.Single(dynode.Lines, line => Regex.IsMatch(line, $@"^\s*{key}\s*[=\s]"));

    [GeneratedRegex(@"\d+\.\d+\.\d+")]
    private static partial Regex VersionNumber();
}
