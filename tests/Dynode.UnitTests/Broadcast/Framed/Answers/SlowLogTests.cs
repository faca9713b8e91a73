using Dynode.Broadcast.Framed.Answers;
using Dynode.Protocols.Policies;

namespace Dynode.UnitTests.Broadcast.Framed.Answers;

/// <summary>Which requests are slow, whom they waited for, and how many of them are remembered.</summary>
public sealed class SlowLogTests
{
    private static readonly TimeSpan Slow = TimeSpan.FromSeconds(0.1);

    [Theory]
    [InlineData(0.0998, 0)]
    [InlineData(0.1, 1)]
    [InlineData(0.1001, 1)]
    public void A_request_is_slow_from_that_time_on(double seconds, int slow)
    {
        var parts = new FramedParts(PrimaryReply.Instance, servers: 2, slotsMax: 16);
        parts.Durations.Turn(0, Slow);
        Answer(parts, new AnsweredClient(), seconds);
        Assert.Equal((slow, slow), (parts.Slow.Newest.Length, parts.Durations.Slow));
        if (slow == 0)
            return;
        var request = parts.Slow.Newest[0];
        Assert.Equal((0, seconds, parts.Servers[0].Address.ToString()), (request.Number, Math.Round(request.Duration.TotalSeconds, 4), request.WaitedFor));
        Assert.NotNull(request.Client);
    }

    [Fact]
    public void None_is_slow_where_that_is_off_nor_where_nobody_waits()
    {
        var parts = new FramedParts(PrimaryReply.Instance, servers: 2, slotsMax: 16);
        parts.Durations.Turn(0, TimeSpan.Zero);
        Reply(parts, Open(parts, new AnsweredClient()), 1_000, TimeSpan.Zero);
        parts.Durations.Turn(0, Slow);
        var client = new AnsweredClient();
        long number = Open(parts, client);
        parts.Answers.Leave(client);
        Reply(parts, number, 5);
        Assert.Equal((0, 0), (parts.Slow.Newest.Length, parts.Durations.Slow));
    }

    [Fact]
    public void The_last_are_kept_newest_first_and_all_are_counted()
    {
        var parts = new FramedParts(PrimaryReply.Instance, servers: 2, slotsMax: 16);
        for (int i = 0; i < SlowLog.Max + 3; i++)
        {
            parts.Durations.Turn(0, Slow);
            Answer(parts, new AnsweredClient(), 1 + i);
        }

        Assert.Equal(Enumerable.Range(3, SlowLog.Max).Reverse().Select(i => (long)i), parts.Slow.Newest.Select(request => request.Number));
        Assert.Equal(SlowLog.Max + 3, parts.Durations.Slow);
    }

    /// <summary>Nobody answers, and the last that could is no longer waited for: it is for that one that the client waited.</summary>
    [Fact]
    public void A_request_that_nobody_answers_waited_for_whoever_withdrew_last()
    {
        var parts = new FramedParts(PrimaryReply.Instance, servers: 2, slotsMax: 16);
        parts.Durations.Turn(0, Slow);
        Open(parts, new AnsweredClient());
        parts.Durations.Turn(TimeSpan.FromSeconds(2).Ticks, Slow);
        parts.Voting.Withdrew(parts.Servers[0], 0);
        Assert.Empty(parts.Slow.Newest);
        parts.Voting.Withdrew(parts.Servers[1], 0);
        Assert.Equal(parts.Servers[1].Address.ToString(), Assert.Single(parts.Slow.Newest).WaitedFor);
    }

    private static void Answer(FramedParts parts, AnsweredClient client, double seconds) => Reply(parts, Open(parts, client), seconds);

    private static long Open(FramedParts parts, AnsweredClient client)
    {
        long number = parts.Ring.Open(parts.Voters(0, 1));
        parts.Ring[number].OpenedAt = parts.Durations.Now;
        parts.Answers.Enter(client, number);
        parts.Voting.Opened(number);
        return number;
    }

    private static void Reply(FramedParts parts, long number, double seconds, TimeSpan? slow = null)
    {
        parts.Durations.Turn((long)(seconds * TimeSpan.TicksPerSecond), slow ?? Slow);
        foreach (var server in parts.Servers)
            parts.Voting.Replied(server, number, "+OK\r\n"u8, null, isError: false, hash: 1);
    }
}
