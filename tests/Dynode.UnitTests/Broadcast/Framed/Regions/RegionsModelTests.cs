using System.Collections.Immutable;
using Dynode.Broadcast.Framed.Regions;
using Dynode.Protocols;
using Dynode.Streams.Regions;
using Dynode.TestKit;

namespace Dynode.UnitTests.Broadcast.Framed.Regions;

/// <summary>Two regions read one stream, and compare what their servers replied: what is named is a difference, and what is whole in both is compared.</summary>
public sealed class RegionsModelTests(ITestOutputHelper output)
{
    private const int Ranges = 8;

    [Fact]
    public void What_is_named_differs_and_what_differs_in_a_range_that_nothing_disturbed_is_named() => Seed.Run(random =>
    {
        (long compared, long differing, int missedWithoutCause, int quiet) = (0, 0, 0, 0);
        for (int round = 0; round < 60; round++)
        {
            var stream = Stream(random);
            var wrong = random.Next(2) == 0 ? Wrong(random, stream) : [];
            bool disturbs = random.Next(4) > 0;
            bool isMixed = random.Next(4) == 0;
            int alike = 2 + random.Next(2);
            var one = new RegionsModel(random, stream, [], random.Next(1, 3), () => isMixed ? 2 + random.Next(2) : alike);
            var two = new RegionsModel(random, stream, wrong, random.Next(1, 3), () => random.Next(8) == 0 && isMixed ? 3 : alike);
            RegionsModel[] both = [one, two];
            Array.ForEach(both, region => region.Mend());
            while (!both.All(region => region.IsOver))
            {
                var region = both[random.Next(2)];
                region.Place(random.Next(200));
                region.Answer(random.Next(600));
                bool isAtBegin = disturbs && random.Next(60) == 0;
                if (isAtBegin)
                    region.ComeToARangesBegin();
                if (isAtBegin || (disturbs && random.Next(120) == 0))
                    region.Disturb();
                if (random.Next(10) == 0)
                    region.Mend();
                region.Tell();
            }

            Array.ForEach(both, region => region.Tell());
            var differs = new HashSet<ulong>();
            foreach (var entry in stream)
            {
                if (entry.Counts && entry.Requests.Any(request => request.IsCompared && wrong.Contains(request.Right)))
                    differs.Add(RangeReplies.FirstOf(entry.Number));
            }

            var named = new List<ulong>();
            var comparison = one.Told;
            comparison.Compare("two", "two", two.Told.Own, difference => named.Add(difference.First));
            Assert.All(named, first => Assert.Contains(first, differs));
            Assert.Equal(named.Distinct().Count(), named.Count);
            compared += comparison.Compared;
            differing += comparison.Differing;

            // The last is not over.
            ulong last = RangeReplies.FirstOf(stream.FindLast(static entry => entry.Counts).Number);
            foreach (ulong first in stream.Select(entry => RangeReplies.FirstOf(entry.Number)).Distinct().Where(first => first < last && !isMixed))
            {
                if (both.Any(region => region.Disturbed.Contains(first)))
                    continue;
                quiet++;
                bool isNamed = named.Contains(first);
                bool isKnown = comparison.Own.Any(told => told.First == first) && two.Told.Own.Any(told => told.First == first);
                missedWithoutCause += isKnown && isNamed == differs.Contains(first) ? 0 : 1;
                if (!isKnown)
                    output.WriteLine($"round {round}: {first} undisturbed, and told by {(comparison.Own.Any(told => told.First == first) ? "one" : "not one")}, {(two.Told.Own.Any(told => told.First == first) ? "two" : "not two")}");
            }

            // Once compared, never again.
            comparison.Compare("two", "two", two.Told.Own, _ => Assert.Fail("named twice"));
        }

        output.WriteLine($"{compared} ranges compared, {differing} named, {quiet} undisturbed in both");
        Assert.Equal(0, missedWithoutCause);
        Assert.True(compared > 150 && differing > 10 && quiet > 50, $"{compared}, {differing}, {quiet}");
    });

    [Fact]
    public void Adding_up_allocates_nothing()
    {
        var book = new RangeBook();
        book.Begin(1, 1, 0);
        var tally = new ReplyTally(book);
        tally.Open();
        tally.Add(0, 1, 1, ReplyForm.Plain, 2);
        int i = 0;
        Assert.Equal(0, Allocations.Least(
            () =>
            {
                book.Placed(ReplyClass.Compared, 1);
                tally.Add(i, 1, 7, ReplyForm.OfProtocol, 2);
                tally.Add(i++, 64, 7, ReplyForm.Plain, 2);
            },
            times: 10_000));
    }

    private static List<ModelEntry> Stream(Random random)
    {
        var stream = new List<ModelEntry>();
        uint next = 1;
        for (ulong number = 1; number <= RangeReplies.Length * Ranges; number++)
        {
            var requests = ImmutableArray.CreateBuilder<ModelRequest>();
            for (int i = random.Next(4); i > 0; i--)
            {
                var replyClass = random.Next(6) switch { 0 => ReplyClass.Own, 1 => ReplyClass.Outcome, 2 => ReplyClass.Unordered, _ => ReplyClass.Compared };

                // Most replies are the same, as those to writes are.
                uint right = random.Next(3) == 0 ? 0 : next++;
                requests.Add(new ModelRequest(replyClass, random.Next(8) == 0 ? 0 : 1, right, right != 0 && random.Next(40) == 0));
            }

            stream.Add(new ModelEntry(number, (ulong)random.NextInt64(), number == 1 || random.Next(20) > 0, requests.ToImmutable()));
        }

        return stream;
    }

    private static HashSet<uint> Wrong(Random random, List<ModelEntry> stream)
    {
        var wrong = new HashSet<uint>();
        for (int i = random.Next(1, 5); i > 0; i--)
        {
            var entry = stream[random.Next(stream.Count)];
            if (entry.Requests.FirstOrDefault(static request => request.IsCompared && request.Right != 0) is { Right: > 0 } request)
                wrong.Add(request.Right);
        }

        return wrong;
    }
}
