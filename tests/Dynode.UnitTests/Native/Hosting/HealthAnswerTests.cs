using Dynode.Broadcast;
using Dynode.Broadcast.Backends;
using Dynode.Native.Hosting;

namespace Dynode.UnitTests.Native.Hosting;

public sealed class HealthAnswerTests
{
    [Fact]
    public void A_server_that_was_removed_is_no_server_any_more_though_it_has_not_left_yet()
    {
        var snapshot = new BroadcastSnapshot
        {
            Clients = 3,
            Backends =
            [
                new() { Address = Address("a:1"), State = BackendState.Up },
                new() { Address = Address("b:1"), State = BackendState.Down },
                new() { Address = Address("c:1"), State = BackendState.Up, IsRemoved = true },
            ],
        };
        Assert.Equal("ok: 3 clients; servers connected: 1 of 2", HealthAnswer.Summary(HealthAnswer.Of(snapshot, null, null)));
    }

    private static BackendAddress Address(string text) =>
        BackendAddress.TryParse(text, out var address, out string? fault) ? address : throw new ArgumentException(fault);
}
