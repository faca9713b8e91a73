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
        using var socket = new HealthSocket(_port.Port, () => new BroadcastSnapshot { Clients = 12 }, _log);
        Assert.Equal(ExitStatus.Good, Ask());
        Assert.Equal("ok: 12 clients; servers connected: 0 of 0\n", _output.ToString());
    }

    [Fact]
    public void A_fault_on_the_way_to_an_answer_is_no_answer_and_is_logged_and_the_next_one_is_heard()
    {
        int asked = 0;
        using var socket = new HealthSocket(_port.Port, () => asked++ == 0 ? throw new InvalidOperationException("broken") : new BroadcastSnapshot(), _log);
        Assert.Equal(ExitStatus.Unhealthy, Ask());
        Assert.Contains("it ended without an answer", _error.ToString(), StringComparison.Ordinal);
        Assert.Equal(ExitStatus.Good, Ask());
        Assert.Contains("broken", Assert.Single(_log.Of(2090)), StringComparison.Ordinal);
    }

    [Fact]
    public void Once_it_has_ended_none_is_running()
    {
        new HealthSocket(_port.Port, () => new BroadcastSnapshot(), _log).Dispose();
        Assert.Equal(ExitStatus.Unhealthy, Ask());
        Assert.Contains("none is running here", _error.ToString(), StringComparison.Ordinal);
    }

    private int Ask() => HealthCheck.Run(_port.Port, _output, _error);
}
