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

    [Theory]
    [InlineData(128, 127)]
    [InlineData(128, 128)]
    [InlineData(128, 129)]
    [InlineData(1, 3)]
    [InlineData(0, 3)]
    public void The_last_are_kept_newest_first_as_many_as_slowlog_max_says_and_all_are_counted(int most, int slow)
    {
        var parts = new FramedParts(PrimaryReply.Instance, servers: 2, slotsMax: 16);
        Keep(parts, most);
        for (int i = 0; i < slow; i++)
        {
            parts.Durations.Turn(0, Slow);
            Answer(parts, new AnsweredClient(), 1 + i);
        }

        int kept = Math.Min(most, slow);
        Assert.Equal(Enumerable.Range(slow - kept, kept).Reverse().Select(i => (long)i), parts.Slow.Newest.Select(request => request.Number));
        Assert.Equal(slow, parts.Durations.Slow);
    }

    [Fact]
    public void A_reload_that_keeps_fewer_forgets_the_oldest_at_once_and_one_that_keeps_more_does_at_once_too()
    {
        var parts = new FramedParts(PrimaryReply.Instance, servers: 2, slotsMax: 16);
        for (int i = 0; i < 5; i++)
        {
            parts.Durations.Turn(0, Slow);
            Answer(parts, new AnsweredClient(), 1 + i);
        }

        Keep(parts, 2);
        Assert.Equal([4L, 3L], parts.Slow.Newest.Select(request => request.Number));
        Keep(parts, 3);
        parts.Durations.Turn(0, Slow);
        Answer(parts, new AnsweredClient(), 9);
        Assert.Equal([5L, 4L, 3L], parts.Slow.Newest.Select(request => request.Number));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(70_000L)]
    public void Its_bytes_stand_beside_its_name_where_some_server_still_knows_it(long? bytes)
    {
        var parts = new FramedParts(PrimaryReply.Instance, servers: 2, slotsMax: 16) { Length = bytes };
        parts.Durations.Turn(0, Slow);
        Answer(parts, new AnsweredClient(), 1);
        var request = Assert.Single(parts.Slow.Newest);
        Assert.Equal((bytes is null ? "?" : "NAMED", bytes), (request.Command, request.Bytes));
    }

    [Fact]
    public void Its_line_counts_those_that_were_decided_so_far_itself_too()
    {
        var log = new KeptLines();
        var parts = new FramedParts(PrimaryReply.Instance, servers: 2, slotsMax: 16, logger: log);
        for (int i = 0; i < 3; i++)
        {
            parts.Durations.Turn(0, Slow);
            Answer(parts, new AnsweredClient(), 1);
            parts.Time.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Equal(["(1 so far)", "(2 so far)", "(3 so far)"], log.Of(1515).Select(line => line[line.LastIndexOf('(')..]));
    }

    private static void Keep(FramedParts parts, int most) => parts.Plane.Settings = parts.Plane.Settings with { SlowLogMax = most };

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
