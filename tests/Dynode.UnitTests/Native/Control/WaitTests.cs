using System.Text;
using Dynode.Native.Control;
using Dynode.Native.Hosting;
using Dynode.TestKit;

namespace Dynode.UnitTests.Native.Control;

public sealed class WaitTests : IDisposable
{
    private readonly ControlServer _server = ControlServer.OnName();
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    public void Dispose()
    {
        _server.Dispose();
        _output.Dispose();
        _error.Dispose();
    }

    [Fact]
    public void It_returns_when_all_are_current_and_not_before()
    {
        int asked = 0;
        _server.Answer("/status", () => Answer(++asked switch
        {
            1 => Statuses.With(("a:1", "current"), ("b:2", "down")),
            2 => Statuses.With(("a:1", "current"), ("b:2", "catching_up")),
            _ => Statuses.With(("a:1", "current"), ("b:2", "current"), ("c:3", "retiring")),
        }));
        Assert.Equal(VerbStatus.Good, Run("--current", "all"));
        Assert.Equal(3, asked);
        Assert.Equal("all 2 servers are current\n", _output.ToString());
    }

    [Fact]
    public void What_was_seen_before_it_was_asked_is_no_answer()
    {
        int asked = 0;
        _server.Answer("/status", () => Answer(Statuses.Of(true, "[]", ++asked < 3 ? 1000 : 0, ("a:1", "current"))));
        Assert.Equal(VerbStatus.Good, Run("--current", "A:01"));
        Assert.Equal(3, asked);
        Assert.Equal("a:1 is current\n", _output.ToString());
    }

    [Fact]
    public void When_the_time_is_over_it_says_what_is_not_so()
    {
        _server.Answer("/status", Statuses.With(("a:1", "current"), ("b:2", "down"), ("c:3", "disabled")));
        Assert.Equal(VerbStatus.No, Run("--current", "all", "--timeout", "0.3"));
        Assert.Equal("dynode: b:2 is down; c:3 is disabled\n", _error.ToString());
        Assert.Equal(VerbStatus.Good, Run("--current", "a:1", "--timeout", "0"));
    }

    [Fact]
    public void Not_ready_is_said_with_its_reasons()
    {
        _server.Answer("/status", Statuses.Of(false, """["no list of servers is there yet"]""", 0));
        Assert.Equal(VerbStatus.No, Run("--ready", "--timeout", "0"));
        Assert.Equal("dynode: it is not ready: no list of servers is there yet\n", _error.ToString());
    }

    [Fact]
    public void A_server_that_nobody_knows_is_not_waited_for_without_a_time()
    {
        _server.Answer("/status", Statuses.With(("a:1", "current")));
        Assert.Equal(VerbStatus.No, Run("--current", "b:2"));
        Assert.Equal("dynode: no server b:2 is known\n", _error.ToString());
    }

    [Fact]
    public void One_that_is_current_and_has_a_gap_is_told_of()
    {
        _server.Answer("/status", Statuses.With(("a:1", "current")).Replace("\"gap\":null", "\"gap\":{\"reason\":\"Backlog\",\"first\":7}", StringComparison.Ordinal));
        Assert.Equal(VerbStatus.Good, Run("--current", "all"));
        Assert.Equal("dynode: a:1 has a gap: Backlog, from request 7 on\n", _error.ToString());
    }

    [Fact]
    public async Task With_a_time_a_broadcaster_that_is_not_there_yet_is_waited_for()
    {
        using var lease = new PortLease();
        string[] wait = ["wait", "--ready", "--port", $"{lease.Port}"];
        Assert.Equal(VerbStatus.Unavailable, new CommandLine(_output, _error).Run(wait));
        Assert.Equal(VerbStatus.Unavailable, new CommandLine(_output, _error).Run([.. wait, "--timeout", "0.3"]));
        Task<int> waiting = Task.Run(() => new CommandLine(_output, _error).Run([.. wait, "--timeout", "60"]), TestContext.Current.CancellationToken);
        using ControlServer late = ControlServer.OnName(lease.Port, static server => server.Answer("/status", Statuses.With(("a:1", "current"))));
        Assert.Equal(VerbStatus.Good, await waiting);
        Assert.Equal("ready\n", _output.ToString());
    }

    private int Run(params string[] args) => new CommandLine(_output, _error).Run(["wait", .. args, "--port", $"{_server.Port}"]);

    private static byte[] Answer(string body) => Encoding.UTF8.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\n\r\n{body}");
}
