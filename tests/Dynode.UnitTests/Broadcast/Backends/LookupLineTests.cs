using Dynode.Broadcast.Backends;

namespace Dynode.UnitTests.Broadcast.Backends;

public sealed class LookupLineTests
{
    private const int Many = 200;

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(2, 1, 1)]
    [InlineData(3, 1, 2)]
    [InlineData(4, 2, 3)]
    [InlineData(8, 4, 6)]
    [InlineData(64, 32, 48)]
    public void Silent_names_hold_half_of_the_threads_and_with_unknown_ones_three_quarters(int threads, int silentMost, int silentAndUnknownMost)
    {
        var line = new LookupLine(threads);
        Add(line, LookupPast.Silent, Many);
        Assert.Equal(silentMost, TakeAll(line).Count);
        Add(line, LookupPast.Unknown, Many);
        Assert.Equal(silentAndUnknownMost - silentMost, TakeAll(line).Count);
        Add(line, LookupPast.Prompt, Many);
        Assert.Equal(threads - silentAndUnknownMost, TakeAll(line).Count);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(4, 3)]
    [InlineData(64, 48)]
    public void Names_that_nobody_has_asked_for_yet_hold_three_quarters(int threads, int most)
    {
        var line = new LookupLine(threads);
        Add(line, LookupPast.Unknown, Many);
        Assert.Equal(most, TakeAll(line).Count);
    }

    [Fact]
    public void Names_that_answer_may_hold_all_threads_and_come_first()
    {
        var line = new LookupLine(4);
        Add(line, LookupPast.Silent, 4);
        Add(line, LookupPast.Unknown, 4);
        Add(line, LookupPast.Prompt, Many);
        var taken = TakeAll(line);
        Assert.Equal(4, taken.Count);
        Assert.All(taken, lookup => Assert.Equal(LookupPast.Prompt, lookup.Past));
    }

    [Fact]
    public void With_one_thread_each_kind_comes_when_it_is_free()
    {
        var line = new LookupLine(1);
        foreach (LookupPast past in new[] { LookupPast.Silent, LookupPast.Unknown, LookupPast.Prompt })
            Add(line, past, 2);
        List<LookupPast> order = [];
        while (line.Take() is { } lookup)
        {
            Assert.Null(line.Take());
            order.Add(lookup.Past);
            line.End(lookup);
        }

        Assert.Equal([LookupPast.Prompt, LookupPast.Prompt, LookupPast.Unknown, LookupPast.Unknown, LookupPast.Silent, LookupPast.Silent], order);
    }

    [Fact]
    public void A_domain_of_many_names_does_not_keep_those_of_others_waiting()
    {
        var line = new LookupLine(4);
        for (int i = 0; i < Many; i++)
            line.Add(new NameLookup($"server{i}.dead.example", LookupPast.Unknown));
        line.Add(new NameLookup("server.live.example", LookupPast.Unknown));
        line.Add(new NameLookup("bare", LookupPast.Unknown));
        Assert.Equal(["server0.dead.example", "server.live.example", "bare"], TakeAll(line).Select(lookup => lookup.Name));
    }

    [Fact]
    public void Of_one_domain_who_came_first_is_first()
    {
        var line = new LookupLine(64);
        for (int i = 0; i < 10; i++)
            line.Add(new NameLookup($"server{i}.example", LookupPast.Unknown));
        Assert.Equal(Enumerable.Range(0, 10).Select(i => $"server{i}.example"), TakeAll(line).Select(lookup => lookup.Name));
    }

    [Fact]
    public void A_name_is_found_while_it_waits_and_while_it_is_looked_up_and_then_no_more()
    {
        var line = new LookupLine(1);
        var lookup = new NameLookup("a", LookupPast.Unknown);
        line.Add(lookup);
        Assert.Same(lookup, line.Find("a"));
        Assert.Same(lookup, line.Take());
        Assert.Same(lookup, line.Find("a"));
        line.End(lookup);
        Assert.Null(line.Find("a"));
        line.Add(new NameLookup("a", LookupPast.Silent));
        Assert.Single(line.GiveUp());
        Assert.Equal((null, 0), (line.Find("a"), line.Waiting));
    }

    private static void Add(LookupLine line, LookupPast past, int count)
    {
        for (int i = 0; i < count; i++)
            line.Add(new NameLookup($"{past}{i}", past));
    }

    private static List<NameLookup> TakeAll(LookupLine line)
    {
        List<NameLookup> taken = [];
        while (line.Take() is { } lookup)
            taken.Add(lookup);
        return taken;
    }
}
