using System.Diagnostics;
using System.Globalization;
using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Framed;
using Dynode.Broadcast.Listening;
using Dynode.Broadcast.Plane;
using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Xunit;

namespace Dynode.Scenarios.Framed;

/// <summary>What a look at the data plane costs of what turns wait for.</summary>
[Collection(Alone.Name)]
public sealed class LookTests(ITestOutputHelper output)
{
    private const int Looks = 20_000;

    /// <summary>As it is promised for what is done under the turn's lock.</summary>
    private const double MicrosecondsMax = 40;

    [Fact]
    public async Task A_look_at_a_hundred_servers_takes_forty_microseconds_at_most()
    {
        FramedServer[] servers = [.. Enumerable.Range(0, 100).Select(static _ => FramedServer.Redis())];
        try
        {
            var plane = new DataPlane(Asking.Redis, new LogLines(), TimeProvider.System);
            using var backends = new BackendDirectory(plane, NameLookups.OfSystem(1));
            var clientele = new FramedClientele(plane, backends, new Admission(plane, backends, sharesConnections: true), Speech.Of(Protocol.Redis, plane.Settings.Framing), Speech.PolicyOf(plane.Settings.FramedReply), null);
            backends.Apply(BroadcasterUnderTest.Set(servers.Select(static server => server.Address)));
            clientele.SetChanged();
            await Eventually.True(() => clientele.Snapshot(backends.Snapshot()).Backends.All(static backend => backend.Standing is { IsCurrent: true }));
            long least = long.MaxValue;
            for (int i = 0; i < Looks; i++)
            {
                // Without what is put together behind the lock.
                long began = Stopwatch.GetTimestamp();
                _ = clientele.Snapshot([]);
                least = Math.Min(least, Stopwatch.GetTimestamp() - began);
            }

            await clientele.Abort();

            // The least: everything above it is what else the machine did.
            double microseconds = Stopwatch.GetElapsedTime(0, least).TotalMicroseconds;
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{microseconds:F1} us"));
            Assert.InRange(microseconds, 0, MicrosecondsMax);
        }
        finally
        {
            Array.ForEach(servers, static server => server.Dispose());
        }
    }
}
