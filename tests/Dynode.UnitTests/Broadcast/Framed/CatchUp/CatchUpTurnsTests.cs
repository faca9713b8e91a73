using Dynode.Broadcast.Framed.CatchUp;
using Dynode.TestKit;

namespace Dynode.UnitTests.Broadcast.Framed.CatchUp;

public sealed class CatchUpTurnsTests
{
    /// <summary>Against sorting: who began goes on, then whoever stands farthest back; and all come to their turn.</summary>
    [Fact]
    public void No_more_than_may_read_at_once_the_farthest_back_first_and_nobody_who_has_begun_is_put_off() => Seed.Run(random =>
    {
        for (int round = 0; round < 500; round++)
        {
            int most = random.Next(1, 6);
            int count = random.Next(0, 12);
            var all = new (bool Wants, bool Reads, ulong Number)[count];
            int begun = 0;
            for (int i = 0; i < count; i++)
                all[i] = (random.Next(3) > 0, random.Next(3) == 0 && begun++ < most, (ulong)random.Next(5));
            var expected = new HashSet<int>(Enumerable.Range(0, count)
                .Where(i => all[i].Wants)
                .OrderBy(i => all[i].Reads ? 0 : 1).ThenBy(i => all[i].Number).ThenBy(static i => i)
                .Take(most));
            bool[] reads = new bool[count];
            CatchUpTurns.Choose(all, most, reads);
            Assert.Equal(expected.Order(), Enumerable.Range(0, count).Where(i => reads[i]));
        }
    });

    [Theory]
    [InlineData(0, 256, false, CatchUpStep.Hold)]
    [InlineData(0, 257, false, CatchUpStep.Read)]
    [InlineData(10, 10, false, CatchUpStep.Hold)]
    [InlineData(11, 10, false, CatchUpStep.Read)]
    [InlineData(10, 10, true, CatchUpStep.Read)]
    public void Near_the_end_the_log_is_held_unless_an_entry_is_half_in_it(ulong has, ulong placed, bool isBetween, object step) =>
        Assert.Equal((CatchUpStep)step, new CatchUpStanding(has, placed, isBetween, null, 0, true).Next(100));

    [Theory]
    [InlineData(9, true, 0, CatchUpStep.Read)]
    [InlineData(10, true, 0, CatchUpStep.Join)]
    [InlineData(10, true, 101, CatchUpStep.Join)]
    [InlineData(10, false, 100, CatchUpStep.Read)]
    [InlineData(10, false, 101, CatchUpStep.LetGo)]
    [InlineData(9, true, 101, CatchUpStep.LetGo)]
    public void It_goes_on_in_the_log_when_it_has_all_before_that_and_nothing_is_under_way(ulong has, bool isAnswered, long bytes, object step) =>
        Assert.Equal((CatchUpStep)step, new CatchUpStanding(has, 500, false, 10, bytes, isAnswered).Next(100));

    /// <summary>
    /// A server that reads by itself while the log grows, and is held, let go and joined at random: each entry reaches it once, in order, whether from the one log or from the other.
    /// </summary>
    [Fact]
    public void Whatever_happens_on_the_way_each_entry_comes_once_from_one_of_the_two_logs() => Seed.Run(random =>
    {
        for (int round = 0; round < 200; round++)
        {
            ulong placed = (ulong)random.Next(0, 2_000);
            ulong has = (ulong)random.Next(0, (int)placed + 1);
            ulong begun = has;
            ulong? held = null;
            ulong answered = has;
            var got = new List<ulong>();
            for (bool joined = false; !joined;)
            {
                placed += (ulong)random.Next(0, 3);
                bool isBetween = random.Next(4) == 0;
                var standing = new CatchUpStanding(has, placed, isBetween, held, held is { } at ? (long)(placed - at) : 0, answered == has);
                for (int reads = random.Next(0, 60); reads > 0 && has < standing.Limit; reads--)
                    got.Add(++has);
                answered = random.Next(2) == 0 ? has : answered;
                standing = standing with { Has = has, IsAnswered = answered == has };
                switch (standing.Next(50))
                {
                    case CatchUpStep.Hold:
                        Assert.False(isBetween);
                        held = placed;
                        break;
                    case CatchUpStep.LetGo:
                        held = null;
                        break;
                    case CatchUpStep.Join:
                        Assert.Equal(answered, has);
                        for (ulong number = held!.Value + 1; number <= placed; number++)
                            got.Add(number);
                        joined = true;
                        break;
                }
            }

            Assert.Equal(Enumerable.Range(1, (int)(placed - begun)).Select(n => begun + (ulong)n), got);
        }
    });
}
