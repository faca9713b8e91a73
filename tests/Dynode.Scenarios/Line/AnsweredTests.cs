using System.Globalization;
using Dynode.Broadcast.Backends;
using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Xunit;
using Reply = Dynode.Broadcast.Plane.FramedReply;
using ServerReply = Dynode.TestKit.Framed.FramedReply;

namespace Dynode.Scenarios.Line;

/// <summary>With <c>line_replies=1</c> each line has one reply at each server.</summary>
public sealed class AnsweredTests
{
    private const int Clients = 8;
    private const int Lines = 1_500;

    [Theory]
    [InlineData(Reply.Primary)]
    [InlineData(Reply.Fastest)]
    [InlineData(Reply.Majority)]
    [InlineData(Reply.Every)]
    [InlineData(Reply.All)]
    [InlineData(Reply.None)]
    public Task Replies_are_matched_one_to_one(Reply reply) => Seed.RunAsync(async random =>
    {
        using var first = FramedServer.Line();
        using var second = FramedServer.Line();
        using var third = FramedServer.Line();
        FramedServer[] servers = [first, second, third];
        using var broadcaster = BroadcasterUnderTest.Start(LineSettings.Answered(reply), servers.Select(server => server.Address));
        await broadcaster.CurrentAsync(3);
        int[] seeds = [.. Enumerable.Range(0, Clients).Select(_ => random.Next())];
        await Task.WhenAll(seeds.Select((seed, number) => AskAsync(broadcaster, number, reply, new Random(seed))));
        await Eventually.True(() => broadcaster.Snapshot.Backends.All(backend => backend.Standing is { LagRequests: 0 }), broadcaster.Dump);
        var texts = first.Texts;
        Assert.Equal(Clients * Lines, texts.Count);
        Assert.All(servers, server => Assert.Equal(texts, server.Texts));
        Assert.All(broadcaster.Snapshot.Backends, backend => Assert.Equal((0L, 0L), (backend.Divergences, backend.ConnectionsLost)));
    });

    [Fact]
    public async Task A_server_that_dies_with_lines_unanswered_gets_them_again_and_clients_lose_nothing()
    {
        using var first = FramedServer.Line();
        using var second = FramedServer.Line();
        using var broadcaster = BroadcasterUnderTest.Start(LineSettings.Answered(Reply.Primary), [first.Address, second.Address]);
        await broadcaster.CurrentAsync(2);
        using var client = await broadcaster.ConnectAsync();
        first.HoldAnswers(after: 5);
        await client.SendAsync(string.Concat(Enumerable.Range(0, 30).Select(i => $"line {i}\n")));
        await Eventually.Equal(30, () => first.Requests.Count, broadcaster.Dump);
        await Eventually.Equal(25L, () => broadcaster.Of(first.Address).Standing!.LagRequests, broadcaster.Dump);
        first.StopListening();
        first.CloseAll();
        for (int i = 0; i < 30; i++)
            Assert.Equal($"ok line {i}", await client.ReadLineAsync());
        await Eventually.Equal(BackendState.Down, () => broadcaster.Of(first.Address).State, broadcaster.Dump);
        await client.SendAsync("line 30\n");
        Assert.Equal("ok line 30", await client.ReadLineAsync());
        first.ReleaseAnswers();
        first.Listen();
        await Eventually.Equal(0L, () => broadcaster.Of(first.Address).Standing!.LagRequests, broadcaster.Dump);
        Assert.Equal([.. second.Texts.Take(30), .. second.Texts.Skip(5)], first.Texts);
        Assert.Equal(25, broadcaster.Of(first.Address).Repeats);
    }

    [Fact]
    public async Task A_server_that_answers_otherwise_is_seen_and_under_every_policy_the_answer_is_its_policys()
    {
        using var first = FramedServer.Line();
        using var second = FramedServer.Line();
        using var third = FramedServer.Line(new FramedScript { Default = ServerReply.Line("something else") });
        using var broadcaster = BroadcasterUnderTest.Start(LineSettings.Answered(Reply.Majority), [third.Address, first.Address, second.Address]);
        await broadcaster.CurrentAsync(3);
        using var client = await broadcaster.ConnectAsync();
        for (int i = 0; i < 20; i++)
        {
            await client.SendAsync($"line {i}\r\n");
            Assert.Equal($"ok line {i}", await client.ReadLineAsync());
        }

        await Eventually.Equal(20L, () => broadcaster.Of(third.Address).Divergences, broadcaster.Dump);
        Assert.Equal(0, broadcaster.Of(first.Address).Divergences);
    }

    [Fact]
    public async Task A_line_that_nobody_asked_for_ends_that_servers_connection_and_shifts_nothing()
    {
        using var first = FramedServer.Line();
        using var second = FramedServer.Line();
        using var broadcaster = BroadcasterUnderTest.Start(LineSettings.Answered(Reply.Primary), [first.Address, second.Address]);
        await broadcaster.CurrentAsync(2);
        using var client = await broadcaster.ConnectAsync();
        await first.SendUnaskedAsync(ServerReply.Line("unasked"));
        await Eventually.Equal(1L, () => broadcaster.Of(first.Address).ConnectionsLost, broadcaster.Dump);
        await broadcaster.CurrentAsync(2);
        for (int i = 0; i < 10; i++)
        {
            await client.SendAsync($"line {i}\n");
            Assert.Equal($"ok line {i}", await client.ReadLineAsync());
        }
    }

    [Fact]
    public async Task A_drain_gives_clients_their_last_replies()
    {
        using var server = FramedServer.Line();
        using var broadcaster = BroadcasterUnderTest.Start(LineSettings.Answered(Reply.Primary), [server.Address]);
        await broadcaster.CurrentAsync(1);
        using var client = await broadcaster.ConnectAsync();
        server.HoldAnswers();
        await client.SendAsync("a\nb\nc\nhalf");
        await Eventually.Equal(3, () => server.Requests.Count, broadcaster.Dump);
        var drain = broadcaster.DrainAsync();
        await Eventually.True(() => TestClient.TryConnect(broadcaster.Port) is null);
        server.ReleaseAnswers();
        Assert.Equal(new ReadToEnd("ok a\r\nok b\r\nok c\r\n"u8.ToArray(), false).Text, (await client.ReadToEndAsync()).Text);
        await drain;
        Assert.Equal(ConnectionEnd.PeerFin, server.Tcp.Connections[0].End);
    }

    private static async Task AskAsync(BroadcasterUnderTest broadcaster, int number, Reply reply, Random random)
    {
        using var client = await broadcaster.ConnectAsync();
        int each = reply switch { Reply.All => 3, Reply.None => 0, _ => 1 };
        for (int asked = 0; asked < Lines;)
        {
            int count = Math.Min(Lines - asked, random.Next(1, 100));
            string[] lines = [.. Enumerable.Range(asked, count).Select(i => string.Create(CultureInfo.InvariantCulture, $"{number}/{i} {new string('x', random.Next(50) == 0 ? 2_000 : 20)}"))];
            await client.SendAsync(string.Concat(lines.Select(line => line + (random.Next(2) == 0 ? "\r\n" : "\n"))));
            foreach (string line in lines)
            {
                for (int i = 0; i < each; i++)
                    Assert.Equal("ok " + line, await client.ReadLineAsync());
            }

            asked += count;
        }

        client.ShutdownSend();
        Assert.Equal("", (await client.ReadToEndAsync()).Text);
    }
}
