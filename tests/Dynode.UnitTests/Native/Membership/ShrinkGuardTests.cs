using System.Collections.Immutable;
using Dynode.Broadcast.Backends;
using Dynode.Native.Membership;
using Dynode.TestKit;
using Dynode.UnitTests.Native.Admin;

namespace Dynode.UnitTests.Native.Membership;

/// <summary>What a half-broken registry says is not believed, and what a whole one says is.</summary>
public sealed class ShrinkGuardTests
{
    private static readonly ImmutableArray<BackendAddress> Hundred = [.. Enumerable.Range(1, 100).Select(i => AdminUnderTest.Of($"10.0.0.{i}:1"))];

    [Theory]
    [InlineData(100, 51, true)]
    [InlineData(100, 50, true)]
    [InlineData(100, 49, false)]
    [InlineData(5, 3, true)]
    [InlineData(5, 2, false)]
    [InlineData(4, 2, true)]
    [InlineData(4, 1, false)]
    [InlineData(3, 1, true)]
    [InlineData(0, 1, true)]
    public void A_half_may_go_and_more_of_at_least_four_may_not(int before, int after, bool isTaken) =>
        Assert.Equal(isTaken, new ShrinkGuard().Judge(Hundred[..before], Hundred[..after], 500) is null);

    [Theory]
    [InlineData(0, 100, true)]
    [InlineData(0, 99, false)]
    [InlineData(100, 90, true)]
    [InlineData(100, 89, false)]
    [InlineData(109, 89, false)]
    [InlineData(110, 89, true)]
    [InlineData(999, 1, true)]
    [InlineData(999, 0, false)]
    [InlineData(1000, 0, true)]
    public void The_share_is_what_is_configured(long thousandths, int after, bool isTaken) =>
        Assert.Equal(isTaken, new ShrinkGuard().Judge(Hundred, Hundred[..after], thousandths) is null);

    [Fact]
    public void Other_servers_in_the_place_of_all_are_a_loss_too()
    {
        var guard = new ShrinkGuard();
        Assert.NotNull(guard.Judge(Hundred[..4], Hundred[4..8], 500));
        Assert.True(guard.IsRefusing);
    }

    [Fact]
    public void It_is_the_same_list_that_must_come_in_whatever_order()
    {
        var guard = new ShrinkGuard();
        Assert.NotNull(guard.Judge(Hundred, Hundred[..2], 500));
        Assert.NotNull(guard.Judge(Hundred, [Hundred[1], Hundred[0], Hundred[1]], 500));
        Assert.NotNull(guard.Judge(Hundred, Hundred[..3], 500));
        Assert.NotNull(guard.Judge(Hundred, Hundred[..2], 500));
        guard.Break();
        Assert.NotNull(guard.Judge(Hundred, Hundred[..2], 500));
        Assert.NotNull(guard.Judge(Hundred, Hundred[..2], 500));
        Assert.Null(guard.Judge(Hundred, Hundred[..2], 500));
        Assert.False(guard.IsRefusing);
        Assert.NotNull(guard.Judge(Hundred, Hundred[..2], 500));
    }

    /// <summary>The obvious one: all answers so far are kept, and the last ones looked at.</summary>
    [Fact]
    public void It_judges_as_the_obvious_one_does() => Seed.Run(random =>
    {
        for (int round = 0; round < 2_000; round++)
        {
            var guard = new ShrinkGuard();
            long share = random.Next(4) * 333;
            BackendAddress[] inForce = [];
            var since = new List<BackendAddress[]?>();
            for (int step = 0; step < 30; step++)
            {
                if (random.Next(8) == 0)
                {
                    guard.Break();
                    since.Add(null);
                    continue;
                }

                BackendAddress[] next = random.Next(3) > 0 && since.LastOrDefault() is { } again ? [.. again.Reverse()] : [.. Hundred[..8].Where(_ => random.Next(2) == 0)];
                bool isTaken = guard.Judge([.. inForce], [.. next], share) is null;
                since.Add(next);
                bool isShrink = inForce.Length >= 4 && inForce.Except(next).Count() > inForce.Length * share / 1000.0;
                bool isThird = since.Count >= 3 && since.TakeLast(3).All(said => said is not null && said.ToHashSet().SetEquals(next));
                Assert.Equal(!isShrink || isThird, isTaken);
                Assert.Equal(!isTaken, guard.IsRefusing);
                if (!isTaken)
                    continue;
                inForce = next;
                since.Clear();
            }
        }
    });
}
