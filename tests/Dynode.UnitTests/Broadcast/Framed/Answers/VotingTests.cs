using Dynode.Broadcast.Framed.Answers;
using Dynode.Protocols.Policies;

namespace Dynode.UnitTests.Broadcast.Framed.Answers;

public sealed class VotingTests
{
    [Fact]
    public void The_last_voter_of_a_request_is_waited_for_though_others_can_answer_an_earlier_one()
    {
        var parts = new FramedParts(EveryReply.Instance, servers: 2, slotsMax: 16);
        var client = new AnsweredClient();
        var (first, second) = (parts.Servers[0], parts.Servers[1]);
        long both = Ask(parts, client, 0, 1);
        parts.Voting.Replied(second, both, "ok"u8, null, isError: false, hash: 1);
        long alone = Ask(parts, client, 0);
        parts.Voting.Withdrew(first, both, unlessLast: true);
        Assert.StartsWith("!server ", client.Received, StringComparison.Ordinal);
        Assert.Equal(alone, client.FirstPending);
        parts.Voting.Replied(first, both, "late"u8, null, isError: false, hash: 1);
        parts.Voting.Replied(first, alone, "ok"u8, null, isError: false, hash: 1);
        Assert.EndsWith("\nok", client.Received, StringComparison.Ordinal);
        Assert.Equal(-1, client.FirstPending);
        Assert.Equal(0, parts.Ring.Count);
    }

    [Fact]
    public void A_long_reply_that_others_gave_before_is_given_back_to_the_memory()
    {
        var parts = new FramedParts(MajorityReply.Instance, servers: 3, slotsMax: 16);
        var client = new AnsweredClient();
        long number = Ask(parts, client, 0, 1, 2);
        foreach (int server in (int[])[2, 0])
        {
            Assert.Equal(LargeReplyFate.Collect, parts.Streams.Begin(parts.Servers[server], number, isError: false));
            var collected = parts.Memory.Take();
            Assert.True(parts.Memory.TryCopy(new byte[100_000], collected.Pages));
            parts.Voting.Replied(parts.Servers[server], number, default, collected, isError: false, hash: 1);
        }

        Assert.Equal(100_000, client.Received.Length);
        Assert.Equal(0, parts.Memory.Outstanding);
        Assert.Empty(parts.Pool.DescribeOutstanding());
    }

    [Theory]
    [InlineData("++", true)]
    [InlineData("+e", false)]
    [InlineData("e+", false)]
    [InlineData("ee", false)]
    [InlineData("+-", true)]
    [InlineData("e-", false)]
    [InlineData("--", false)]
    public void Under_all_another_database_is_taken_when_a_server_has_it_and_none_refused_it(string said, bool accepted)
    {
        var parts = new FramedParts(AllReplies.Instance, servers: 2, slotsMax: 16);
        var client = new AnsweredClient();
        long number = Ask(parts, client, [0, 1], selects: 7);
        for (int server = 0; server < said.Length; server++)
        {
            if (said[server] == '-')
                parts.Voting.Withdrew(parts.Servers[server], number);
            else
                parts.Voting.Replied(parts.Servers[server], number, "x"u8, null, said[server] == 'e', said[server]);
        }

        Assert.Equal([(7, accepted)], client.Settled);
    }

    private static long Ask(FramedParts parts, AnsweredClient client, params int[] voters) => Ask(parts, client, voters, selects: -1);

    private static long Ask(FramedParts parts, AnsweredClient client, int[] voters, int selects)
    {
        long number = parts.Ring.Open(parts.Voters(voters));
        parts.Ring[number].Selects = selects;
        parts.Answers.Enter(client, number);
        parts.Voting.Opened(number);
        return number;
    }
}
