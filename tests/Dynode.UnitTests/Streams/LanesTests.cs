using Dynode.Streams;
using Dynode.TestKit;

namespace Dynode.UnitTests.Streams;

/// <summary>The rule: against a slow model, begun anywhere, and what it is for.</summary>
public sealed class LanesTests
{
    private const long Minute = 60_000;
    private const long Start = 1_700_000_000_000;

    [Fact]
    public void Any_interleaving_is_judged_as_the_model_judges_it_and_alike_by_whoever_begins_anywhere() => Seed.Run(random =>
    {
        for (int run = 0; run < 60; run++)
        {
            var entries = Interleaving(random, lanes: run % 3 == 0 ? 90 : 4, count: 400);
            var lanes = new Lanes();
            var model = new LanesModel();
            List<byte[]> tables = [ParcelTests.TableOf(lanes)];
            List<LaneVerdict> verdicts = [];
            foreach (var (number, time, head) in entries)
            {
                var verdict = lanes.Judge(number, time, head);
                Assert.Equal((number, model.Judge(number, time, head)), (number, verdict));
                tables.Add(ParcelTests.TableOf(lanes));
                verdicts.Add(verdict);
            }

            // Each life from 1, without a hole, and nothing twice: lanes' ids are drawn once.
            Assert.Equal(model.Counted.Count, model.Counted.Distinct().Count());
            foreach (var lane in model.Counted.GroupBy(counted => counted.Lane))
                Assert.Equal(Enumerable.Range(1, lane.Count()).Select(n => (ulong)n), lane.Select(counted => counted.Number));

            for (int from = 0; from <= entries.Count; from += random.Next(1, 40))
            {
                var other = new Lanes();
                Assert.True(other.TryRead(tables[from]));
                for (int i = from; i < entries.Count; i++)
                {
                    Assert.Equal(verdicts[i], other.Judge(entries[i].Number, entries[i].Time, entries[i].Head));
                    Assert.Equal(tables[i + 1], ParcelTests.TableOf(other));
                }
            }
        }
    });

    [Fact]
    public void A_lane_that_resends_ends_with_1_to_N() => Seed.Run(random =>
    {
        const int Last = 500;
        for (int run = 0; run < 30; run++)
        {
            var lanes = new Lanes();
            List<ulong> counted = [];
            List<ulong> network = [];
            ulong number = 0;
            while (counted.Count < Last)
            {
                // All in flight again, from the first; some are lost, some late, some twice.
                for (int k = 1; k <= 8 && counted.Count + k <= Last; k++)
                {
                    for (int copies = random.Next(3); copies > 0; copies--)
                        network.Add((ulong)(counted.Count + k));
                }

                for (int i = random.Next(network.Count + 1); i > 0; i--)
                {
                    int which = random.Next(4) == 0 ? random.Next(network.Count) : 0;
                    number++;
                    if (lanes.Judge(number, Start, Head(9, network[which], asOf: 0)) == LaneVerdict.Counts)
                        counted.Add(network[which]);
                    network.RemoveAt(which);
                }
            }

            Assert.Equal(Enumerable.Range(1, Last).Select(n => (ulong)n), counted);
        }
    });

    [Theory]
    [InlineData(Lanes.SilenceMax - 1, LaneVerdict.Counts)]
    [InlineData(Lanes.SilenceMax, LaneVerdict.Counts)]
    [InlineData(Lanes.SilenceMax + 1, LaneVerdict.Hole)]
    public void A_lane_without_a_parcel_for_an_hour_of_the_streams_time_has_ended(long later, LaneVerdict verdict)
    {
        var lanes = new Lanes();
        lanes.Judge(1, Start, Head(5, 1, asOf: 0));
        lanes.Judge(2, Start, Head(6, 1, asOf: 0));
        lanes.Judge(3, Start + (30 * Minute), Head(6, 2, asOf: 0));
        Assert.Equal(verdict, lanes.Judge(4, Start + later, Head(5, 2, asOf: 0)));
        Assert.True(lanes.TryGet(6, out _));
    }

    [Fact]
    public void A_doubled_parcel_keeps_no_lane_open()
    {
        var lanes = new Lanes();
        lanes.Judge(1, Start, Head(5, 1, asOf: 0));
        lanes.Judge(2, Start + (40 * Minute), Head(5, 1, asOf: 0));
        Assert.Equal(LaneVerdict.Hole, lanes.Judge(3, Start + (61 * Minute), Head(5, 2, asOf: 0)));
    }

    [Fact]
    public void An_engines_clock_that_goes_back_ends_no_lane_and_keeps_none_for_ever()
    {
        var lanes = new Lanes();
        lanes.Judge(1, Start + (50 * Minute), Head(5, 1, asOf: 0));
        lanes.Judge(2, Start, Head(5, 2, asOf: 0));
        Assert.Equal(LaneVerdict.Counts, lanes.Judge(3, Start + (59 * Minute), Head(6, 1, asOf: 0)));
        Assert.Equal(LaneVerdict.Hole, lanes.Judge(4, Start + (61 * Minute), Head(5, 3, asOf: 0)));
    }

    [Fact]
    public void What_opened_a_lane_that_has_ended_never_opens_it_again_however_late_it_comes()
    {
        foreach (string end in new[] { "closing", "time", "65th" })
        {
            var lanes = new Lanes();
            ulong number = 1;
            long time = Start;
            var opening = Head(5, 1, asOf: 0);
            Assert.Equal(LaneVerdict.Counts, lanes.Judge(number++, time, opening));
            if (end == "closing")
                Assert.Equal(LaneVerdict.Counts, lanes.Judge(number++, time, Head(5, 2, asOf: 0, isClosing: true)));
            for (int i = 0; end == "time" && i < 3; i++)
                lanes.Judge(number++, time += 40 * Minute, Head(7, (ulong)i + 1, asOf: 0));
            for (int i = 0; end == "65th" && i < Lanes.LanesMax; i++)
                lanes.Judge(number++, ++time, Head(100 + (ulong)i, 1, asOf: 1));
            Assert.False(lanes.TryGet(5, out _));
            Assert.Equal(LaneVerdict.Closed, lanes.Judge(number++, time, opening));
            Assert.Equal(LaneVerdict.Hole, lanes.Judge(number++, time, Head(5, 2, asOf: 0)));
            Assert.False(lanes.TryGet(5, out _));

            // Another opens, as of what its publisher has read by now.
            Assert.Equal(LaneVerdict.Counts, lanes.Judge(number++, time, Head(6, 1, asOf: number - 2)));
        }
    }

    [Theory]
    [InlineData(63, true)]
    [InlineData(64, true)]
    [InlineData(65, false)]
    public void A_65th_lane_ends_the_one_that_had_none_for_longest(int opened, bool isOpen)
    {
        var lanes = new Lanes();
        for (int i = 1; i <= opened; i++)
            lanes.Judge((ulong)i, Start + i, Head((ulong)(1_000 - i), 1, asOf: 0));
        Assert.Equal(Math.Min(opened, Lanes.LanesMax), lanes.Count);
        Assert.Equal(isOpen, lanes.TryGet(999, out _));
        Assert.True(lanes.TryGet(998, out ulong last));
        Assert.Equal(1ul, last);
    }

    [Fact]
    public void Of_several_that_had_none_for_as_long_it_is_the_lowest()
    {
        var lanes = new Lanes();
        for (int i = 1; i <= Lanes.LanesMax; i++)
            lanes.Judge((ulong)i, Start, Head((ulong)(1_000 - i), 1, asOf: 0));
        lanes.Judge(65, Start, Head(5_000, 1, asOf: 0));
        Assert.False(lanes.TryGet(1_000 - Lanes.LanesMax, out _));
        Assert.True(lanes.TryGet(1_001 - Lanes.LanesMax, out _));
    }

    [Fact]
    public void Nothing_opens_as_of_what_is_not_there_yet_or_without_a_table()
    {
        var lanes = new Lanes();
        Assert.Equal(LaneVerdict.Closed, lanes.Judge(1, Start, Head(5, 1, asOf: 1)));
        Assert.Equal(LaneVerdict.Closed, lanes.Judge(2, Start, Head(5, 1, asOf: ulong.MaxValue)));
        Assert.Equal(LaneVerdict.Closed, lanes.Judge(3, Start, Head(5, 1, asOf: 0) with { TableBytes = 0 }));
        Assert.Equal(LaneVerdict.Hole, lanes.Judge(4, Start, Head(5, 0, asOf: 0)));
        Assert.Equal(LaneVerdict.Counts, lanes.Judge(5, Start, Head(5, 1, asOf: 4)));
        Assert.Throws<ArgumentOutOfRangeException>(() => lanes.Judge(5, Start, Head(5, 2, asOf: 0)));
        Assert.Throws<ArgumentOutOfRangeException>(() => lanes.Judge(7, Start, Head(5, 2, asOf: 0)));
    }

    [Fact]
    public void Who_finds_nothing_kept_judges_what_follows_as_those_who_have_read_all()
    {
        var lanes = new Lanes();
        for (int i = 1; i <= 20; i++)
            lanes.Judge((ulong)i, Start + i, Head((ulong)(i % 3), (ulong)((i + 2) / 3), asOf: 0, isClosing: i == 17));
        var other = new Lanes();
        other.BeginBehind(20);
        long time = Start + (2 * 60 * Minute);
        (ulong Lane, ulong Number, ulong AsOf)[] follow = [(1, 8, 0), (1, 1, 0), (1, 1, 19), (4, 1, 20), (4, 2, 0), (1, 1, 21)];
        foreach (var (lane, number, asOf) in follow)
        {
            var head = Head(lane, number, asOf);
            Assert.Equal(lanes.Judge(lanes.Number + 1, time, head), other.Judge(other.Number + 1, time, head));
            Assert.Equal(ParcelTests.TableOf(lanes), ParcelTests.TableOf(other));
        }

        Assert.Equal(2, other.Count);
    }

    [Fact]
    public void What_is_no_table_is_not_taken_for_one() => Seed.Run(random =>
    {
        var lanes = new Lanes();
        for (int i = 1; i <= 10; i++)
            lanes.Judge((ulong)i, Start, Head((ulong)i * 3, 1, asOf: 0));
        byte[] table = ParcelTests.TableOf(lanes);
        Assert.Equal(lanes.Bytes, table.Length);
        var read = new Lanes();
        for (int length = 0; length < table.Length; length++)
            Assert.False(read.TryRead(table.AsSpan(0, length)));
        Assert.False(read.TryRead([.. table, 0]));
        for (int run = 0; run < 20_000; run++)
        {
            byte[] changed = [.. table];
            changed[random.Next(changed.Length)] = (byte)random.Next(256);
            if (read.TryRead(changed))
            {
                Assert.Equal(changed.AsSpan(40), ParcelTests.TableOf(read).AsSpan(40));
                Assert.True(read.Count <= Lanes.LanesMax);
            }
        }

        // Out of order, twice, a number that never was, as of its own future, a floor above it.
        Assert.False(read.TryRead(With(40, 40)));
        Assert.False(read.TryRead(With(72, 3)));
        Assert.False(read.TryRead(With(48, 0)));
        Assert.False(read.TryRead(With(64, 10)));
        Assert.False(read.TryRead(With(24, 11)));
        Assert.False(read.TryRead(With(32, 65)));

        byte[] With(int at, ulong value)
        {
            byte[] changed = [.. table];
            ParcelLayout.Put(changed, at, value);
            return changed;
        }
    });

    [Fact]
    public void The_longest_table_is_as_long_as_it_is_said()
    {
        var lanes = new Lanes();
        for (int i = 1; i <= 100; i++)
            lanes.Judge((ulong)i, Start, Head((ulong)i, 1, asOf: 0));
        Assert.Equal(Lanes.BytesMax, lanes.Bytes);
        var copy = new Lanes();
        copy.CopyFrom(lanes);
        Assert.Equal(ParcelTests.TableOf(lanes), ParcelTests.TableOf(copy));
    }

    [Fact]
    public void Nothing_is_allocated_to_judge()
    {
        var lanes = new Lanes();
        ulong i = 1;
        Assert.Equal(0, Allocations.Least(() => lanes.Judge(i, Start + (long)(i * 1_000), Head(i % 70, (i / 70) + 1, asOf: i++ - 1)), times: 400));
    }

    private static ParcelHead Head(ulong lane, ulong number, ulong asOf, bool isClosing = false) =>
        new() { Lane = lane, Number = number, AsOf = asOf, TableBytes = number == 1 ? 1 : 0, IsClosing = isClosing, Hash = (lane << 20) ^ number };

    /// <summary>Lanes that resend, lose, leave holes, end and are followed by others; and what came before comes again, however late.</summary>
    private static List<(ulong Number, long Time, ParcelHead Head)> Interleaving(Random random, int lanes, int count)
    {
        List<(ulong Number, long Time, ParcelHead Head)> entries = [];
        var next = new ulong[lanes];
        var ids = new ulong[lanes];
        var asOf = new ulong[lanes];
        long time = Start;
        int haste = random.Next(3);
        for (ulong number = 1; number <= (ulong)count; number++)
        {
            time += random.Next(60) switch
            {
                0 when haste > 0 => -random.Next(120) * Minute,
                1 when haste > 1 => random.Next(120) * Minute,
                < 20 => random.Next((int)Minute * 3),
                _ => 0,
            };
            int lane = random.Next(lanes);
            ParcelHead head;
            if (entries.Count > 0 && random.Next(4) == 0)
            {
                head = entries[random.Next(2) == 0 ? random.Next(entries.Count) : Math.Max(0, entries.Count - random.Next(1, 6))].Head;
            }
            else
            {
                if (next[lane] == 0 || random.Next(25) == 0)
                {
                    (next[lane], ids[lane]) = (1, (ulong)random.NextInt64());
                    asOf[lane] = number - Math.Min(number, random.Next(8) == 0 ? (ulong)random.Next(50) : 1);
                }

                ulong n = random.Next(8) switch
                {
                    0 => next[lane] + (ulong)random.Next(4),
                    1 => (ulong)random.Next((int)next[lane] + 1),
                    _ => next[lane],
                };
                if (n == next[lane])
                    next[lane]++;
                head = Head(ids[lane], n, asOf[lane], isClosing: random.Next(30) == 0);
            }

            entries.Add((number, time, head));
        }

        return entries;
    }
}
