using Dynode.Broadcast.Framed.Once;
using Dynode.Protocols;
using Dynode.Streams;
using Dynode.TestKit;

namespace Dynode.UnitTests.Broadcast.Framed.Once;

/// <summary>That a server misses nothing is said only where it says so whatever is done of what is in flight: all of it, some of it, none.</summary>
public sealed class SaysNoGapTests
{
    private const int Runs = 300;
    private const int Steps = 40;
    private const int InFlightMax = 6;

    [Fact]
    public void It_holds_for_whichever_part_of_what_is_in_flight_is_done() => Seed.Run(random =>
    {
        int held = 0, not = 0;
        for (int run = 0; run < Runs; run++)
        {
            // The slow one: what lies there, and what each batch in flight would leave.
            var course = new Course(new LearnedNames(), 0, isSuspended: false);
            bool lies = random.Next(2) == 0;
            var flights = new Queue<bool>();
            course.Fenced(Mark(lies));
            for (int step = 0; step < Steps; step++)
            {
                if (flights.Count < InFlightMax && random.Next(2) == 0)
                {
                    bool hasGap = random.Next(4) == 0;
                    flights.Enqueue(hasGap);
                    course.Sent(new Flight { Kind = FlightKind.Batch, First = 0, End = 0, EndPosition = 0, RequestsBefore = 0, After = Mark(hasGap) });
                }
                else if (flights.TryDequeue(out bool left))
                {
                    Assert.Equal(CourseEvent.None, course.Take(BatchReply.Done, 0));
                    course.Take(BatchReply.Same, 0);
                    course.Take(BatchReply.Done, 0);
                    course.Take(BatchReply.Queued, 0);
                    course.Take(BatchReply.Replies, 1);
                    course.Take(BatchReply.Done, 0);
                    lies = left;
                }

                // A connection that ends here leaves one of these.
                bool says = !lies && flights.All(static hasGap => !hasGap);
                Assert.Equal(says, course.SaysNoGap);
                held += says ? 1 : 0;
                not += says ? 0 : 1;
            }
        }

        Assert.True(held > Runs && not > Runs, "one of the two was next to never: this proves nothing");
    });

    [Fact]
    public void Who_has_no_watermark_says_nothing()
    {
        var course = new Course(new LearnedNames(), 0, isSuspended: true);
        Assert.False(course.SaysNoGap);
    }

    private static byte[] Mark(bool hasGap)
    {
        var lanes = new Lanes();
        byte[] table = new byte[lanes.Bytes];
        lanes.Write(table);
        return new Watermark("00c0ffee00c0ffee", 1, 1, 7, 0, hasGap ? "Added" : "", table).Write();
    }
}
