using Dynode.Broadcast.Plane;
using Dynode.Protocols.Policies;

namespace Dynode.UnitTests.Broadcast.Framed.Answers;

/// <summary>Which requests have a line in the access log, and what stands in it.</summary>
public sealed class AccessedRequestsTests
{
    private readonly KeptLines _log = new();

    [Theory]
    [InlineData(AccessLogging.Off, 1, 10, 0)]
    [InlineData(AccessLogging.Connections, 1, 10, 0)]
    [InlineData(AccessLogging.Requests, 1, 10, 10)]
    [InlineData(AccessLogging.Requests, 5, 4, 0)]
    [InlineData(AccessLogging.Requests, 5, 5, 1)]
    [InlineData(AccessLogging.Requests, 5, 6, 1)]
    [InlineData(AccessLogging.Requests, 5, 10, 2)]
    public void One_in_so_many_requests_has_a_line(AccessLogging what, int sample, int requests, int lines)
    {
        var parts = Parts(PrimaryReply.Instance, what, sample);
        for (int i = 0; i < requests; i++)
            Reply(parts, Open(parts, new AnsweredClient()));
        Assert.Equal(lines, _log.Of(1603).Count());
        Assert.False(parts.Access.AreOpen);
    }

    [Fact]
    public void It_says_whose_answer_the_client_got_and_how_long_it_waited()
    {
        var parts = Parts(PrimaryReply.Instance, AccessLogging.Requests);
        parts.Durations.Turn(0, TimeSpan.Zero);
        long number = Open(parts, new AnsweredClient());
        parts.Durations.Turn(TimeSpan.FromSeconds(0.25).Ticks, TimeSpan.Zero);
        Reply(parts, number);
        Assert.Equal(["request 0 of 127.0.0.1:4711: ? , 7 bytes, 0.25 s, answered by 127.0.0.1:1"], _log.Of(1603));
    }

    [Fact]
    public void Where_all_answer_or_nobody_or_the_broadcaster_itself_it_says_so()
    {
        var every = Parts(AllReplies.Instance, AccessLogging.Requests);
        Reply(every, Open(every, new AnsweredClient()));
        var none = Parts(PrimaryReply.Instance, AccessLogging.Requests);
        Open(none, new AnsweredClient());
        none.Voting.Withdrew(none.Servers[0], 0);
        none.Voting.Withdrew(none.Servers[1], 0);
        var silent = Parts(PrimaryReply.Instance, AccessLogging.Requests);
        silent.Access.Passed(3, silent.Access.Take(new AnsweredClient(), "a"u8, "b"u8, null)!);
        Assert.Equal(["all", "dynode", "nobody"], _log.Of(1603).Select(line => line[(line.LastIndexOf(' ') + 1)..]));
    }

    /// <summary>Its client has left meanwhile: the line says who it was all the same, and nothing is kept.</summary>
    [Fact]
    public void A_request_whose_client_is_gone_has_its_line_too()
    {
        var parts = Parts(PrimaryReply.Instance, AccessLogging.Requests);
        var client = new AnsweredClient();
        long number = Open(parts, client);
        parts.Answers.Leave(client);
        Reply(parts, number);
        Assert.Contains("127.0.0.1:4711", Assert.Single(_log.Of(1603)), StringComparison.Ordinal);
        Assert.False(parts.Access.AreOpen);
    }

    [Fact]
    public void Another_sample_is_in_force_with_the_next_request()
    {
        var parts = Parts(PrimaryReply.Instance, AccessLogging.Requests, sample: 1_000);
        Reply(parts, Open(parts, new AnsweredClient()));
        parts.Plane.Settings = parts.Plane.Settings with { AccessLogSample = 1 };
        Reply(parts, Open(parts, new AnsweredClient()));
        parts.Plane.Settings = parts.Plane.Settings with { AccessLog = AccessLogging.Off };
        Reply(parts, Open(parts, new AnsweredClient()));
        Assert.Single(_log.Of(1603));
    }

    private FramedParts Parts(IReplyPolicy policy, AccessLogging what, int sample = 1)
    {
        var parts = new FramedParts(policy, servers: 2, slotsMax: 16, logger: _log);
        parts.Plane.Settings = parts.Plane.Settings with { AccessLog = what, AccessLogSample = sample };
        return parts;
    }

    private static long Open(FramedParts parts, AnsweredClient client)
    {
        var accessed = parts.Access.Take(client, "SET k "u8, "v"u8, null);
        long number = parts.Ring.Open(parts.Voters(0, 1));
        parts.Ring[number].OpenedAt = parts.Durations.Now;
        if (accessed is not null)
            parts.Access.Entered(number, accessed);
        parts.Answers.Enter(client, number);
        parts.Voting.Opened(number);
        return number;
    }

    private static void Reply(FramedParts parts, long number)
    {
        foreach (var server in parts.Servers)
            parts.Voting.Replied(server, number, "+OK\r\n"u8, null, isError: false, hash: 1);
    }
}
