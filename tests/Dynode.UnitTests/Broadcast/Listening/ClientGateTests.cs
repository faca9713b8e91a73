using System.Net;
using System.Net.Sockets;
using Dynode.Broadcast.Listening;
using Dynode.Broadcast.Plane;
using Dynode.Broadcast.Transport;
using Dynode.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Dynode.UnitTests.Broadcast.Listening;

public sealed class ClientGateTests
{
    private readonly FakeTimeProvider _time = new();

    [Theory]
    [InlineData("", "", "10.0.0.1", true)]
    [InlineData("10.0.0.0/8", "", "10.0.0.1", true)]
    [InlineData("10.0.0.0/8", "", "11.0.0.1", false)]
    [InlineData("10.0.0.0/8", "", "::ffff:10.0.0.1", true)]
    [InlineData("10.0.0.0/8", "", "::1", false)]
    [InlineData("", "10.0.0.0/8", "10.0.0.1", false)]
    [InlineData("", "10.0.0.0/8", "11.0.0.1", true)]
    [InlineData("10.0.0.1", "10.0.0.0/8", "10.0.0.1", false)]
    [InlineData("10.0.0.0/8", "10.0.0.1", "10.0.0.1", false)]
    [InlineData("10.0.0.0/8", "10.0.0.1", "10.0.0.2", true)]
    [InlineData("10.0.0.0/8", "10.0.0.1", "11.0.0.2", false)]
    public void What_is_denied_is_looked_at_first_and_nothing_allowed_is_everything(string allow, string deny, string from, bool mayCome)
    {
        var gate = new ClientGate(Plane(new BroadcastSettings { ClientsAllow = Of(allow), ClientsDeny = Of(deny) }));
        Assert.Equal(mayCome, gate.Admits(new IPEndPoint(IPAddress.Parse(from), 1)));

        // By a unix socket, or gone before anybody looked: of no address.
        Assert.True(gate.Admits(new UnixDomainSocketEndPoint("/run/a")));
        Assert.True(gate.Admits(null));
    }

    [Fact]
    public void A_reload_is_seen_by_the_next_one()
    {
        var plane = Plane(new BroadcastSettings());
        var gate = new ClientGate(plane);
        var from = new IPEndPoint(IPAddress.Loopback, 1);
        Assert.True(gate.Admits(from));
        plane.Settings = plane.Settings with { ClientsDeny = Of("127.0.0.0/8") };
        Assert.False(gate.Admits(from));
    }

    [Fact]
    public void Without_any_of_it_a_client_costs_nothing_here()
    {
        var plane = Plane(new BroadcastSettings());
        var admission = (Gate: new ClientGate(plane), Pace: new AcceptPace(plane));
        var from = new IPEndPoint(IPAddress.Loopback, 1);
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        var roll = new NoRoll();
        Assert.Equal(0, Allocations.Least(() =>
        {
            Assert.True(admission.Pace.MayAccept(out _));
            admission.Pace.Accepted();
            Assert.True(admission.Gate.Admits(from));
            Assert.True(admission.Gate.TryEnter(1, new Arrival(socket, from), roll));
            admission.Gate.Leave(1);
        }));
    }

    [Fact]
    public void As_many_as_the_rate_come_at_once_then_one_at_a_time_and_none_early() => Seed.Run(random =>
    {
        int rate = random.Next(1, 200);
        var plane = Plane(new BroadcastSettings { AcceptRate = rate });
        var pace = new AcceptPace(plane);
        for (int i = 0; i < rate; i++)
        {
            Assert.True(pace.MayAccept(out _));
            pace.Accepted();
        }

        // A listener's timer fires after the wait that it was told, and then one may come.
        long waits = 0;
        int accepted = 0;
        for (; accepted < 3 * rate; waits++)
        {
            Assert.False(pace.MayAccept(out var wait));
            Assert.True(wait > TimeSpan.Zero && wait <= TimeSpan.FromSeconds(1), $"{wait}");
            Assert.Equal(0, wait.Ticks % TimeSpan.TicksPerMillisecond);
            _time.Advance(wait);
            for (; pace.MayAccept(out _); accepted++)
            {
                pace.Accepted();
            }

            waits++;
        }

        Assert.Equal(waits, pace.Waits);
        Assert.InRange(accepted, (rate * plane.Clock.Now / TimeSpan.TicksPerSecond) - 1, rate * plane.Clock.Now / TimeSpan.TicksPerSecond);
    });

    [Fact]
    public void Of_accepts_that_were_waiting_already_each_is_owed()
    {
        var plane = Plane(new BroadcastSettings { AcceptRate = 1 });
        var pace = new AcceptPace(plane);
        pace.Accepted();
        pace.Accepted();
        Assert.False(pace.MayAccept(out var wait));
        Assert.Equal(TimeSpan.FromSeconds(2), wait);
    }

    private DataPlane Plane(BroadcastSettings settings) => new(settings, NullLogger.Instance, _time);

    private static Networks Of(string text) => Networks.Of(text.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(static entry =>
        Network.TryParse(entry, out var network, out string? fault) ? network : throw new ArgumentException(fault)));

    private sealed class NoRoll : IRoll
    {
        public ClientFigures[] Figures() => throw new InvalidOperationException("there is no limit, and the roll was called");
    }
}
