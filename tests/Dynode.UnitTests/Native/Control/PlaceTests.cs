using System.Net;
using System.Net.Sockets;
using Dynode.Native.Configuration;
using Dynode.Native.Control;
using Dynode.Native.Hosting;
using Dynode.TestKit;

namespace Dynode.UnitTests.Native.Control;

/// <summary>Which broadcaster is asked, and with what token.</summary>
public sealed class PlaceTests : IDisposable
{
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();
    private readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        _folder.Dispose();
        _output.Dispose();
        _error.Dispose();
    }

    [Fact]
    public void The_port_is_the_file_s_whatever_else_is_wrong_with_it()
    {
        using ControlServer server = ControlServer.OnName();
        server.Answer("/status", Statuses.Framed);
        string file = _folder.Write("configuration", $"sevrers=x\nport={server.Port}\nstall_timeout=soon\n");
        Assert.Equal(VerbStatus.Good, Run("status", "-c", file));
        Assert.Equal(VerbStatus.Good, Run("status", "--set", $"port={server.Port}"));
    }

    [Theory]
    [InlineData("abstract", null, "on port 7")]
    [InlineData("off", null, "on port 7")]
    [InlineData("/run/dynode/control", null, "at unix:/run/dynode/control")]
    [InlineData("nonsense", null, "on port 7")]
    [InlineData("/run/one", "/run/other", "at unix:/run/other")]
    public void The_socket_is_where_the_configuration_has_it(string control, string? stronger, string place)
    {
        string file = _folder.Write("configuration", $"sevrers=x\nport=7\ncontrol={control}\n");
        List<ConfigurationFault> faults = [];
        ControlPlace? found = PlaceFinder.Find(null, new() { File = file, Environment = stronger is null ? [] : [new("DYNODE__CONTROL", stronger)] }, faults);
        Assert.Equal(place, found?.Said);
        Assert.Equal(7, found?.Port);
        Assert.Equal(control == "off", found?.Hint.Contains("control=off", StringComparison.Ordinal));
        Assert.Empty(faults);
    }

    [Theory]
    [InlineData("port={0}\ncontrol={1}\n", true)]
    [InlineData("sevrers=x\nport={0}\ncontrol={1}\nstall_timeout=soon\n", true)]
    [InlineData("port=7\ncontrol={1}\n", false)]
    [InlineData("port={0}\n", false)]
    [InlineData("port={0}\ncontrol=nonsense\n", false)]
    public void A_port_that_is_typed_is_that_of_the_file_with_its_control_socket_or_another_s(string content, bool isAtPath)
    {
        string path = Path.Combine(_folder.Path, "control");
        using ControlServer unix = ControlServer.OnPath(path);
        using ControlServer name = ControlServer.OnName();
        foreach (ControlServer server in new[] { unix, name })
            server.Answer("/status", Statuses.Framed);
        string file = _folder.Write("configuration", string.Format(System.Globalization.CultureInfo.InvariantCulture, content, name.Port, path));
        Assert.Equal(VerbStatus.Good, Run("status", "-c", file, "--port", $"{name.Port}"));
        Assert.Equal(isAtPath ? (1, 0) : (0, 1), (unix.Requests.Count, name.Requests.Count));
    }

    [Fact]
    public void Where_the_file_was_changed_since_the_one_that_is_named_after_the_port_is_asked()
    {
        using ControlServer name = ControlServer.OnName();
        name.Answer("/status", Statuses.Framed);
        string file = _folder.Write("configuration", $"port={name.Port}\ncontrol={Path.Combine(_folder.Path, "nobody")}\n");
        Assert.Equal(VerbStatus.Good, Run("status", "-c", file, "--port", $"{name.Port}"));
    }

    [Fact]
    public void Where_somebody_listens_on_the_port_and_no_socket_is_named_after_it_it_says_what_may_be_so()
    {
        using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        int port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        Assert.Equal(VerbStatus.Unavailable, Run("status", "--port", $"{port}"));
        Assert.StartsWith(
            $"dynode: no answer from the broadcaster on port {port}: none is running here; somebody listens on that port, and if it is a broadcaster, its control socket is at a path"
                + " (say its configuration's file with -c, or --at unix:/path) or off",
            _error.ToString(),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_control_socket_a_reload_judges_the_file_itself_and_tells_the_process_by_a_signal()
    {
        using var process = ProcessUnderTest.Start("sh", ["-c", "trap 'kill $!; echo told; exit 0' HUP; echo ready; sleep 60 & wait"]);
        await process.LineAsync("ready");
        using var lease = new PortLease();
        using var client = new ControlClient(ControlPlace.OfPort(lease.Port), null, ControlClient.Patience);
        var display = new Display(_output, _error, isTerminal: false, hasStyle: false, hasCursor: false);
        string file = _folder.Write("configuration", "servers=a:1\nport=x\n");
        Assert.Equal(VerbStatus.Configuration, OrderVerb.Reload(client, process.Id, new() { File = file }, display));
        Assert.Equal($"{file}:2: port=x is no whole number\ndynode: the configuration was not taken\n", _error.ToString());
        _folder.Write("configuration", "servers=a:1\n");
        Assert.Equal(VerbStatus.Good, OrderVerb.Reload(client, process.Id, new() { File = file }, display));
        await process.LineAsync("told");
        Assert.Equal(VerbStatus.Unavailable, OrderVerb.Reload(client, null, new() { File = file }, display));
    }

    [Theory]
    [InlineData("port=x\n")]
    [InlineData(null)]
    public void Where_the_file_does_not_say_it_is_a_fault_of_the_configuration(string? content)
    {
        string file = content is null ? Path.Combine(_folder.Path, "none") : _folder.Write("configuration", content);
        Assert.Equal(VerbStatus.Configuration, Run("status", "-c", file));
        Assert.Equal($"{file}: the broadcaster's port cannot be read from it; say --port N\n", _error.ToString());
    }

    [Fact]
    public void The_process_that_a_service_manager_names_is_found_by_where_it_listens()
    {
        using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        int port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        using ControlServer server = ControlServer.OnName(port);
        List<ConfigurationFault> faults = [];
        ConfigurationPlaces places = new() { Sets = ["port=7"] };
        Assert.Equal(port, PlaceFinder.Find($"{Environment.ProcessId}", places, faults)?.Port);
        Assert.Contains(port, PlaceFinder.Ports());
        foreach (string? other in new[] { null, "", "x", "-1", "0", "99999999999", "2147483647" })
            Assert.Equal(7, PlaceFinder.Find(other, places, faults)?.Port);
        Assert.Empty(faults);
    }

    [Fact]
    public void A_path_and_a_port_are_asked_alike_and_a_token_goes_to_nobody_else()
    {
        string path = Path.Combine(_folder.Path, "admin");
        string token = _folder.Write("token", "s3cret\n");
        using ControlServer unix = ControlServer.OnPath(path);
        using ControlServer tcp = ControlServer.OnTcp();
        using ControlServer name = ControlServer.OnName();
        foreach (ControlServer server in new[] { unix, tcp, name })
            server.Answer("/status", Statuses.Framed);
        Assert.Equal(VerbStatus.Good, Run("status", "--at", $"unix:{path}", "--token", $"@{token}"));
        Assert.Equal(VerbStatus.Good, Run("status", "--at", $"localhost:{tcp.Port}", "--token", $"@{token}"));
        Assert.Equal(VerbStatus.Good, Run("status", "--port", $"{name.Port}"));
        Assert.Contains("\r\nAuthorization: Bearer s3cret\r\n", unix.Requests[0].Head, StringComparison.Ordinal);
        Assert.Contains("\r\nAuthorization: Bearer s3cret\r\n", tcp.Requests[0].Head, StringComparison.Ordinal);
        Assert.Contains($"\r\nHost: localhost:{tcp.Port}\r\n", tcp.Requests[0].Head, StringComparison.Ordinal);
        Assert.Contains("\r\nHost: localhost\r\n", name.Requests[0].Head, StringComparison.Ordinal);
        Assert.DoesNotContain("Authorization", name.Requests[0].Head, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, null, null)]
    [InlineData(null, "", null)]
    [InlineData(null, "from-environment", "from-environment")]
    [InlineData("@{file}", "from-environment", "from-file")]
    public void A_token_is_from_a_file_or_the_environment(string? option, string? variable, string? token)
    {
        string file = _folder.Write("token", "from-file\r\n");
        Assert.Equal(token, Token.Read(option?.Replace("{file}", file, StringComparison.Ordinal), name => name == "DYNODE_TOKEN" ? variable : null, out string? fault));
        Assert.Null(fault);
    }

    [Theory]
    [InlineData("")]
    [InlineData("two words")]
    [InlineData("two\nlines")]
    [InlineData("\u00e9")]
    public void What_is_no_token_is_a_fault_that_does_not_show_it(string text)
    {
        string file = _folder.Write("token", text);
        Assert.Equal(VerbStatus.Usage, Run("status", "--at", "127.0.0.1:1", "--token", $"@{file}"));
        Assert.StartsWith("dynode: the token: ", _error.ToString(), StringComparison.Ordinal);
        if (text.Length > 0)
            Assert.DoesNotContain(text, _error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("status", "--at", "127.0.0.1:1", "--token", "s3cret")]
    [InlineData("status", "--at", "127.0.0.1:1", "--token", "@")]
    [InlineData("status", "--token", "@/x")]
    [InlineData("status", "--at", "127.0.0.1")]
    [InlineData("status", "--at", "unix:relative")]
    [InlineData("status", "--at", "http://127.0.0.1:1")]
    [InlineData("status", "--at", "127.0.0.1:1", "--port", "1")]
    [InlineData("status", "--port", "0")]
    [InlineData("status", "more")]
    [InlineData("clients", "--sort", "name")]
    [InlineData("clients", "--limit", "0")]
    [InlineData("clients", "--limit", "1001")]
    [InlineData("disable")]
    [InlineData("disable", "10.0.0.1")]
    [InlineData("enable", "a:1", "--when-current")]
    [InlineData("gaps", "close", "x")]
    [InlineData("kick", "a")]
    [InlineData("kick")]
    [InlineData("log", "LOUD")]
    [InlineData("log", "DEBUG", "--for", "0")]
    [InlineData("log", "DEBUG", "--for", "soon")]
    [InlineData("wait")]
    [InlineData("wait", "--ready", "--current", "all")]
    [InlineData("wait", "--current", "x")]
    [InlineData("wait", "--ready", "--timeout", "x")]
    [InlineData("top", "--json")]
    public void A_wrong_command_line_is_64_and_asks_nobody(params string[] args)
    {
        Assert.Equal(VerbStatus.Usage, Run(args));
        Assert.StartsWith("dynode: ", _error.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", _error.ToString(), StringComparison.Ordinal);
        Assert.Equal("", _output.ToString());
    }

    [Fact]
    public void Every_verb_s_help_has_an_example_of_itself()
    {
        string[] verbs = ["status", "servers", "clients", "top", "slowlog", "events", "config", "metrics", "disable", "enable", "eject", "add", "remove", "gaps", "gaps close", "wait", "kick", "log", "drain", "reload"];
        foreach (string verb in verbs)
        {
            _output.GetStringBuilder().Clear();
            Assert.Equal(VerbStatus.Good, Run([.. verb.Split(' '), "--help"]));
            Assert.Matches($@"\nExample:\n  dynode {verb}( .*)?\n", _output.ToString());
            Assert.Contains("--at", _output.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Statuses_are_those_of_the_whole_program()
    {
        Assert.Equal(
            [ExitStatus.Good, ExitStatus.Unhealthy, ExitStatus.Usage, ExitStatus.Unavailable, ExitStatus.Configuration],
            [VerbStatus.Good, VerbStatus.No, VerbStatus.Usage, VerbStatus.Unavailable, VerbStatus.Configuration]);
        Assert.Contains($"{VerbStatus.NotAllowed}   verbs: ", ExitStatus.Help, StringComparison.Ordinal);
    }

    private int Run(params string[] args) => new CommandLine(_output, _error).Run(args);
}
