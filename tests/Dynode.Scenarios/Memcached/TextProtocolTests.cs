using System.Diagnostics;
using System.Text;
using Dynode.Broadcast.Plane;
using Dynode.Protocols;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Memcached;

/// <summary>The text protocol by hand, through a broadcaster with three real servers.</summary>
[Trait("Server", "memcached")]
public sealed class TextProtocolTests
{
    private const int Pipelined = 6_000;

    [Fact]
    public async Task Classic_commands_are_answered_as_by_one_memcached()
    {
        using var under = await MemcachedUnderTest.StartAsync(3);
        using var client = await under.ConnectAsync();
        await ExpectAsync(client,
            ("set a 5 0 5\r\nhello", "STORED"), ("get a", "VALUE a 5 5\r\nhello\r\nEND"), ("get a none a", "VALUE a 5 5\r\nhello\r\nVALUE a 5 5\r\nhello\r\nEND"),
            ("add a 0 0 1\r\nx", "NOT_STORED"), ("replace none 0 0 1\r\nx", "NOT_STORED"), ("append a 0 0 1\r\n!", "STORED"), ("prepend a 0 0 1\r\n>", "STORED"),
            ("get a", "VALUE a 5 7\r\n>hello!\r\nEND"), ("set n 0 0 2\r\n10", "STORED"), ("incr n 5", "15"), ("decr n 20", "0"), ("incr a 1", "CLIENT_ERROR cannot increment or decrement non-numeric value"),
            ("incr none 1", "NOT_FOUND"), ("touch a 100", "TOUCHED"), ("touch none 100", "NOT_FOUND"), ("gat 100 a none", "VALUE a 5 7\r\n>hello!\r\nEND"),
            ("delete a", "DELETED"), ("delete a", "NOT_FOUND"), ("delete n 0", "DELETED"), ("verbosity 0", "OK"), ("set empty 0 0 0\r\n", "STORED"), ("get empty", "VALUE empty 0 0\r\n\r\nEND"),
            ("nosuch", "ERROR"), ("get", "ERROR"));
        await FlushAsync(under, () => ExpectAsync(client, ("flush_all", "OK")), "empty");
        await ExpectAsync(client, ("get empty", "END"));
        Assert.StartsWith("VERSION ", await client.AskAsync("version\r\n"), StringComparison.Ordinal);
        Assert.Matches(@"^(STAT \S+ .*\r\n)+END\r\n$", await client.AskAsync("stats\r\n"));
        Assert.Matches(@"^VALUE c 0 1 \d+\r\nx\r\nEND\r\n$", (await client.AskAsync("set c 0 0 1\r\nx\r\ngets c\r\n"))["STORED\r\n".Length..]);
        await under.SettledAsync();
        Assert.All(under.Broadcaster.Snapshot.Backends, backend => Assert.Equal((0L, 0L), (backend.Divergences, backend.ConnectionsLost)));
    }

    [Fact]
    public async Task Noreply_is_obeyed_by_every_command_that_has_it()
    {
        using var under = await MemcachedUnderTest.StartAsync(3);
        using var client = await under.ConnectAsync();
        const string Silent = "set a 0 0 1 noreply\r\n1\r\nadd b 0 0 1 noreply\r\n2\r\nreplace b 0 0 1 noreply\r\n3\r\nappend b 0 0 1 noreply\r\n4\r\nprepend b 0 0 1 noreply\r\n5\r\n"
            + "add b 0 0 1 noreply\r\nx\r\nincr a 6 noreply\r\ndecr a 1 noreply\r\nincr none 1 noreply\r\nset d 0 0 1 noreply\r\nx\r\ndelete d noreply\r\ndelete d noreply\r\ntouch a 100 noreply\r\n"
            + "touch none 1 noreply\r\nverbosity 0 noreply\r\ncas a 0 0 1 1 noreply\r\nx\r\n";
        Assert.Equal("", await client.AskAsync(Silent));
        Assert.Equal("VALUE a 0 1\r\n6\r\nVALUE b 0 3\r\n534\r\nEND\r\n", await client.AskAsync("get a b d\r\n"));
        Assert.Equal("VALUE a 0 1\r\n6\r\nVALUE b 0 3\r\n534\r\nEND\r\n", await under.EqualAsync("get a b d\r\n"));
        await FlushAsync(under, async () => Assert.Equal("", await client.AskAsync("flush_all noreply\r\n")), "a");
        Assert.Equal("END\r\n", await client.AskAsync("get a\r\n"));
    }

    /// <summary>
    /// Until all servers have forgotten it: from 1.6.25 on flush_all spares what was stored in the second that a server's own clock is in.
    /// </summary>
    private static async Task FlushAsync(MemcachedUnderTest under, Func<Task> flush, string key)
    {
        long began = Stopwatch.GetTimestamp();
        string[] held;
        do
        {
            await flush();
            await under.SettledAsync();
            held = await under.AskServersAsync($"get {key}\r\n");
        }
        while (held.Any(answer => answer != "END\r\n") && Stopwatch.GetElapsedTime(began) < Deadline.Default);

        Assert.All(held, answer => Assert.Equal("END\r\n", answer));
    }

    [Theory]
    [InlineData("mg a v k f O1", "VA 5 ka f7 O1\r\nhello")]
    [InlineData("mg a q v", "VA 5\r\nhello")]
    [InlineData("mg a q", "HD")]
    [InlineData("mg none", "EN")]
    [InlineData("mg none q", null)]
    [InlineData("mg none q k O2", null)]
    [InlineData("mg YQ== b v k", "VA 5 ka\r\nhello")]
    [InlineData("ms x 1 T100\r\ny", "HD")]
    [InlineData("ms x 1 q\r\ny", null)]
    [InlineData("ms none 1 MR\r\ny", "NS")]
    [InlineData("ms none 1 MR q\r\ny", "NS")]
    [InlineData("ms a 1 ME q O3 k\r\ny", "NS O3 ka")]
    [InlineData("ms a 1 MA\r\n!", "HD")]
    [InlineData("md a", "HD")]
    [InlineData("md a q", null)]
    [InlineData("md none", "NF")]
    [InlineData("md none q", "NF")]
    [InlineData("ma n", "HD")]
    [InlineData("ma n v D5", "VA 2\r\n12")]
    [InlineData("ma n q v", null)]
    [InlineData("ma n q MD", null)]
    [InlineData("ma none", "NF")]
    [InlineData("ma none q", "NF")]
    [InlineData("ma a", "CLIENT_ERROR cannot increment or decrement non-numeric value")]
    [InlineData("ma a q", "CLIENT_ERROR cannot increment or decrement non-numeric value")]
    [InlineData("mn", "MN")]
    [InlineData("me none", "EN")]
    public async Task Meta_commands_and_their_quiet_flags(string request, string? answer)
    {
        using var under = await MemcachedUnderTest.StartAsync(3);
        using var client = await under.ConnectAsync();
        Assert.Equal("STORED\r\nSTORED\r\n", await client.AskAsync("set a 7 0 5\r\nhello\r\nset n 0 0 1\r\n7\r\n"));

        // Between two others: what is not answered shifts nothing.
        Assert.Equal($"HD Ob\r\n{(answer is null ? "" : answer + "\r\n")}HD Oc\r\n", await client.AskAsync($"mg a Ob\r\n{request}\r\nmg n Oc\r\n"));
    }

    [Fact]
    public async Task Many_keys_are_got_at_once_and_large_and_binary_values_come_back_as_they_were()
    {
        using var under = await MemcachedUnderTest.StartAsync(3);
        using var client = await under.ConnectAsync();
        string[] keys = [.. Enumerable.Range(0, 2_000).Select(i => $"key-{i}-{new string('k', i % 200)}")];
        string sets = string.Concat(keys.Select((key, i) => $"set {key} 0 0 {i % 300} noreply\r\n{new string('v', i % 300)}\r\n"));
        string expected = string.Concat(keys.Select((key, i) => $"VALUE {key} 0 {i % 300}\r\n{new string('v', i % 300)}\r\n"));
        Assert.Equal(expected + "END\r\n", await client.AskAsync($"{sets}get {string.Join(' ', keys)}\r\n"));

        // As large as a memcached takes it with its default limit of 1 MiB an item.
        string large = new string('x', (1 << 20) - 300);
        string binary = string.Concat(Enumerable.Range(0, 256).Select(i => (char)i)) + "\r\nEND\r\nVALUE a 0 1\r\nx\r\nflush_all\r\nquit\r\nHD\r\n";
        await ExpectAsync(client,
            ($"set large 0 0 {large.Length}\r\n{large}", "STORED"), ($"set binary 0 0 {binary.Length}\r\n{binary}", "STORED"),
            ("get large binary", $"VALUE large 0 {large.Length}\r\n{large}\r\nVALUE binary 0 {binary.Length}\r\n{binary}\r\nEND"),
            ("mg binary v", $"VA {binary.Length}\r\n{binary}"),
            ($"set large 0 0 {2 << 20}\r\n{large}{large}{new string('x', 600)}", "SERVER_ERROR object too large for cache"));
        await under.EqualAsync("get large binary\r\n");
    }

    [Theory]
    [InlineData(FramedReply.Primary)]
    [InlineData(FramedReply.Fastest)]
    [InlineData(FramedReply.Majority)]
    [InlineData(FramedReply.Every)]
    [InlineData(FramedReply.All)]
    [InlineData(FramedReply.None)]
    public async Task Long_replies_that_are_not_the_answer_give_their_memory_back(FramedReply reply)
    {
        // Longer than one read: each is collected, streamed or only hashed, as the policy and the order of arrival will have it.
        const int Length = 300_000;

        // What the others may be ahead of the first is within what waits for one client.
        const int Count = 20;
        using var under = await MemcachedUnderTest.StartAsync(3, reply);
        using var client = await under.ConnectAsync();
        string answer = await client.AskAsync($"set a 0 0 {Length} noreply\r\n{new string('x', Length)}\r\n{string.Concat(Enumerable.Repeat("get a\r\n", Count))}");
        int replies = reply switch { FramedReply.All => 3, FramedReply.None => 0, _ => 1 };
        Assert.Equal(Count * replies * (Length + "VALUE a 0 300000\r\n\r\nEND\r\n".Length), answer.Length);
        await under.SettledAsync();

        // One page a server connection for reading, one for the log, and the client's.
        await Eventually.True(() => under.Broadcaster.Snapshot.Memory.OutstandingPages <= 3 + 1 + 2, under.Broadcaster.Dump);
    }

    [Fact]
    public Task A_pipeline_of_thousands_cut_at_random_is_answered_in_order() => Seed.RunAsync(async random =>
    {
        using var under = await MemcachedUnderTest.StartAsync(3);
        using var client = await under.ConnectAsync();
        var requests = new StringBuilder();
        var expected = new StringBuilder();
        for (int i = 0; i < Pipelined; i++)
        {
            string value = new((char)('a' + (i % 26)), random.Next(0, random.Next(20) == 0 ? 9_000 : 60));
            requests.Append($"set k{i % 100} {i} 0 {value.Length}{(i % 3 == 0 ? " noreply" : "")}\r\n{value}\r\nmg k{i % 100} q v f\r\nmg none q\r\n");
            expected.Append($"{(i % 3 == 0 ? "" : "STORED\r\n")}VA {value.Length} f{i}\r\n{value}\r\n");
        }

        var sending = client.SendCutAsync(TextClient.Bytes(requests.ToString()), random);
        string answer = await client.AskAfterAsync(sending);
        Assert.True(expected.ToString() == answer, $"they differ at {expected.ToString().Zip(answer).TakeWhile(pair => pair.First == pair.Second).Count()} of {expected.Length}");
    });

    [Theory]
    [InlineData(false, "CLIENT_ERROR dynode: cas is refused")]
    [InlineData(true, "STORED|EXISTS")]
    public async Task Cas_is_refused_unless_it_is_allowed(bool allowed, string expected)
    {
        using var under = await MemcachedUnderTest.StartAsync(1, MemcachedUnderTest.Settings with { Framing = new ProtocolSettings { AllowsCas = allowed } });
        using var client = await under.ConnectAsync();
        string number = (await client.AskAsync("set a 0 0 1\r\nx\r\ngets a\r\n")).Split("\r\n")[1].Split(' ')[4];
        string[] answers = (await client.AskAsync($"cas a 0 0 1 {number}\r\ny\r\ncas a 0 0 1 {number}\r\nz\r\nms a 1 C{number}\r\nz\r\n")).Split("\r\n");
        if (allowed)
        {
            Assert.Equal(["STORED", "EXISTS", "EX", ""], answers);
            return;
        }

        Assert.Equal(4, answers.Length);
        Assert.All(answers[..3], answer => Assert.StartsWith(expected, answer, StringComparison.Ordinal));
        Assert.Equal("VALUE a 0 1\r\nx\r\nEND\r\n", await client.AskAsync("get a\r\n"));
    }

    [Theory]
    [InlineData("\u0080\0\0\0\0\0\0\0", "CLIENT_ERROR the binary protocol is not supported")]
    [InlineData("set a 0 0 x\r\n", "CLIENT_ERROR")]
    [InlineData("set a 0 0 1\r\nxx\r\n", "CLIENT_ERROR bad data chunk")]
    public async Task What_is_no_request_is_refused_and_closes_that_client_alone(string bytes, string answer)
    {
        using var under = await MemcachedUnderTest.StartAsync(2);
        using var neighbour = await under.ConnectAsync();
        using var client = await under.ConnectAsync();
        await client.SendAsync(TextClient.Bytes("set b 0 0 1\r\ny\r\n" + bytes));
        Assert.StartsWith("STORED\r\n" + answer, await client.ReadToEndAsync(), StringComparison.Ordinal);
        Assert.Equal("VALUE b 0 1\r\ny\r\nEND\r\n", await neighbour.AskAsync("get b a\r\n"));
        Assert.Equal(1, under.Broadcaster.Snapshot.Malformed);
    }

    [Fact]
    public async Task Quit_ends_the_client_behind_its_answers_and_no_server()
    {
        using var under = await MemcachedUnderTest.StartAsync(2);
        using var client = await under.ConnectAsync();
        using var neighbour = await under.ConnectAsync();
        await client.SendAsync(TextClient.Bytes("set a 0 0 1\r\nx\r\nget a\r\nquit\r\nget a\r\n"));
        Assert.Equal("STORED\r\nVALUE a 0 1\r\nx\r\nEND\r\n", await client.ReadToEndAsync());
        Assert.Equal("VALUE a 0 1\r\nx\r\nEND\r\n", await neighbour.AskAsync("get a\r\n"));
        Assert.All(under.Broadcaster.Snapshot.Backends, backend => Assert.Equal(0, backend.ConnectionsLost));
    }

    private static async Task ExpectAsync(TextClient client, params (string Request, string Answer)[] all)
    {
        foreach (var (request, answer) in all)
            Assert.Equal(answer + "\r\n", await client.AskAsync(request + "\r\n"));

        // And all at once; what they did the first time shows in some of the answers, but not in their number.
        string[] again = await client.AskEachAsync([.. all.Select(one => one.Request + "\r\n")], new Random(1));
        Assert.Equal(all.Length, again.Length);
        Assert.All(again, answer => Assert.NotEmpty(answer));
    }
}
