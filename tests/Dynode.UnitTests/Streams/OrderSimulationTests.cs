using Dynode.TestKit;

namespace Dynode.UnitTests.Streams;

/// <summary>What all of it is for: one order, each request once, whatever fails.</summary>
public sealed class OrderSimulationTests(ITestOutputHelper output)
{
    [Fact]
    public void Whatever_fails_all_readers_take_the_same_and_each_request_is_placed_once_or_refused_and_nowhere() => Seed.Run(random =>
    {
        long doubled = 0;
        long holes = 0;
        long sentAgain = 0;
        for (int run = 0; run < 4; run++)
        {
            using var simulation = new OrderSimulation(random);
            simulation.Run(steps: 3_000);
            simulation.Settle();
            simulation.Check();
            var counters = simulation.Counters;
            output.WriteLine($"{simulation.Stream.State.Last} entries, {counters}, {simulation.Lanes} lanes, {simulation.SentAgain} sent again");
            (doubled, holes, sentAgain) = (doubled + counters.Doubled, holes + counters.Holes, sentAgain + simulation.SentAgain);
        }

        Assert.True(doubled > 0 && holes > 0 && sentAgain > 0, "nothing failed: this proves nothing");
    });

    [Fact]
    public void Where_the_stream_loses_what_it_had_everybody_sees_it_and_begins_anew_and_nothing_is_placed_twice() => Seed.Run(random =>
    {
        int wentBack = 0;
        for (int run = 0; run < 4; run++)
        {
            using var simulation = new OrderSimulation(random, loses: true);
            simulation.Run(steps: 2_000);
            simulation.Settle();
            simulation.Check();
            wentBack += simulation.WentBack;
        }

        output.WriteLine($"{wentBack} times");
        Assert.True(wentBack > 0, "nothing was lost: this proves nothing");
    });
}
