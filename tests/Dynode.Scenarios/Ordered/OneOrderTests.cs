using Dynode.Broadcast.Plane;
using Dynode.Scenarios.Framed;
using Dynode.Streams.Claims;
using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Xunit;

namespace Dynode.Scenarios.Ordered;

/// <summary>Several broadcasters, each with servers of its own: all servers have the same, in the same order.</summary>
public sealed class OneOrderTests
{
    private static readonly BroadcastSettings Redis = Asking.Redis with { ClaimLease = TimeSpan.FromSeconds(1) };

    [Fact]
    public async Task What_clients_of_two_broadcasters_send_reaches_the_servers_of_both_in_one_order()
    {
        const int clientsEach = 4, requestsEach = 200;
        using var east = FramedServer.Redis();
        using var west = FramedServer.Redis();
        using var both = new OrderedBroadcasters();
        BroadcasterUnderTest[] broadcasters = [both.Start(Redis, east.Address), both.Start(Redis, west.Address)];
        await broadcasters[0].CurrentAsync(east);
        await broadcasters[1].CurrentAsync(west);
        await Task.WhenAll(Enumerable.Range(0, 2 * clientsEach).Select(async i =>
        {
            using var client = await broadcasters[i % 2].ConnectAsync();
            for (int n = 0; n < requestsEach; n++)
            {
                await client.SendAsync($"RPUSH list {i}:{n}\r\n");
                Assert.Equal("+OK", await client.ReadLineAsync());
            }
        }));
        int all = 2 * clientsEach * requestsEach;
        await east.RequestsAsync(all);
        await west.RequestsAsync(all);
        Assert.Equal(all, east.Texts.Count);
        Assert.Equal(east.Texts, west.Texts);
        for (int i = 0; i < 2 * clientsEach; i++)
            Assert.Equal(Enumerable.Range(0, requestsEach).Select(n => $"RPUSH list {i}:{n}"), east.Texts.Where(text => text.StartsWith($"RPUSH list {i}:", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(Protocol.Memcached)]
    [InlineData(Protocol.Line)]
    public async Task Other_protocols_have_one_order_too_and_who_asks_for_no_answer_gets_none(Protocol protocol)
    {
        using var east = protocol == Protocol.Line ? FramedServer.Line() : FramedServer.Memcached();
        using var west = protocol == Protocol.Line ? FramedServer.Line() : FramedServer.Memcached();
        using var both = new OrderedBroadcasters();
        var settings = Redis with { Protocol = protocol, Framing = Redis.Framing with { RepliesPerLine = 1 } };
        var one = both.Start(settings, east.Address);
        var two = both.Start(settings, west.Address);
        await one.CurrentAsync(east);
        await two.CurrentAsync(west);
        string Write(int n, bool noreply) => protocol == Protocol.Line ? $"write {n}\n" : $"set a 0 0 {$"{n}".Length}{(noreply ? " noreply" : "")}\r\n{n}\r\n";
        using var client = await one.ConnectAsync();
        using var another = await two.ConnectAsync();
        for (int n = 0; n < 100; n++)
        {
            await client.SendAsync(Write(n, noreply: true) + Write(1000 + n, noreply: false));
            await another.SendAsync(Write(2000 + n, noreply: false));
            for (int answers = protocol == Protocol.Line ? 2 : 1; answers > 0; answers--)
                Assert.NotNull(await client.ReadLineAsync());
            Assert.NotNull(await another.ReadLineAsync());
        }

        await east.RequestsAsync(300);
        await west.RequestsAsync(300);
        Assert.Equal(east.Texts, west.Texts);
    }

    /// <summary>One broadcaster drains, the other is taken away in mid-work; both come back with the same servers.</summary>
    [Fact]
    public async Task Whoever_ends_goes_on_from_where_his_servers_stand_and_all_have_the_same()
    {
        using var east = FramedServer.Redis();
        using var west = FramedServer.Redis();
        using var both = new OrderedBroadcasters();
        var one = both.Start(Redis, east.Address);
        var two = both.Start(Redis, west.Address);
        await one.CurrentAsync(east);
        await two.CurrentAsync(west);
        using (var client = await one.ConnectAsync())
            await OrderedBroadcasters.WriteAsync(client, 0, 50);
        await west.RequestsAsync(50);
        await two.DrainAsync();
        using (var client = await one.ConnectAsync())
            await OrderedBroadcasters.WriteAsync(client, 50, 100);
        two = both.Start(Redis, west.Address);
        await two.CurrentAsync(west);
        using (var client = await two.ConnectAsync())
            await OrderedBroadcasters.WriteAsync(client, 100, 150);
        await east.RequestsAsync(150);
        await west.RequestsAsync(150);
        Assert.Equal(Enumerable.Range(0, 150).Select(n => $"RPUSH list {n}"), east.Texts);
        Assert.Equal(east.Texts, west.Texts);
        Assert.Null(two.Of(west).Standing!.Gap);
    }

    /// <summary>It had said where its server stands; what came since is all that the next one sends.</summary>
    [Fact]
    public async Task Whoever_comes_after_one_that_died_goes_on_from_the_place_that_it_had_said()
    {
        using var server = FramedServer.Redis();
        using var elsewhere = FramedServer.Redis();
        using var both = new OrderedBroadcasters();
        var dies = both.Start(Redis, server.Address);
        var stays = both.Start(Redis, elsewhere.Address);
        await dies.CurrentAsync(server);
        await stays.CurrentAsync(elsewhere);
        using (var client = await dies.ConnectAsync())
            await OrderedBroadcasters.WriteAsync(client, 0, 50);
        await both.PlaceAsync(server.Address, both.Stream.State.Last);
        both.Keys[0].IsCut = true;
        dies.Dispose();
        using (var client = await stays.ConnectAsync())
            await OrderedBroadcasters.WriteAsync(client, 50, 100);
        var next = both.Start(Redis, server.Address);
        await next.CurrentAsync(server);
        await server.RequestsAsync(100);
        await elsewhere.RequestsAsync(100);
        Assert.Equal(Enumerable.Range(0, 100).Select(n => $"RPUSH list {n}"), server.Texts);
        Assert.Equal(elsewhere.Texts, server.Texts);
        Assert.Null(next.Of(server).Standing!.Gap);
    }

    [Fact]
    public async Task Two_that_name_one_server_are_told_and_the_second_goes_on_where_the_first_has_ended()
    {
        using var server = FramedServer.Redis();
        using var both = new OrderedBroadcasters();

        // Longer than a busy machine may keep the first one from renewing.
        var settings = Redis with { ClaimLease = TimeSpan.FromMinutes(1) };
        var first = both.Start(settings, server.Address);
        await first.CurrentAsync(server);
        var second = both.Start(settings, server.Address);
        await Eventually.True(() => second.Snapshot.Backends[0].Place?.Claim == ClaimState.Taken, both.Dump);

        // The first one says within a second where the server stands now, and so that it lives.
        using (var client = await first.ConnectAsync())
            await OrderedBroadcasters.WriteAsync(client, 0, 20);
        await Eventually.True(() => second.Log.Count(1705) == 1, both.Dump);
        Assert.Equal(1, server.Tcp.Accepted);
        await first.DrainAsync();
        await second.CurrentAsync(server);
        using (var client = await second.ConnectAsync())
            await OrderedBroadcasters.WriteAsync(client, 20, 40);
        Assert.Equal(Enumerable.Range(0, 40).Select(n => $"RPUSH list {n}"), server.Texts);
    }

    [Fact]
    public async Task What_is_longer_than_a_page_or_than_the_log_takes_is_placed_whole_or_refused()
    {
        const int longest = 300_000;
        using var east = FramedServer.Redis();
        using var west = FramedServer.Redis();
        using var both = new OrderedBroadcasters();
        both.Stream.Take(longest);
        var one = both.Start(Redis, east.Address);
        var two = both.Start(Redis, west.Address);
        await one.CurrentAsync(east);
        await two.CurrentAsync(west);
        using var client = await one.ConnectAsync();
        Assert.Equal("+OK", await AskAsync(client, "SET a 1"));

        // Around the bound of what goes into one entry, by the bytes of the whole request.
        int around = Dynode.Streams.ParcelWriter.AroundOne;
        foreach (int length in (int[])[60_000, 65_536, 65_600, 200_000, longest - around - 1, longest - around, longest - around + 1])
        {
            byte[] request = RequestOf(length);
            await client.SendAsync(request);
            string? said = await client.ReadLineAsync();
            if (length > longest - around)
                Assert.Contains($"longer than the log takes: {longest - around} bytes", said, StringComparison.Ordinal);
            else
                Assert.Equal("+OK", said);
            Assert.Equal("+OK", await AskAsync(client, "SET b 2"));
        }

        await east.RequestsAsync(1 + 6 + 7);
        await west.RequestsAsync(1 + 6 + 7);
        Assert.Equal(east.Texts, west.Texts);
    }

    private static byte[] RequestOf(int length)
    {
        string head = "*3\r\n$3\r\nSET\r\n$1\r\nx\r\n$";
        int value = length - head.Length - 2 - 2;
        value -= $"{value}".Length;
        string request = $"{head}{value}\r\n{new string('v', value)}\r\n";
        Assert.Equal(length, request.Length);
        return System.Text.Encoding.ASCII.GetBytes(request);
    }

    private static async Task<string?> AskAsync(TestClient client, string request)
    {
        await client.SendAsync(request + "\r\n");
        return await client.ReadLineAsync();
    }

    [Fact]
    public async Task A_pipeline_is_answered_in_its_order_with_our_own_answers_between_those_of_servers()
    {
        using var server = FramedServer.Redis(Asking.Echoing);
        using var ordered = new OrderedBroadcasters();
        var broadcaster = ordered.Start(Redis, server.Address);
        await broadcaster.CurrentAsync(server);
        using var client = await broadcaster.ConnectAsync();
        await client.SendAsync("GET 1\r\nPING\r\nGET 2\r\nSELECT 3\r\nGET 3\r\nPING a\r\nMULTI\r\nGET 4\r\nDISCARD\r\nGET 5\r\n");
        Assert.Equal(["1", "+PONG", "2", "+OK", "3", "a", "+OK", "+QUEUED", "+OK", "5"], await client.ReadRepliesAsync(10));
    }
}
