using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;
using Dynode.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Dynode.UnitTests.Broadcast.Backends;

public sealed class BackendTests
{
    [Fact]
    public async Task Who_asks_at_the_very_moment_when_the_backoff_passes_is_woken_all_the_same()
    {
        var time = new SteppedTime();
        var plane = new DataPlane(new BroadcastSettings(), NullLogger.Instance, time);
        Assert.True(BackendAddress.TryParse("127.0.0.1:1", out var address, out _));
        using var backend = new Backend(address, plane, NameLookups.OfSystem(1));
        var connector = new Connector();

        // The connect, its retry at once, and now there is a wait.
        for (int failures = 1; failures <= 2; failures++)
        {
            Assert.True(backend.TryGrant(connector, out var endPoint));
            backend.ConnectFailed(connector, endPoint!, "connection refused");
        }

        // It passes between one look at the clock and the next.
        time.AfterNextLook = Backoff.First;
        Assert.False(backend.TryGrant(connector, out _));
        time.Advance(2 * Backoff.First);
        await Eventually.True(() => connector.Wakes == 1);
        Assert.True(backend.TryGrant(connector, out _));
    }

    private sealed class Connector : IConnector
    {
        private int _wakes;

        public int Wakes => Volatile.Read(ref _wakes);

        public ConnectGrant Grant { get; set; }

        public bool IsQueued { get; set; }

        public void Wake() => Interlocked.Increment(ref _wakes);
    }

    /// <summary>A clock that stands, and goes on by itself once: right after it has been looked at.</summary>
    private sealed class SteppedTime : FakeTimeProvider
    {
        public TimeSpan AfterNextLook { get; set; }

        public override long GetTimestamp()
        {
            long now = base.GetTimestamp();
            TimeSpan step = AfterNextLook;
            AfterNextLook = TimeSpan.Zero;
            if (step > TimeSpan.Zero) Advance(step);
            return now;
        }
    }
}
