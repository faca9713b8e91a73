using Dynode.Streams;
using Dynode.Streams.Nats;
using Dynode.TestKit;

namespace Dynode.UnitTests.Streams.Nats;

/// <summary>A server that was cut off from the others lives, and is left for one of them.</summary>
public sealed class NatsLeavingTests
{
    private const string Leaderless = "\"cluster\":{\"name\":\"c\"}";
    private const string Led = "\"cluster\":{\"leader\":\"fake\"}";

    private readonly LateTime _time = new();
    private volatile bool _isCutOff;
    private volatile bool _areAll;

    [Fact]
    public async Task One_that_says_for_long_that_there_is_no_leader()
    {
        await using HostileNats first = new(answer: (session, subject, replyTo) => LookAsync(session, subject, replyTo, _isCutOff)), second = new(answer: (session, subject, replyTo) => LookAsync(session, subject, replyTo, _areAll));
        await using var log = new NatsLogUnderTest(Both(first.Port, second.Port), time: _time);
        Assert.Contains($":{first.Port}", (await log.WordAsync(StreamWordKind.Here)).State!.Where, StringComparison.Ordinal);
        _isCutOff = _areAll = true;
        await LookAsync(log);
        _time.Later = 9_999;
        await LookAsync(log);
        Assert.Equal(1, first.Accepted + second.Accepted);
        _time.Later = 10_000;
        int before = log.Words.Count;
        log.Log.Look();
        Assert.Equal($"127.0.0.1:{first.Port} says for 10 s that the stream has no leader: it may be cut off from the others, of which one is asked", (await log.WordAsync(StreamWordKind.Away, before)).Text);

        // Until there is one somewhere it goes round, and says so once.
        await Eventually.True(() => first.Accepted >= 3 && second.Accepted >= 3);
        Assert.Equal(["the stream has no leader, by whoever answers"], log.Of(StreamWordKind.Away).Skip(1).Select(word => word.Text));
        _areAll = false;
        Assert.Contains($":{second.Port}", (await log.WordAsync(StreamWordKind.Here, before)).State!.Where, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_confirms_nothing_for_long()
    {
        // As one does that takes itself for the leader still: it says so, and nothing comes of what is published.
        await using HostileNats first = new(answer: (_, subject, _) => Task.FromResult(_isCutOff && subject.StartsWith("dynode.", StringComparison.Ordinal))), second = new();
        await using var log = new NatsLogUnderTest(Both(first.Port, second.Port), time: _time);
        await log.WordAsync(StreamWordKind.Here);

        // It refuses, which is an answer.
        for (int i = 0; i < 3; i++)
        {
            int seen = log.Words.Count;
            log.Publish(7, [1]);
            await log.WordAsync(StreamWordKind.Refused, seen);
            _time.Later += 5_000;
        }

        _isCutOff = true;
        log.Publish(7, [1]);
        await LookAsync(log);
        _time.Later += 9_000;
        log.Publish(7, [1]);
        await LookAsync(log);
        Assert.Equal(1, first.Accepted + second.Accepted);
        _time.Later += 1_000;
        int before = log.Words.Count;
        log.Publish(7, [1]);
        Assert.StartsWith($"127.0.0.1:{first.Port} confirms nothing for 10 s", (await log.WordAsync(StreamWordKind.Away, before)).Text, StringComparison.Ordinal);
        Assert.Contains($":{second.Port}", (await log.WordAsync(StreamWordKind.Here, before)).State!.Where, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_only_one_stays()
    {
        await using HostileNats only = new(answer: (session, subject, replyTo) => LookAsync(session, subject, replyTo, _isCutOff));
        await using var log = new NatsLogUnderTest(NatsLogUnderTest.Settings(only.Port), time: _time);
        await log.WordAsync(StreamWordKind.Here);
        _isCutOff = true;
        for (int i = 0; i < 5; i++)
        {
            Assert.True((await LookAsync(log)).State!.IsLeaderless);
            _time.Later += 9_000;
        }

        Assert.Equal(1, only.Accepted);
    }

    /// <summary>What any server of the stream answers may have been given to the one that is cut off.</summary>
    [Fact]
    public async Task What_another_would_have_answered_is_not_waited_for()
    {
        await using HostileNats server = new(answer: (_, subject, _) => Task.FromResult(subject == "$JS.API.DIRECT.GET.orders"));
        await using var log = new NatsLogUnderTest(NatsLogUnderTest.Settings(server.Port));
        await log.WordAsync(StreamWordKind.Here);
        Assert.Equal((1, 1), (log.Words.Count, server.Accepted));
    }

    private static async Task<TakenWord> LookAsync(NatsLogUnderTest log)
    {
        int before = log.Words.Count;
        log.Log.Look();
        return await log.WordAsync(StreamWordKind.Stands, before);
    }

    private static async Task<bool> LookAsync(HostileSession session, string subject, string replyTo, bool isLeaderless)
    {
        if (subject != "$JS.API.STREAM.INFO.orders") return false;
        await session.ReplyAsync(replyTo, isLeaderless ? HostileNats.State(0, 0).Replace(Led, Leaderless, StringComparison.Ordinal) : HostileNats.State(0, 0));
        return true;
    }

    private static NatsSettings Both(int first, int second)
    {
        Assert.True(NatsUrl.TryParse($"nats://127.0.0.1:{first},127.0.0.1:{second}/orders", out NatsUrl? url, out string fault), fault);
        return NatsLogUnderTest.Settings(first) with { Url = url! };
    }

    // Its timers are the system's; what time it is a test says.
    private sealed class LateTime : TimeProvider
    {
        private readonly long _began = System.GetTimestamp();
        private long _later;

        /// <summary>Milliseconds since it began.</summary>
        public long Later { get => Volatile.Read(ref _later); set => Volatile.Write(ref _later, value); }

        public override long GetTimestamp() => _began + (Later * System.TimestampFrequency / 1000);
    }
}
