using System.Collections.Immutable;
using Dynode.Streams;
using Dynode.Streams.Claims;

namespace Dynode.UnitTests.Streams.Claims;

/// <summary>Who comes before whom for a server.</summary>
public sealed class LivingTests
{
    private static readonly ulong X = ServerList.HashOf("x"), Y = ServerList.HashOf("y"), Z = ServerList.HashOf("z");

    [Fact]
    public void Who_lists_a_server_earlier_comes_before_and_of_those_that_list_it_alike_who_has_the_lower_id()
    {
        ImmutableArray<LivingOne> all = [One("a", "x", "y"), One("b", "y", "x"), One("c", "x", "y"), One("d", "z")];
        Assert.Equal([0, 2, 1], Ranks(X, all, "a", "b", "c"));
        Assert.Equal([1, 0, 2], Ranks(Y, all, "a", "b", "c"));
        Assert.Equal(3, new Living("d", all).RankOf(X));
        Assert.Equal(0, new Living("d", all).RankOf(Z));
    }

    [Fact]
    public void Only_one_that_certainly_lives_and_lists_it_earlier_takes_it_from_who_has_it()
    {
        ImmutableArray<LivingOne> all = [One("a", "x", "y"), One("b", "y", "x"), One("c", "x", "y"), One("d", "y", "x") with { IsProven = false }];
        Assert.Equal("a", new Living("b", all).Rather(X)!.Broadcaster);
        Assert.Equal("b", new Living("a", all).Rather(Y)!.Broadcaster);
        Assert.Null(new Living("c", all).Rather(X));
        Assert.Null(new Living("b", all).Rather(Y));
        Assert.Null(new Living("a", [all[0], all[3]]).Rather(Y));
        Assert.Equal(1, new Living("a", [all[0], all[3]]).RankOf(Y));
    }

    [Fact]
    public void Who_cannot_reach_a_server_comes_behind_all_that_can_and_takes_it_from_none_of_them()
    {
        ImmutableArray<LivingOne> all = [Away("a", "x"), One("b", "y", "x"), Away("c", "x"), One("d", "z", "y", "x")];
        Assert.Equal([2, 0, 3, 1], Ranks(X, all, "a", "b", "c", "d"));
        Assert.Equal("b", new Living("a", all).Rather(X)!.Broadcaster);
        Assert.Null(new Living("b", all).Rather(X));
        Assert.Equal("b", new Living("d", all).Rather(X)!.Broadcaster);
    }

    [Fact]
    public void Of_those_that_all_cannot_reach_it_the_first_keeps_it_and_one_that_is_alone_does()
    {
        ImmutableArray<LivingOne> all = [Away("a", "x"), Away("b", "y", "x")];
        Assert.Null(new Living("a", all).Rather(X));
        Assert.Equal("a", new Living("b", all).Rather(X)!.Broadcaster);
        Assert.Equal([0, 1], Ranks(X, all, "a", "b"));
        Assert.Null(new Living("a", [all[0]]).Rather(X));
        Assert.Equal(0, new Living("a", [all[0]]).RankOf(X));
    }

    [Fact]
    public void Of_whom_no_list_is_known_nobody_is_held_up()
    {
        ImmutableArray<LivingOne> all = [One("b", "x"), One("a", "x") with { Servers = null }];
        Assert.Equal(0, new Living("b", all).RankOf(X));
        Assert.Null(new Living("b", all).Rather(X));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    public void What_is_published_all_that_live_can_read(byte reads, byte published) =>
        Assert.Equal(published, new Living("a", [One("a", "x"), One("b", "x") with { ParcelsTo = reads }]).ParcelsTo);

    [Fact]
    public void Where_nobody_is_known_the_newest_version_is_published() => Assert.Equal(ParcelVersions.Newest, new Living("a", []).ParcelsTo);

    private static int[] Ranks(ulong server, ImmutableArray<LivingOne> all, params string[] of) => [.. of.Select(one => new Living(one, all).RankOf(server))];

    /// <summary>One that cannot reach any of them.</summary>
    private static LivingOne Away(string broadcaster, params string[] servers) => One(broadcaster, servers) with { Servers = ServerList.Of(broadcaster, servers, servers) };

    private static LivingOne One(string broadcaster, params string[] servers) => new(broadcaster, broadcaster, true, ServerList.Of(broadcaster, servers), ParcelVersions.Newest);
}
