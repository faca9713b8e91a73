using Dynode.Broadcast.Framed.Once;
using Dynode.Broadcast.Framed.Placement;
using Dynode.Streams;
using Dynode.TestKit;

namespace Dynode.UnitTests.Broadcast.Framed.Placement;

/// <summary>A place that is later than the true one would be lost requests: against everything that ever was, remembered.</summary>
public sealed class PlaceMarksTests
{
    /// <summary>Kept in full up to so many.</summary>
    private const int MarksMax = 8_192;

    /// <summary>The log goes on behind a hole of the stream: who says that he stands before that is not in it, and would else pass for one that has what is missing.</summary>
    [Fact]
    public void A_place_before_a_hole_is_in_no_log_that_goes_on_behind_it()
    {
        var marks = new PlaceMarks();
        var lanes = new Lanes();
        marks.Placed(0, 3);
        for (int i = 0; i < 10; i++)
            marks.PlacedOne();
        marks.Placed(10, 5);
        marks.Reached = 5;
        Assert.Equal(PlaceSpot.Within, marks.Find(5, 0, out _));
        marks.PassTo(10, 50);
        lanes.BeginBehind(50);
        marks.Note(lanes);
        marks.Reached = 50;
        foreach (ulong number in (ulong[])[3, 4, 5, 6, 49])
            Assert.Equal(PlaceSpot.Before, marks.Find(number, 0, out _));
        Assert.Equal(PlaceSpot.Within, marks.Find(50, 0, out long requests));
        Assert.Equal(10, requests);
        Assert.Equal((50ul, 50ul), (marks.NumberAt(10), marks.FirstAt(10)));
        Assert.True(marks.TryPlace(10, out ulong at, out long index, out _));
        Assert.Equal((50ul, 0L), (at, index));
        Assert.False(marks.TryPlace(9, out _, out _, out _));
        marks.PlacedOne();
        marks.Placed(11, 51);
        marks.Reached = 51;
        Assert.Equal(PlaceSpot.Within, marks.Find(51, 0, out requests));
        Assert.Equal(11, requests);
    }

    /// <summary>Whoever reads the same entries finds the place again that another has said, wherever he began and however far he has come; nothing before it, and nothing behind.</summary>
    [Fact]
    public void A_place_that_one_has_said_another_finds_behind_the_same_requests() => Seed.Run(random =>
    {
        // How many requests each entry has; those that do not count are not there.
        int[] entries = [.. Enumerable.Range(0, 300).Select(_ => random.Next(3) == 0 ? 0 : random.Next(1, 20))];
        ulong[] numbers = new ulong[entries.Length];
        for (int i = 0; i < entries.Length; i++)
            numbers[i] = (i == 0 ? 0 : numbers[i - 1]) + (ulong)random.Next(1, 3);
        var said = new PlaceMarks();
        long[] localsOfSaid = new long[1];
        Begin(said, 0);
        var places = new List<(ulong Number, long Index, long Requests)>();
        long total = 0;
        for (int i = 0; i < entries.Length; i++)
        {
            Place(said, i, entries[i], localsOfSaid);
            total += entries[i];
            long requests = random.NextInt64(Math.Max(0, total - 30), total + 1);
            Assert.True(said.TryPlace(requests, out ulong number, out long index, out _));
            places.Add((number, index, requests));
        }

        for (int round = 0; round < 20; round++)
        {
            int from = random.Next(entries.Length);
            long before = entries.Take(from).Sum(static count => (long)count);
            ulong fromNumber = from == 0 ? 0 : numbers[from - 1];
            var finds = new PlaceMarks();
            long[] locals = new long[1];
            Begin(finds, fromNumber);
            long come = 0;
            for (int i = from; i < entries.Length; i++)
            {
                Place(finds, i, entries[i], locals);
                come += entries[i];
                foreach (var (number, index, requests) in places)
                {
                    var spot = finds.Find(number, index, out long found);
                    if (number < fromNumber)
                        Assert.Equal(PlaceSpot.Before, spot);
                    else if (number > numbers[i] || requests - before > come)
                        Assert.Equal(PlaceSpot.Beyond, spot);
                    else
                        Assert.Equal((PlaceSpot.Within, requests - before), (spot, found));
                }
            }
        }

        static void Begin(PlaceMarks marks, ulong number)
        {
            var lanes = new Lanes();
            lanes.BeginBehind(number);
            marks.Note(lanes);
            marks.Placed(0, number);
            marks.Reached = number;
        }

        // Between entries there are requests that no stream has.
        void Place(PlaceMarks marks, int entry, int count, long[] locals)
        {
            for (int i = 0; i < count; i++)
                marks.PlacedOne();
            marks.Placed(marks.Requests + locals[0], numbers[entry]);
            marks.Reached = numbers[entry];
            locals[0] += random.Next(4) == 0 ? 1 : 0;
        }
    });

    [Theory]
    [InlineData(2_000, true)]
    [InlineData(60_000, false)]
    public void Places_are_never_later_than_true_and_are_exact_while_there_is_room(int parcels, bool isExact) => Seed.Run(random =>
    {
        var marks = new PlaceMarks(MarksMax);
        var lanes = new Lanes();
        List<(long Next, ulong Number)> all = [];
        long next = 0;
        ulong number = 0;
        long forgotten = 0;
        ulong noted = 0;
        int behind = 0;
        for (int i = 0; i < parcels; i++)
        {
            next += random.Next(4);
            number += (ulong)random.Next(1, 4);
            marks.Placed(next, number);
            all.Add((next, number));
            if (noted == 0 || random.Next(300) == 0)
            {
                lanes.BeginBehind(number);
                marks.Note(lanes);
                noted = noted == 0 ? number : noted;
            }

            if (random.Next(isExact ? 500 : 30_000) == 0)
            {
                forgotten = random.NextInt64(forgotten, next + 1);
                marks.Forget(forgotten);
            }

            long at = random.Next(8) == 0 ? next : random.NextInt64(forgotten, next + 2);
            ulong found = marks.NumberAt(at);
            ulong actual = all[all.FindLastIndex(mark => mark.Next <= at) is var index and >= 0 ? index : 0] is var mark && mark.Next <= at ? mark.Number : 0;
            Assert.True(found <= actual, $"{found} at {at}, which is {actual}");
            Assert.Equal(actual == 0, found == 0);
            if (isExact || at >= next)
                Assert.Equal(actual, found);
            behind += found < actual ? 1 : 0;
            if (found >= noted)
                Assert.True(AsOf(marks.TableAt(found)) <= found);
        }

        Assert.Equal(isExact, parcels < MarksMax);
        Assert.True(isExact || behind > 0, "nothing was forgotten: this proves nothing");
    });

    [Fact]
    public void Nothing_is_known_of_what_lies_before_the_first_mark_and_table()
    {
        var marks = new PlaceMarks();
        var lanes = new Lanes();
        Assert.Equal(0ul, marks.NumberAt(long.MaxValue));
        Assert.Null(marks.TableAt(ulong.MaxValue));
        marks.Forget(long.MaxValue);
        marks.Placed(10, 5);
        lanes.BeginBehind(4);
        marks.Note(lanes);
        Assert.Equal(0ul, marks.NumberAt(9));
        Assert.Equal(5ul, marks.NumberAt(10));
        Assert.Null(marks.TableAt(3));
        Assert.Equal(4ul, AsOf(marks.TableAt(4)));
    }

    [Fact]
    public void A_parcel_without_requests_moves_the_place_of_who_has_all_before_it()
    {
        var marks = new PlaceMarks();
        marks.Placed(10, 5);
        marks.Placed(10, 6);
        marks.Placed(11, 7);
        Assert.Equal(6ul, marks.NumberAt(10));
        Assert.Equal(7ul, marks.NumberAt(11));
    }

    /// <summary>Who begins in the midst of what an entry has, or of several, finds what others say as whoever has read all.</summary>
    [Fact]
    public void Whoever_begins_behind_some_requests_of_an_entry_counts_on_from_there() => Seed.Run(random =>
    {
        for (int round = 0; round < 300; round++)
        {
            int[] entries = [.. Enumerable.Range(0, 40).Select(_ => random.Next(3) == 0 ? 0 : random.Next(1, 6))];
            int from = random.Next(0, 10);
            long all = entries.Skip(from).Sum(static count => (long)count);
            long index = random.NextInt64(0, all + 1);
            const long first = 1L << 40;
            var marks = new PlaceMarks { IsApart = true };
            marks.Note(new Lanes());
            marks.BeginBehind(first, (ulong)from, index);
            Assert.Equal(index, marks.Requests);
            long next = first;
            long come = 0;
            Check();
            for (int i = from; i < entries.Length; i++)
            {
                for (int n = 0; n < entries[i]; n++, come++)
                {
                    Assert.Equal(come < index, marks.TryPassOne());
                    if (come < index)
                        continue;
                    marks.PlacedOne();
                    next++;
                }

                marks.Placed(next, (ulong)i + 1);
                marks.Reached = (ulong)i + 1;
                Check();
            }

            Assert.Equal(all, marks.Requests);

            void Check()
            {
                Assert.Equal(Math.Max(index, come), marks.Requests);

                // The place where it begins, the one before, and those behind, however they are said.
                Assert.Equal((PlaceSpot.Within, index), (marks.Find((ulong)from, index, out long found), found));
                Assert.Equal(PlaceSpot.Beyond, marks.Find((ulong)from, Math.Max(index, come) + 1, out _));
                if (from > 0)
                    Assert.Equal(PlaceSpot.Before, marks.Find((ulong)from - 1, 0, out _));
                long requests = random.NextInt64(index, Math.Max(index, come) + 1);
                Assert.True(marks.TryPlace(requests, out ulong number, out long behind, out _));
                Assert.Equal(requests, entries.Take((int)number).Skip(from).Sum(static count => (long)count) + behind);
                Assert.Equal((PlaceSpot.Within, requests), (marks.Find(number, behind, out found), found));
            }
        }
    });

    /// <summary>Against counting all of it: what stands in the log between the stream's requests is none of them.</summary>
    [Fact]
    public void How_many_of_the_streams_requests_come_before_a_number_is_told_by_what_follows_it() => Seed.Run(random =>
    {
        var marks = new PlaceMarks();
        var isOfStream = new List<bool>();
        marks.Placed(0, 1);
        for (ulong entry = 2; entry < 200; entry++)
        {
            bool isWhole = entry < 199 || random.Next(2) == 0;
            for (int count = random.Next(5); count > 0; count--)
            {
                isOfStream.Add(random.Next(3) > 0);
                if (isOfStream[^1])
                    marks.PlacedOne();
            }

            if (isWhole)
                marks.Placed(isOfStream.Count, entry);
        }

        for (int next = 0; next <= isOfStream.Count; next++)
        {
            int at = next;
            Assert.True(marks.TryCount(next, end => isOfStream.Take((int)Math.Min(end, isOfStream.Count)).Skip(at).Count(static is_ => is_), out long requests));
            Assert.Equal(isOfStream.Take(next).Count(static is_ => is_), requests);
        }
    });

    private static ulong AsOf(byte[]? table)
    {
        var lanes = new Lanes();
        Assert.NotNull(table);
        Assert.True(lanes.TryRead(table));
        return lanes.Number;
    }
}
