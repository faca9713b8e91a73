using System.Text;
using Dynode.Streams;
using Dynode.TestKit;

namespace Dynode.UnitTests.Streams.Nats;

/// <summary>Whatever listens where the stream should be: a word says what is wrong with it, nothing grows, nothing hangs.</summary>
public sealed class HostileNatsTests
{
    private const string JustNow = "2026-11-29T18:57:28.631540878Z";
    private static readonly int[] WithAHole = [1, 2, 4];

    [Fact]
    public async Task Left_alone_it_will_do()
    {
        await using var server = new HostileNats();
        await using var log = new NatsLogUnderTest(NatsLogUnderTest.Settings(server.Port));
        TakenWord here = await log.WordAsync(StreamWordKind.Here);
        Assert.Equal("", here.Text);
        Assert.Equal("nats-server 2.10.27 at 127.0.0.1:" + server.Port + ", which is the leader, 1 replicas", here.State!.Where);
    }

    [Theory]
    [InlineData("", "it closed the connection before it said anything")]
    [InlineData("INF", "it closed the connection within its first line")]
    [InlineData("HTTP/1.1 400 Bad Request\r\n\r\n", "it does not speak as a nats-server does: it sent 'HTTP/1.1 400 Bad Request'")]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n", "it does not speak as a nats-server does: it sent 'SSH-2.0-OpenSSH_9.2'")]
    [InlineData("PING\r\n", "it does not say what it is first")]
    [InlineData("INFO \r\n", "cannot be read")]
    [InlineData("INFO nonsense\r\n", "cannot be read: INFO nonsense")]
    [InlineData("INFO {\"version\":\"2.10.27\"\r\n", "cannot be read")]
    [InlineData("INFO {\"version\":2}\r\n", "cannot be read")]
    public async Task What_begins_otherwise_is_away(string greeting, string says)
    {
        await using var server = new HostileNats(async session =>
        {
            await session.SendAsync(greeting);
            session.HalfClose();
        });
        await using var log = new NatsLogUnderTest(NatsLogUnderTest.Settings(server.Port));
        string text = (await log.WordAsync(StreamWordKind.Away)).Text;
        Assert.StartsWith($"127.0.0.1:{server.Port}: ", text, StringComparison.Ordinal);
        Assert.Contains(says, text, StringComparison.Ordinal);

        // It goes on trying, and says the same once.
        await Eventually.True(() => server.Accepted >= 3);
        Assert.Single(log.Words);
    }

    [Theory]
    [InlineData("{}", "it says version '', which is none")]
    [InlineData("{\"version\":\"newest\"}", "it says version 'newest', which is none")]
    [InlineData("{\"version\":\"2.10.26\"}", "nats-server 2.10.26 is too old: install 2.10.27 or later")]
    [InlineData("{\"version\":\"2.10.27\"}", "takes no headers")]
    [InlineData("{\"version\":\"2.10.27\",\"headers\":true}", "max_payload is 0 bytes: set it to 69632 or more")]
    [InlineData("{\"version\":\"2.10.27\",\"headers\":true,\"max_payload\":-5}", "max_payload is -5 bytes")]
    [InlineData("{\"version\":\"2.10.27\",\"headers\":true,\"max_payload\":69632,\"tls_required\":true}", "the server wants TLS: use nats+tls://")]
    public async Task One_that_will_not_do_is_a_fault_and_is_told_no_secret(string info, string says)
    {
        string? sent = "";
        await using var server = new HostileNats(async session =>
        {
            await session.SendAsync($"INFO {info}\r\n");
            sent = await session.ReadLineAsync();
        });
        await using var log = new NatsLogUnderTest(NatsLogUnderTest.Settings(server.Port) with { User = "u", Password = "secret" });
        Assert.Contains(says, (await log.WordAsync(StreamWordKind.Fault)).Text, StringComparison.Ordinal);
        await Eventually.Equal(null, () => sent);
    }

    [Fact]
    public async Task A_first_line_without_an_end_is_not_kept()
    {
        long sent = 0;
        await using var server = new HostileNats(async session =>
        {
            await session.SendAsync("INFO {\"version\":\"");
            byte[] part = new byte[64 << 10];
            Array.Fill(part, (byte)'x');
            while (true)
            {
                await session.SendAsync(part);
                Interlocked.Add(ref sent, part.Length);
            }
        });
        await using var log = new NatsLogUnderTest(NatsLogUnderTest.Settings(server.Port));
        Assert.Contains("a line of more than 65536 bytes", (await log.WordAsync(StreamWordKind.Away)).Text, StringComparison.Ordinal);

        // What the kernel takes for who reads no more, of three connections at most.
        Assert.InRange(Interlocked.Read(ref sent) / Math.Max(1, server.Accepted), 0, 16 << 20);
    }

    [Fact]
    public async Task One_that_says_nothing_is_given_up()
    {
        await using var server = new HostileNats(_ => Task.CompletedTask);
        await using var log = new NatsLogUnderTest(NatsLogUnderTest.Settings(server.Port));
        Assert.Contains("is not there", (await log.WordAsync(StreamWordKind.Away)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_answers_no_login_is_given_up()
    {
        await using var server = new HostileNats(async session =>
        {
            await session.SendAsync(HostileNats.Info);
            while (await session.ReadLineAsync() is not null)
            {
            }
        });
        await using var log = new NatsLogUnderTest(NatsLogUnderTest.Settings(server.Port));
        Assert.Contains("nobody answered the login", (await log.WordAsync(StreamWordKind.Away)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_answers_no_request_is_given_up()
    {
        await using var server = new HostileNats(answer: (_, _, _) => Task.FromResult(true));
        await using var log = new NatsLogUnderTest(NatsLogUnderTest.Settings(server.Port));
        Assert.Equal("$JS.API.STREAM.INFO.orders was not answered within 1 s", (await log.WordAsync(StreamWordKind.Away)).Text);
    }

    [Theory]
    [InlineData("-ERR 'Slow Consumer'\r\n", StreamWordKind.Away, "the server says: Slow Consumer")]
    [InlineData("-ERR 'Stale Connection'\r\n", StreamWordKind.Away, "the server says: Stale Connection")]
    [InlineData("-ERR 'User Authentication Expired'\r\n", StreamWordKind.Fault, "the server refuses the login: User Authentication Expired")]
    [InlineData("-ERR 'Permissions Violation for Publish to \"dynode.orders.0000000000000007\"'\r\n", StreamWordKind.Fault, "let this user publish to \"dynode.orders.0000000000000007\"")]
    [InlineData("-ERR 'Permissions Violation for Subscription to \"dynode-placed.orders.>\"'\r\n", StreamWordKind.Fault, "let this user subscribe to \"dynode-placed.orders.>\"")]
    [InlineData("-ERR", StreamWordKind.Away, "the server closed the connection")]
    [InlineData("nonsense\r\n", StreamWordKind.Away, "it does not speak as a nats-server does: it sent 'nonsense'")]
    [InlineData("MSG a 1 99999999\r\n", StreamWordKind.Away, "the server announced 99999999 bytes, and had said that it takes at most 1048576")]
    [InlineData("HMSG a 1 20 10\r\n", StreamWordKind.Away, "it does not speak as a nats-server does: it sent 'HMSG a 1 20 10'")]
    [InlineData("INFO {\"max_payload\":[]}\r\n", StreamWordKind.Away, "cannot be read")]
    [InlineData("INFO {\"version\":\"2.10.27\",\"ldm\":true,\"max_payload\":1048576}\r\n", StreamWordKind.Away, "the server is about to end")]
    public async Task What_comes_in_the_midst_ends_the_connection_with_its_reason(string bytes, StreamWordKind kind, string says)
    {
        await using var server = new HostileNats();
        await using var log = new NatsLogUnderTest(NatsLogUnderTest.Settings(server.Port));
        await log.WordAsync(StreamWordKind.Here);
        await server.Session!.SendAsync(bytes);

        // Half a line, and then the end.
        if (!bytes.EndsWith('\n')) server.Session.HalfClose();
        Assert.Contains(says, (await log.WordAsync(kind)).Text, StringComparison.Ordinal);
        await log.WordAsync(StreamWordKind.Here, 2);
    }

    [Fact]
    public async Task A_limit_that_is_lowered_in_the_midst_refuses_and_is_stated()
    {
        await using var server = new HostileNats();
        await using var log = new NatsLogUnderTest(NatsLogUnderTest.Settings(server.Port));
        await log.WordAsync(StreamWordKind.Here);
        await server.Session!.SendAsync("INFO {\"version\":\"2.10.27\",\"headers\":true,\"max_payload\":70000}\r\n");
        log.Log.Look();
        Assert.Equal(70_000, (await log.WordAsync(StreamWordKind.Stands)).State!.ParcelBytesMax);
        log.Publish(7, new byte[70_001]);
        Assert.Contains("max_payload of 70000", (await log.WordAsync(StreamWordKind.Refused)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_no_entry_is_not_heard_and_what_goes_back_is()
    {
        await using var server = new HostileNats();
        await using var log = new NatsLogUnderTest(NatsLogUnderTest.Settings(server.Port));
        await log.WordAsync(StreamWordKind.Here);
        log.Log.Listen();
        log.Log.Look();
        await log.WordAsync(StreamWordKind.Stands);
        HostileSession session = server.Session!;
        await session.PlaceAsync("Other: 1", "none");
        await session.PlaceAsync("Nats-Sequence: x", "none");
        await session.PlaceAsync("Nats-Sequence: 0", "none");
        await session.PlaceAsync($"Nats-Sequence: 5\r\nNats-Time-Stamp: {JustNow}", "five");
        await session.PlaceAsync($"Nats-Sequence: 4\r\nNats-Time-Stamp: {JustNow}", "back");
        await session.PlaceAsync($"Nats-Sequence: 5\r\nNats-Time-Stamp: {JustNow}", "again");
        await session.PlaceAsync("Nats-Sequence: 6", "without its time");
        await session.PlaceAsync($"Nats-Sequence: 7\r\nNats-Time-Stamp: {JustNow}", "");
        await Eventually.Equal("Heard 5 five, Heard 4 back, Heard 5 again, Missed 6 , Heard 7 ", () => string.Join(", ", log.Words
            .Where(word => word.Kind is StreamWordKind.Heard or StreamWordKind.Missed)
            .Select(word => $"{word.Kind} {word.Number} {Encoding.ASCII.GetString(word.Bytes)}")), log.Dump);
        Assert.Equal(1795978648631, log.Of(StreamWordKind.Heard)[0].Time);
    }

    [Fact]
    public async Task A_consumer_that_leaves_something_out_is_not_believed()
    {
        await using var server = new HostileNats(answer: async (session, subject, replyTo) =>
        {
            switch (subject)
            {
                case "$JS.API.STREAM.INFO.orders":
                    await session.ReplyAsync(replyTo, HostileNats.State(1, 9));
                    return true;
                case "$JS.API.CONSUMER.CREATE.orders":
                    await session.ReplyAsync(replyTo, "{\"name\":\"c\",\"num_pending\":9}");
                    return true;
                case "$JS.API.CONSUMER.MSG.NEXT.orders.c":
                    foreach (int number in WithAHole)
                        await session.SendAsync($"MSG dynode.orders.1 {session.Sid(replyTo)} $JS.ACK.orders.c.1.{number}.1.1795978648631540878.{9 - number} 1\r\nx\r\n");
                    return true;
                default:
                    return false;
            }
        });
        await using var log = new NatsLogUnderTest(NatsLogUnderTest.Settings(server.Port));
        await log.WordAsync(StreamWordKind.Here);
        log.Log.Pull(1, 1000);
        TakenWord ended = await log.WordAsync(StreamWordKind.PullEnded);
        Assert.Equal((3ul, "a consumer said number 4 where 3 was next, and the stream keeps all from 1 on"), (ended.Number, ended.Text));
        Assert.Equal([1ul, 2ul], log.Of(StreamWordKind.Pulled).Select(word => word.Number));
    }

    [Theory]
    [InlineData("{\"error\":{\"code\":500,\"err_code\":10012,\"description\":\"no room\"}}", "no consumer: no room (error 10012)")]
    [InlineData("{\"name\":\"a.b>\"}", "does not say what its consumer is called")]
    [InlineData("{}", "does not say what its consumer is called")]
    [InlineData("nonsense", "cannot be read")]
    public async Task A_consumer_that_cannot_be_had_ends_the_pull_in_words(string answer, string says)
    {
        await using var server = new HostileNats(answer: async (session, subject, replyTo) =>
        {
            if (subject != "$JS.API.CONSUMER.CREATE.orders") return false;
            await session.ReplyAsync(replyTo, answer);
            return true;
        });
        await using var log = new NatsLogUnderTest(NatsLogUnderTest.Settings(server.Port));
        await log.WordAsync(StreamWordKind.Here);
        log.Log.Pull(1, 1000);
        Assert.Contains(says, (await log.WordAsync(StreamWordKind.PullEnded)).Text, StringComparison.Ordinal);

        // And the next one is tried again.
        int before = log.Words.Count;
        log.Log.Pull(1, 1000);
        await log.WordAsync(StreamWordKind.PullEnded, before);
    }

    [Theory]
    [InlineData("nonsense", "an answer of the stream's engine cannot be read")]
    [InlineData("{\"config\":{}}", "stream orders has ")]
    [InlineData("{\"error\":{\"code\":503,\"err_code\":10008,\"description\":\"JetStream system temporarily unavailable\"}}", "temporarily unavailable")]
    [InlineData("{\"error\":{\"code\":503,\"err_code\":10039,\"description\":\"JetStream not enabled for account\"}}", "this user's account has no JetStream")]
    public async Task An_engine_that_says_nonsense_is_away_or_at_fault(string answer, string says)
    {
        await using var server = new HostileNats(answer: async (session, subject, replyTo) =>
        {
            if (subject != "$JS.API.STREAM.INFO.orders") return false;
            await session.ReplyAsync(replyTo, answer);
            return true;
        });
        await using var log = new NatsLogUnderTest(NatsLogUnderTest.Settings(server.Port));
        await Eventually.True(() => log.Words.Any(word => word.Kind is StreamWordKind.Away or StreamWordKind.Fault && word.Text.Contains(says, StringComparison.Ordinal)), log.Dump);
    }

    /// <summary>So says a cluster whose servers have just been started: it is asked again soon, and not as for a fault that somebody must mend.</summary>
    [Fact]
    public async Task A_cluster_that_has_no_room_for_the_copies_yet_is_away_and_asked_again()
    {
        int asked = 0;
        await using var server = new HostileNats(answer: async (session, subject, replyTo) =>
        {
            string? answer = subject switch
            {
                "$JS.API.STREAM.INFO.orders" => "{\"error\":{\"code\":404,\"err_code\":10059,\"description\":\"stream not found\"}}",
                "$JS.API.STREAM.CREATE.orders" => "{\"error\":{\"code\":400,\"err_code\":10005,\"description\":\"no suitable peers for placement\"}}",
                _ => null,
            };
            if (answer is null)
                return false;
            if (subject == "$JS.API.STREAM.CREATE.orders")
                Interlocked.Increment(ref asked);
            await session.ReplyAsync(replyTo, answer);
            return true;
        });
        await using var log = new NatsLogUnderTest(NatsLogUnderTest.Settings(server.Port));
        await Eventually.True(() => Volatile.Read(ref asked) > 1, log.Dump);
        Assert.Contains("log_replicas", (await log.WordAsync(StreamWordKind.Away)).Text, StringComparison.Ordinal);
        Assert.DoesNotContain(log.Words, word => word.Kind == StreamWordKind.Fault);
    }

    [Fact]
    public async Task Servers_that_it_names_are_tried_when_it_has_gone()
    {
        await using var other = new HostileNats();
        await using var server = new HostileNats(session => session.SendAsync(HostileNats.Info.Replace("true}", $"true,\"connect_urls\":[\"127.0.0.1:{other.Port}\"]}}", StringComparison.Ordinal)));
        await using var log = new NatsLogUnderTest(NatsLogUnderTest.Settings(server.Port));
        await log.WordAsync(StreamWordKind.Here);
        int before = log.Words.Count;
        server.Session!.Close();
        Assert.Contains($":{other.Port}", (await log.WordAsync(StreamWordKind.Here, before)).State!.Where, StringComparison.Ordinal);
    }
}
