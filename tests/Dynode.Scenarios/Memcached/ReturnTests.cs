using System.Globalization;
using Dynode.Broadcast.Backends;
using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Xunit;

namespace Dynode.Scenarios.Memcached;

/// <summary>Servers that die and come back. A real memcached comes back empty: what it held is its own loss, what was sent meanwhile is not.</summary>
[Trait("Server", "memcached")]
public sealed class ReturnTests
{
    private const int Clients = 4;
    private const int Requests = 1_500;

    [Fact]
    public async Task A_memcached_that_was_killed_gets_what_was_sent_meanwhile_in_order()
    {
        using var under = await MemcachedUnderTest.StartAsync(3);
        using var client = await under.ConnectAsync();
        Assert.Equal("STORED\r\nSTORED\r\n", await client.AskAsync("set before 0 0 1\r\nx\r\nset log 0 0 1\r\n>\r\n"));
        await under.SettledAsync();
        await under.Servers[1].KillAsync();
        await Eventually.True(() => under.Of(1).Standing is { IsConnected: false }, under.Broadcaster.Dump);

        string away = "set log 0 0 1 noreply\r\n>\r\n" + string.Concat(Enumerable.Range(0, Requests).Select(i => $"append log 0 0 5 noreply\r\n{i:0000},\r\n"));
        Assert.Equal("", await client.AskAsync(away));
        string expected = ">" + string.Concat(Enumerable.Range(0, Requests).Select(i => $"{i:0000},"));
        string answer = $"VALUE log 0 {expected.Length}\r\n{expected}\r\nEND\r\n";
        Assert.Equal(answer, await client.AskAsync("get log\r\n"));
        Assert.InRange(under.Of(1).Standing!.LagRequests, Requests, Requests + 3);

        await under.Servers[1].StartAsync();
        await under.CurrentAsync(3);
        Assert.Equal(answer, await under.EqualAsync("get log\r\n"));
        Assert.Equal(["VALUE before 0 1\r\nx\r\nEND\r\n", "END\r\n", "VALUE before 0 1\r\nx\r\nEND\r\n"], await under.AskServersAsync("get before\r\n"));
        Assert.Equal((0L, (string?)null), (under.Of(1).DroppedRequests, under.Of(1).Standing!.Gap));
    }

    [Fact]
    public Task Clients_never_read_an_answer_that_is_not_theirs_while_servers_die_and_return() => Seed.RunAsync(async random =>
    {
        using var under = await MemcachedUnderTest.StartAsync(3, Dynode.Broadcast.Plane.FramedReply.Fastest);
        using var over = new CancellationTokenSource();
        var clients = Enumerable.Range(0, Clients).Select(number => WriteAndReadAsync(under, number, over.Token)).ToArray();
        for (int death = 0; death < 8; death++)
        {
            int server = death % 3;
            long before = under.Broadcaster.Snapshot.Requests;
            await Eventually.True(() => under.Broadcaster.Snapshot.Requests > before + random.Next(200), under.Broadcaster.Dump);
            await under.Servers[server].KillAsync();
            before = under.Broadcaster.Snapshot.Requests;
            await Eventually.True(() => under.Broadcaster.Snapshot.Requests > before + random.Next(200), under.Broadcaster.Dump);
            await under.Servers[server].StartAsync();
            await under.CurrentAsync(3);
        }

        await over.CancelAsync();
        int asked = (await Task.WhenAll(clients)).Sum();
        await under.SettledAsync();
        TestContext.Current.TestOutputHelper?.WriteLine($"{asked} questions; repeats {string.Join(", ", under.Broadcaster.Snapshot.Backends.Select(backend => backend.Repeats))}");

        // What each held when it died is lost; what is written now is everywhere.
        using var client = await under.ConnectAsync();
        Assert.Equal("STORED\r\n", await client.AskAsync("set last 0 0 1\r\nx\r\n"));
        Assert.Equal("VALUE last 0 1\r\nx\r\nEND\r\n", await under.EqualAsync("get last\r\n"));
        Assert.All(under.Broadcaster.Snapshot.Backends, backend => Assert.Equal(0, backend.DroppedRequests));
    });

    [Fact]
    public async Task What_was_sent_and_not_answered_is_sent_again_and_counted()
    {
        using var first = FramedServer.Memcached();
        using var second = FramedServer.Memcached();
        using var broadcaster = BroadcasterUnderTest.Start(MemcachedUnderTest.Settings, [first.Address, second.Address]);
        await Eventually.Equal(2, () => broadcaster.Snapshot.Backends.Count(backend => backend.Standing is { IsCurrent: true }), broadcaster.Dump);
        using var client = await TextClient.ConnectAsync(broadcaster.Port);
        second.HoldAnswers(after: 10);
        string requests = string.Concat(Enumerable.Range(0, 50).Select(i => $"set k{i} 0 0 1\r\nx\r\n"));
        string stored = string.Concat(Enumerable.Repeat("STORED\r\n", 50));
        Assert.Equal(stored, await client.AskAsync(requests));
        await Eventually.Equal(50, () => second.Requests.Count);
        await Eventually.Equal(40L, () => Of(broadcaster, second).Standing!.LagRequests, broadcaster.Dump);
        second.ReleaseAnswers(0);
        second.StopListening();
        second.CloseAll();
        await Eventually.Equal(1L, () => Of(broadcaster, second).ConnectionsLost, broadcaster.Dump);
        Assert.Equal(stored, await client.AskAsync(requests.Replace('k', 'l')));
        await Eventually.Equal(BackendState.Down, () => Of(broadcaster, second).State, broadcaster.Dump);
        second.ReleaseAnswers();
        second.Listen();
        await Eventually.Equal(0L, () => Of(broadcaster, second).Standing!.LagRequests, broadcaster.Dump);
        Assert.Equal([.. first.Texts.Take(50), .. first.Texts.Skip(10)], second.Texts);
        Assert.Equal(40, Of(broadcaster, second).Repeats);
    }

    [Fact]
    public async Task All_gives_one_reply_per_server_in_list_order_and_an_error_for_one_that_is_down()
    {
        using var under = await MemcachedUnderTest.StartAsync(3, Dynode.Broadcast.Plane.FramedReply.All);
        using var client = await under.ConnectAsync();
        string[] answers = Lines(await client.AskAsync("set a 0 0 1\r\nx\r\n"));
        Assert.Equal(["STORED", "STORED", "STORED"], answers);
        Assert.Equal(Times("VALUE a 0 1\r\nx\r\nEND\r\n", 3), await client.AskAsync("get a\r\n"));
        Assert.Equal(Times("HD\r\n", 3), await client.AskAsync("mg a\r\n"));
        Assert.Equal("", await client.AskAsync("mg none q\r\nms a 1 q\r\ny\r\nset a 0 0 1 noreply\r\nz\r\n"));
        string large = new('x', 700_000);
        Assert.Equal(Times("STORED\r\n", 3) + Times($"VALUE large 0 {large.Length}\r\n{large}\r\nEND\r\n", 3), await client.AskAsync($"set large 0 0 {large.Length}\r\n{large}\r\nget large\r\n"));

        foreach (int down in new[] { 1, 0, 2 })
        {
            await under.Servers[down].KillAsync();
            await Eventually.True(() => under.Of(down).Standing is { IsConnected: false }, under.Broadcaster.Dump);
            for (int i = 0; i < 20; i++)
            {
                answers = Lines(await client.AskAsync($"set k{i} 0 0 1\r\nx\r\n"));
                Assert.Equal(3, answers.Length);
                for (int server = 0; server < 3; server++)
                {
                    if (server == down)
                        Assert.Matches($"^SERVER_ERROR dynode: server {under.Servers[server].Address.Replace(".", "\\.", StringComparison.Ordinal)} did not answer", answers[server]);
                    else
                        Assert.Equal("STORED", answers[server]);
                }
            }

            await under.Servers[down].StartAsync();
            await under.CurrentAsync(3);
            Assert.Equal(Times("VALUE k19 0 1\r\nx\r\nEND\r\n", 3), await client.AskAsync("get k19\r\n"));
        }
    }

    [Fact]
    public async Task With_no_server_at_all_a_request_is_answered_at_once_and_kept()
    {
        using var under = await MemcachedUnderTest.StartAsync(1);
        using var client = await under.ConnectAsync();
        Assert.Equal("STORED\r\n", await client.AskAsync("set a 0 0 1\r\nx\r\n"));
        await under.Servers[0].KillAsync();
        await Eventually.True(() => under.Of(0).State == BackendState.Down, under.Broadcaster.Dump);
        Assert.StartsWith("SERVER_ERROR dynode: no server is current", await client.AskAsync("set b 0 0 1\r\ny\r\n"), StringComparison.Ordinal);
        Assert.Equal("", await client.AskAsync("set c 0 0 1 noreply\r\nz\r\n"));
        await under.Servers[0].StartAsync();
        await under.CurrentAsync(1);
        Assert.Equal("VALUE b 0 1\r\ny\r\nVALUE c 0 1\r\nz\r\nEND\r\n", await client.AskAsync("get a b c\r\n"));
    }

    // Each asks for what only it has asked for, and the opaque token comes back with the answer.
    private static async Task<int> WriteAndReadAsync(MemcachedUnderTest under, int number, CancellationToken over)
    {
        using var client = await under.ConnectAsync();
        int asked = 0;
        for (; !over.IsCancellationRequested; asked++)
        {
            string value = string.Create(CultureInfo.InvariantCulture, $"value-{number}-{asked}-{new string('v', asked % 700)}");
            string token = $"{number}.{asked}";
            string[] answers = await client.AskEachAsync(
                [$"set k{number} 0 0 {value.Length}\r\n{value}\r\n", $"mg k{number} v k O{token}\r\n", $"mg none{number} k q\r\n", $"set q{number} 0 0 1 noreply\r\nx\r\n"], new Random(asked));
            Assert.True(answers[0] is "STORED\r\n" || IsOurs(answers[0]), answers[0]);

            // EN says no token: an empty server has come back meanwhile.
            Assert.True(answers[1] == $"VA {value.Length} kk{number} O{token}\r\n{value}\r\n" || answers[1] == "EN\r\n" || IsOurs(answers[1]), answers[1]);
            Assert.True(answers[2].Length == 0 || IsOurs(answers[2]), answers[2]);
            Assert.Equal("", answers[3]);
        }

        return asked;
    }

    private static bool IsOurs(string answer) => answer.StartsWith("SERVER_ERROR dynode: ", StringComparison.Ordinal) && answer.IndexOf('\n', StringComparison.Ordinal) == answer.Length - 1;

    private static BackendSnapshot Of(BroadcasterUnderTest broadcaster, FramedServer server) =>
        broadcaster.Snapshot.Backends.Single(backend => backend.Address == BroadcasterUnderTest.Address(server.Address));

    private static string[] Lines(string text) => text.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);

    private static string Times(string text, int count) => string.Concat(Enumerable.Repeat(text, count));
}
