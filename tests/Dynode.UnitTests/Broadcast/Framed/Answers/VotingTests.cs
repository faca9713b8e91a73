using Dynode.Broadcast.Framed.Answers;
using Dynode.Log;
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
            Assert.True(parts.Memory.TryKeep(collected, new byte[100_000]));
            parts.Voting.Replied(parts.Servers[server], number, default, collected, isError: false, hash: 1);
        }

        Assert.Equal(100_000, client.Received.Length);
        Assert.Equal(0, parts.Memory.Outstanding);
        Assert.Empty(parts.Pool.DescribeOutstanding());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(48)]
    [InlineData(49)]
    [InlineData(257)]
    [InlineData(505)]
    [InlineData(5_000)]
    [InlineData(65_528)]
    [InlineData(65_529)]
    [InlineData(200_000)]
    public void What_is_kept_costs_about_its_own_size_and_is_given_whole(int length)
    {
        var parts = new FramedParts(PrimaryReply.Instance, servers: 2, slotsMax: 16);
        var client = new AnsweredClient();
        string reply = "a" + new string('b', length);
        long number = Ask(parts, client, 0, 1);
        parts.Voting.Replied(parts.Servers[1], number, System.Text.Encoding.ASCII.GetBytes(reply), null, isError: false, hash: 1);
        Assert.Equal(reply.Length, client.Owed);
        Assert.InRange(parts.Memory.KeptBytes, length < 48 ? 0 : reply.Length, length < 48 ? 0 : Math.Max(512, 2 * (reply.Length + 16)));
        Assert.Equal(parts.Memory.KeptBytes, parts.Pool.LentBytes(MemoryShare.Replies));
        parts.Voting.Withdrew(parts.Servers[0], number);
        Assert.Equal((reply, 0L), (client.Received, client.Owed));
        Assert.Equal(0, parts.Memory.KeptBytes);
        Assert.Empty(parts.Pool.DescribeOutstanding());
    }

    [Fact]
    public void A_reply_that_finds_no_memory_is_told_so_and_closes_nobody_who_takes_what_it_gets()
    {
        var parts = new FramedParts(PrimaryReply.Instance, servers: 2, slotsMax: 16);
        var client = new AnsweredClient();
        var spent = new SpentMemory(parts.Pool, MemoryShare.Replies);
        long number = Ask(parts, client, 0, 1);
        spent.Spend();
        parts.Voting.Replied(parts.Servers[1], number, new byte[1_000], null, isError: false, hash: 1);
        Assert.Equal([false], parts.Asked);
        parts.Voting.Withdrew(parts.Servers[0], number);
        Assert.StartsWith("!the reply was lost for want of memory", client.Received, StringComparison.Ordinal);
        Assert.False(client.IsTorn);
        spent.GiveBack();
    }

    [Fact]
    public void Under_all_a_reply_that_was_lost_is_an_error_in_its_place_that_does_not_say_that_nobody_answered()
    {
        var parts = new FramedParts(AllReplies.Instance, servers: 2, slotsMax: 16);
        var client = new AnsweredClient();
        long number = Ask(parts, client, 0, 1);
        var tooLong = parts.Memory.Take();
        parts.Memory.Lose(tooLong, ReplyLoss.TooLong);
        parts.Voting.Replied(parts.Servers[0], number, default, tooLong, isError: false, hash: 1);
        parts.Voting.Replied(parts.Servers[1], number, "b"u8, null, isError: false, hash: 2);
        Assert.Equal("!the reply is longer than max_reply_bytes and had to wait; the request was carried out\nb", client.Received);
        Assert.Equal(0, parts.Memory.Outstanding);
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
