using Dynode.Broadcast;
using Dynode.Native.Hosting;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios;

/// <summary>What <c>dynode health</c> is told, by a broadcaster that works, by one that does not, and by none.</summary>
public sealed class HealthSocketTests : IDisposable
{
    // Held, so that no other test takes the name that goes with it.
    private readonly PortLease _port = new();
    private readonly LogLines _log = new();
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    public void Dispose()
    {
        _port.Dispose();
        _output.Dispose();
        _error.Dispose();
    }

    [Fact]
    public void One_that_works_says_how_many_clients_and_servers_it_has()
    {
        using var socket = new HealthSocket(_port.Port, () => HealthAnswer.Of(new BroadcastSnapshot { Clients = 12 }, null, null), _log);
        Assert.Equal(ExitStatus.Good, Ask());
        Assert.Equal("ok: 12 clients; servers connected: 0 of 0\n", _output.ToString());
    }

    [Fact]
    public void A_fault_on_the_way_to_an_answer_is_no_answer_and_is_logged_and_the_next_one_is_heard()
    {
        int asked = 0;
        using var socket = new HealthSocket(_port.Port, () => asked++ == 0 ? throw new InvalidOperationException("broken") : Works(), _log);
        Assert.Equal(ExitStatus.Unhealthy, Ask());
        Assert.Contains("it ended without an answer", _error.ToString(), StringComparison.Ordinal);
        Assert.Equal(ExitStatus.Good, Ask());
        Assert.Contains("broken", Assert.Single(_log.Of(2090)), StringComparison.Ordinal);
    }

    [Fact]
    public void Once_it_has_ended_none_is_running()
    {
        new HealthSocket(_port.Port, Works, _log).Dispose();
        Assert.Equal(ExitStatus.Unhealthy, Ask());
        Assert.Contains("none is running here", _error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("it is ending")]
    public void One_that_accepts_nobody_works_and_is_not_ready(string? notReady)
    {
        using var socket = new HealthSocket(_port.Port, () => HealthAnswer.Of(new BroadcastSnapshot(), notReady, "/a/file"), _log);
        Assert.Equal(ExitStatus.Good, Ask());
        Assert.Equal(notReady is null ? ExitStatus.Good : ExitStatus.Unhealthy, Ask(isReady: true));
        Assert.Equal(notReady is null ? "" : $"dynode: the broadcaster on port {_port.Port} is not ready: it is ending\n", _error.ToString());
    }

    [Fact]
    public void One_whose_file_has_another_port_meanwhile_or_cannot_be_read_is_known_by_the_file()
    {
        using var other = new PortLease();
        using var socket = new HealthSocket(_port.Port, () => HealthAnswer.Of(new BroadcastSnapshot(), null, "/a/file"), _log);
        Assert.Contains(_port.Port, HealthSocket.Ports());
        Assert.Equal(ExitStatus.Good, HealthCheck.Run(new(other.Port, IsTold: false), "/a/../a/file", false, _output, _error));
        Assert.Equal(ExitStatus.Good, HealthCheck.Run(new(null, IsTold: false), "/a/file", false, _output, _error));

        // Another's is not ours.
        Assert.Equal(ExitStatus.Unhealthy, HealthCheck.Run(new(other.Port, IsTold: false), "/a/file2", false, _output, _error));
        Assert.Equal(ExitStatus.Unhealthy, HealthCheck.Run(new(other.Port, IsTold: true), "/a/file", false, _output, _error));
        Assert.Equal(ExitStatus.Unhealthy, HealthCheck.Run(new(null, IsTold: false), "/b/file", false, _output, _error));
    }

    private static string Works() => HealthAnswer.Of(new BroadcastSnapshot(), null, null);

    private int Ask(bool isReady = false) => HealthCheck.Run(new(_port.Port, IsTold: true), null, isReady, _output, _error);
}
