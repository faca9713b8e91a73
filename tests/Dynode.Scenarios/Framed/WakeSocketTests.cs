using Dynode.Broadcast.Transport;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Framed;

/// <summary>A run is had for each request, one at a time; none before it is asked for and none after the end.</summary>
public sealed class WakeSocketTests
{
    [Fact]
    public async Task Each_request_is_one_run_also_one_that_a_run_makes_itself()
    {
        int runs = 0;
        WakeSocket? wake = null;
        using var made = wake = new WakeSocket(() =>
        {
            if (Interlocked.Increment(ref runs) % 2 == 1)
                wake!.Request();
        });
        Assert.Equal(0, Volatile.Read(ref runs));
        for (int asked = 1; asked <= 100; asked++)
        {
            made.Request();
            int expected = asked * 2;
            await Eventually.Equal(expected, () => Volatile.Read(ref runs), () => "runs");
        }
    }

    [Fact]
    public async Task Nothing_runs_after_a_run_that_ended_it()
    {
        int runs = 0;
        WakeSocket? wake = null;
        using var made = wake = new WakeSocket(() =>
        {
            Interlocked.Increment(ref runs);
            wake!.Dispose();
            wake.Request();
        });
        made.Request();
        await Eventually.Equal(1, () => Volatile.Read(ref runs), () => "runs");
        made.Request();
        made.Dispose();
        made.Signal();
        Assert.Equal(1, Volatile.Read(ref runs));
    }
}
