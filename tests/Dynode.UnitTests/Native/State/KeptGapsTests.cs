using System.Collections.Immutable;
using Dynode.Broadcast.Backends;
using Dynode.Native.State;
using Dynode.UnitTests.Native.Admin;

namespace Dynode.UnitTests.Native.State;

/// <summary>Who has missed something, over looks and runs.</summary>
public sealed class KeptGapsTests
{
    private readonly HashSet<BackendAddress> _seen = [];
    private ImmutableArray<KeptGap> _gaps = [];

    [Fact]
    public void A_gap_comes_and_goes_with_what_is_seen()
    {
        Assert.Equal("", Look(("a:1", null), ("b:1", null)));
        Assert.Equal("b:1 (from request 7 on, Backlog)", Look(("a:1", null), ("b:1", "Backlog")));
        Assert.Equal("", Look(("a:1", null), ("b:1", null)));
    }

    [Fact]
    public void A_look_that_sees_nothing_new_gives_the_very_gaps()
    {
        Look(("a:1", "Backlog"));
        ImmutableArray<KeptGap> before = _gaps;
        Look(("a:1", "Backlog"));
        Assert.True(before == _gaps);
    }

    [Fact]
    public void A_gap_of_an_earlier_run_keeps_its_reason()
    {
        _gaps = [new(AdminUnderTest.Of("a:1"), "Backlog", 3)];
        Assert.Equal("a:1 (from request 3 on, Backlog)", Look(("a:1", "Earlier")));
        Assert.Equal("", Look(("a:1", null)));
    }

    [Fact]
    public void Who_does_not_stand_in_the_log_yet_keeps_its_gap()
    {
        _gaps = [new(AdminUnderTest.Of("a:1"), "Backlog", 3)];
        Assert.Equal("a:1 (from request 3 on, Backlog)", Look(Server("a:1", null) with { Standing = null }));
    }

    [Fact]
    public void Who_is_not_there_keeps_its_gap_and_who_has_gone_has_one_from_then_on()
    {
        _gaps = [new(AdminUnderTest.Of("x:1"), "Backlog", 3)];
        Look(("a:1", null), ("b:1", null));
        Assert.Equal("x:1 (from request 3 on, Backlog), b:1 (from request 100 on, Removed)", Look(Server("a:1", null), Server("b:1", null) with { IsRemoved = true }));
        Assert.Equal("x:1 (from request 3 on, Backlog), b:1 (from request 100 on, Removed)", Look(("a:1", null)));

        // It is there again, and whole: it had not left yet.
        Assert.Equal("x:1 (from request 3 on, Backlog)", Look(("a:1", null), ("b:1", null)));
    }

    [Fact]
    public void Names_that_come_and_go_without_end_are_bounded_and_the_newest_stay()
    {
        for (int i = 0; i < StateText.ServersMax + 5; i++)
            Look(($"s{i}:1", null));
        Assert.Equal(StateText.ServersMax, _gaps.Length);
        Assert.Equal($"s{StateText.ServersMax + 3}:1", _gaps[^1].Address.ToString());
        Assert.DoesNotContain(_gaps, gap => gap.Address.ToString() == "s0:1");
    }

    [Fact]
    public void What_the_end_has_dropped_is_a_gap()
    {
        BackendSnapshot lost = Server("a:1", null) with { Standing = null, Drops = [new(DropReason.Shutdown, 2, 20)] };
        BackendSnapshot whole = Server("b:1", null) with { Standing = null, Drops = [new(DropReason.Shutdown, 0, 0), new(DropReason.Backlog, 5, 5)] };
        Assert.Equal("a:1 (from request -1 on, Shutdown)", Look(lost, whole));
    }

    private string Look(params (string Address, string? Gap)[] servers) => Look([.. servers.Select(server => Server(server.Address, server.Gap))]);

    private string Look(params BackendSnapshot[] servers)
    {
        _gaps = KeptGaps.Next(_gaps, _seen, AdminUnderTest.Snapshot() with { Requests = 100, Backends = [.. servers] });
        return KeptGaps.Names(_gaps);
    }

    private static BackendSnapshot Server(string address, string? gap) => new()
    {
        Address = AdminUnderTest.Of(address),
        State = BackendState.Up,
        Standing = new FramedStanding(true, true, false, gap, gap is null ? -1 : 7, 0, 0, 0),
    };
}
