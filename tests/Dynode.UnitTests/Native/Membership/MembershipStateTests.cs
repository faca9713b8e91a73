using System.Collections.Immutable;
using CsCheck;
using Dynode.Broadcast.Backends;
using Dynode.Native.Membership;

namespace Dynode.UnitTests.Native.Membership;

public class MembershipStateTests
{
    private static readonly ListVerdict Bad = ListVerdict.Bad("HTTP 503");

    [Fact]
    public void Without_auto_update_the_configured_servers_are_the_set_at_once()
    {
        var state = new MembershipState();
        Assert.Equal("a:1, b:1", state.Configure(Off("a:1", "b:1"))?.After.ToString());
        Assert.Null(state.Delay());
    }

    [Fact]
    public void The_URLs_list_is_united_with_the_configured_servers_and_does_not_replace_them()
    {
        var state = new MembershipState();
        state.Configure(On("c:1", "a:1"));
        Assert.Equal("c:1, a:1, b:1, d:1", state.Take(Good("b:1", "A:01", "d:1", "b:1"))?.After.ToString());
    }

    [Fact]
    public void No_set_is_known_before_the_first_good_answer_even_if_servers_are_configured()
    {
        var state = new MembershipState();
        Assert.Null(state.Configure(On("a:1")));
        Assert.Null(state.Take(Bad));
        Assert.True(state.IsWaiting);
        Assert.Equal("a:1, b:1", state.Take(Good("b:1"))?.After.ToString());
        Assert.False(state.IsWaiting);
    }

    [Fact]
    public void A_bad_answer_keeps_the_last_good_set()
    {
        var state = new MembershipState();
        state.Configure(On("a:1"));
        state.Take(Good("b:1"));
        Assert.Null(state.Take(Bad));
        Assert.Null(state.Take(Good("b:1")));
        SetChange? change = state.Take(Good("c:1"));
        Assert.Equal(("c:1", "b:1"), (change?.Added, change?.Removed));
    }

    [Fact]
    public void The_same_servers_in_another_order_are_a_change_of_order()
    {
        var state = new MembershipState();
        state.Configure(On());
        state.Take(Good("a:1", "b:1"));
        Assert.True(state.Take(Good("b:1", "a:1"))?.IsReorder);
        Assert.False(state.Take(Good("b:1", "c:1"))?.IsReorder);
    }

    [Fact]
    public void A_reload_is_in_force_at_once_with_the_list_that_is_known()
    {
        var state = new MembershipState();
        state.Configure(On("a:1"));
        state.Take(Good("b:1"));
        Assert.Equal("x:1, b:1", state.Configure(On("x:1"))?.After.ToString());
        Assert.Equal("x:1", state.Configure(Off("x:1"))?.After.ToString());
        Assert.Equal("y:1", state.Configure(On("y:1"))?.After.ToString());
    }

    [Fact]
    public void A_reload_that_leaves_no_server_until_the_list_answers_keeps_the_last_good_set()
    {
        var state = new MembershipState();
        state.Configure(Off("a:1"));
        Assert.Null(state.Configure(On()));
        Assert.Equal("b:1", state.Take(Good("b:1"))?.After.ToString());
    }

    [Theory]
    [InlineData(10, new double[] { 1, 2, 4, 8, 10, 10 }, 10d)]
    [InlineData(3600, new double[] { 1, 2, 4, 8, 10, 10 }, 3600d)]
    [InlineData(0.2, new double[] { 0.2, 0.2 }, 0.2)]
    [InlineData(0, new double[] { 1, 2, 4, 8, 10, 10 }, null)]
    public void Until_the_first_success_it_is_asked_again_soon(double refresh, double[] delays, double? then)
    {
        var state = new MembershipState();
        state.Configure(On() with { Refresh = TimeSpan.FromSeconds(refresh) });
        foreach (double delay in delays)
        {
            state.Take(Bad);
            Assert.Equal(delay, state.Delay()?.TotalSeconds);
        }

        state.Take(Good("a:1"));
        Assert.Equal(then, state.Delay()?.TotalSeconds);
    }

    [Fact]
    public void With_a_good_list_faults_are_asked_again_ever_more_rarely_up_to_the_refresh()
    {
        var state = new MembershipState();
        state.Configure(On() with { Refresh = TimeSpan.FromSeconds(30) });
        state.Take(Good("a:1"));
        double?[] delays = [.. Enumerable.Range(0, 7).Select(_ => { state.Take(Bad); return state.Delay()?.TotalSeconds; })];
        Assert.Equal([1, 2, 4, 8, 16, 30, 30], delays);
    }

    [Fact]
    public void Delays_are_bounded_whatever_happens() =>
        Gen.Select(Gen.Double[0, 1e9], Gen.Bool.Array[1, 60]).Sample((refresh, answers) =>
        {
            var state = new MembershipState();
            state.Configure(On("c:1") with { Refresh = TimeSpan.FromSeconds(refresh) });
            BackendSet set = BackendSet.Empty;
            foreach (bool good in answers)
            {
                SetChange? change = state.Take(good ? Good("a:1") : Bad);
                Assert.True(change is null || change.Before.Equals(set));
                set = change?.After ?? set;
                Assert.InRange(state.Delay() ?? TimeSpan.Zero, TimeSpan.Zero, MembershipState.DelayMax);
                Assert.Equal(set.Addresses.IsEmpty, state.IsWaiting);
            }
        });

    [Fact]
    public void A_long_change_is_shown_in_part() =>
        Assert.EndsWith("s20:1 and 5 more", new SetChange(BackendSet.Empty, BackendSet.Of(Addresses([.. Enumerable.Range(1, 25).Select(i => $"s{i}:1")]))).Added, StringComparison.Ordinal);

    private static MembershipSettings Off(params string[] servers) => new() { Servers = Addresses(servers) };

    private static MembershipSettings On(params string[] servers) => new() { Servers = Addresses(servers), AutoUpdate = true };

    private static ListVerdict Good(params string[] servers) => ListVerdict.Good(Addresses(servers));

    private static ImmutableArray<BackendAddress> Addresses(params string[] servers) =>
        [.. servers.Select(server => BackendAddress.TryParse(server, out BackendAddress? address, out string? fault) ? address : throw new ArgumentException(fault))];
}
