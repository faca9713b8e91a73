using Dynode.Broadcast.Framed.Servers;

namespace Dynode.UnitTests.Broadcast.Framed.Servers;

/// <summary>The rule as a table: what ended, what is dropped then, and up to where the next connections carry one request at a time.</summary>
public sealed class PoisonRuleTests
{
    // Each end of a ready connection: "n..m" requests n to m-1 were in flight and n was not answered; "+" before it: others had been.
    // Then "!" where the oldest is dropped, and the numbers from which on several may be in flight: 0 for all.
    [Theory]
    [InlineData("5..9 0")]
    [InlineData("5..9 0, 5..9 9")]
    [InlineData("5..9 0, +7..9 0")]
    [InlineData("5..9 0, +7..9 0, 7..9 0")]
    [InlineData("5..9 0, +7..9 0, 7..9 0, 7..12 12")]
    [InlineData("5..9 0, 5..11 11")]
    [InlineData("5..11 0, 5..9 9")]
    [InlineData("5..9 0, 5..9 9, 5..6 9, 5..6! 9")]
    [InlineData("5..9 0, 5..9 9, +7..8 9, 7..8 9, 7..8! 9")]
    [InlineData("5..9 0, 5..9 9, 5..6 9, +6..7 9, 6..7 9, 6..7! 9")]
    [InlineData("5..6 0, 5..6! 6")]
    [InlineData("5..6 0, 5..6! 6, 6..7 6, 6..7! 7")]
    [InlineData("5..6 0, +6..7 0, 6..7 0, 6..7! 7")]
    [InlineData("5..6 0, 5..9 9, 5..6! 9")]
    public void Each_history_of_ends_drops_what_was_twice_alone_and_nothing_else(string history)
    {
        var rule = PoisonRule.None;
        foreach (string end in history.Split(", "))
        {
            string[] words = end.Split(' ');
            bool progressed = words[0].StartsWith('+');
            bool drops = words[0].EndsWith('!');
            long[] flight = [.. words[0].Trim('+', '!').Split("..").Select(long.Parse)];
            if (progressed)
                rule.Progressed();
            Assert.Equal(drops, rule.Ended(progressed, flight[0], flight[1]));
            long careful = long.Parse(words[1]);
            if (careful > 0)
                Assert.True(rule.IsCareful(careful - 1));
            Assert.False(rule.IsCareful(careful));
        }
    }

    [Fact]
    public void A_server_that_dies_of_one_request_loses_that_one_alone()
    {
        const long Poison = 13;
        const long Sent = 20;
        var rule = PoisonRule.None;
        List<long> dropped = [];
        int ends = 0;
        for (long at = 10; at < Sent;)
        {
            bool progressed = false;
            long next = rule.IsCareful(at) ? at + 1 : Sent;
            while (at != Poison || dropped.Contains(Poison))
            {
                at++;
                progressed = true;
                rule.Progressed();
                if (at == Sent)
                    return;
                next = rule.IsCareful(at) ? at + 1 : Sent;
            }

            Assert.InRange(++ends, 1, 6);
            if (!rule.Ended(progressed, at, next))
                continue;
            dropped.Add(at++);
            Assert.Equal([Poison], dropped);
        }
    }
}
