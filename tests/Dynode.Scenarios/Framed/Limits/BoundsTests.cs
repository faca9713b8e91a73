using Dynode.Broadcast.Plane;
using Dynode.Log;
using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Microsoft.Extensions.Time.Testing;
using Xunit;
using Policy = Dynode.Broadcast.Plane.FramedReply;

namespace Dynode.Scenarios.Framed.Limits;

/// <summary>How many clients, requests in flight, descriptors and seconds; and the least memory.</summary>
[Collection(Alone.Name)]
public sealed class BoundsTests
{
    private static readonly BroadcastSettings Small = AtRest.Settings(16 << 20, 1 << 20);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Every_descriptor_is_given_back_at_its_end_also_those_that_wake_its_turns(bool drains)
    {
        var leaks = LeakCheck.Start();
        using (var server = FramedServer.Redis())
        {
            using var broadcaster = BroadcasterUnderTest.Start(Small, [server.Address]);
            using var client = await broadcaster.ConnectAsync();
            await AnsweredAsync(client);
            if (drains)
                await broadcaster.DrainAsync();
        }

        await leaks.NothingLeftAsync();
    }

    [Fact]
    public async Task Max_clients_are_served_and_the_next_is_refused_and_counted()
    {
        const int Max = 5;
        using var server = FramedServer.Redis();
        using var broadcaster = BroadcasterUnderTest.Start(Small with { ClientsMax = Max }, [server.Address]);
        List<TestClient> clients = [];
        for (int i = 0; i < Max; i++)
        {
            clients.Add(await broadcaster.ConnectAsync());
            await AnsweredAsync(clients[i]);
            Assert.Equal(0, broadcaster.Snapshot.Refused);
        }

        using (var refused = await broadcaster.ConnectAsync())
            Assert.Equal("-ERR max number of clients reached\r\n", (await refused.ReadToEndAsync()).Text);
        Assert.Equal((Max, 1L), (broadcaster.Snapshot.Clients, broadcaster.Snapshot.Refused));

        // A place that is given up is a place.
        clients[0].Dispose();
        await Eventually.Equal(Max - 1, () => broadcaster.Snapshot.Clients, broadcaster.Dump);
        clients[0] = await broadcaster.ConnectAsync();
        foreach (var client in clients)
            await AnsweredAsync(client);
        clients.ForEach(client => client.Dispose());
        await broadcaster.AtRestAsync();
    }

    [Theory]
    [InlineData(8, Policy.Primary)]
    [InlineData(16, Policy.Primary)]
    [InlineData(8, Policy.Every)]
    [InlineData(16, Policy.Every)]
    [InlineData(8, Policy.All)]
    public async Task One_client_fills_an_eighth_of_a_small_ring_and_all_are_served(int inFlightMax, Policy reply)
    {
        const int Clients = 20;
        const int Requests = 500;
        using var one = FramedServer.Redis();
        using var two = FramedServer.Redis();
        using var broadcaster = BroadcasterUnderTest.Start(Small with { InFlightMax = inFlightMax, FramedReply = reply }, [one.Address, two.Address]);
        await Eventually.True(() => broadcaster.Snapshot.Backends.All(backend => backend.Standing is { IsCurrent: true }), broadcaster.Dump);
        using var first = await broadcaster.ConnectAsync();
        await AnsweredAsync(first, reply == Policy.All ? 2 : 1);

        // With no answer for anybody, a client that pipelines has an eighth in the log, and its neighbour has a place.
        one.HoldAnswers();
        two.HoldAnswers();
        byte[] many = Resp.Request("SET", "key", "value").Times(Requests);
        await first.SendAsync(many);
        await one.RequestsAsync(1 + (inFlightMax / 8));
        using var second = await broadcaster.ConnectAsync();
        await second.SendAsync("GET second\r\n");
        await one.RequestsAsync(2 + (inFlightMax / 8));
        Assert.Equal(1 + (inFlightMax / 8), one.Texts.Take(one.Texts.Count - 1).Count());
        Assert.InRange(broadcaster.Snapshot.Slots, 1, inFlightMax);
        one.ReleaseAnswers();
        two.ReleaseAnswers();
        string answer = string.Concat(Enumerable.Repeat("+OK\r\n", reply == Policy.All ? 2 : 1));
        Assert.Equal(answer, await second.ReadTextAsync(answer.Length));
        await first.ReadAsync(answer.Length * Requests);

        await Task.WhenAll(Enumerable.Range(0, Clients).Select(async _ =>
        {
            using var client = await broadcaster.ConnectAsync();
            await client.SendAsync(many);
            await client.ReadAsync(answer.Length * Requests);
        }));
        first.Dispose();
        second.Dispose();
        await broadcaster.AtRestAsync();
        Assert.Equal(one.Requests.Count, two.Requests.Count);
    }

    [Fact]
    public async Task A_silent_client_is_closed_and_counted_and_one_that_waits_for_an_answer_is_not()
    {
        var time = new FakeTimeProvider();
        using var server = FramedServer.Redis();
        using var broadcaster = BroadcasterUnderTest.Start(Small with { ReplyTimeout = TimeSpan.Zero }, time, server.Tcp);
        using var silent = await broadcaster.ConnectAsync();
        using var waiting = await broadcaster.ConnectAsync();
        await AnsweredAsync(silent);
        await AnsweredAsync(waiting);
        server.HoldAnswers();
        await waiting.SendAsync("GET late\r\n");
        await server.RequestsAsync(3);
        await Eventually.True(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                return broadcaster.Snapshot.Clients == 1;
            },
            broadcaster.Dump);
        Assert.Equal("", (await silent.ReadToEndAsync()).Text);
        Assert.Equal(1, broadcaster.Snapshot.IdleTimeouts);
        server.ReleaseAnswers();
        Assert.Equal("+OK", await waiting.ReadLineAsync());
    }

    [Fact]
    public async Task A_client_that_takes_nothing_is_closed_after_the_write_timeout_and_counted()
    {
        using var server = FramedServer.Redis();
        server.Script = server.Script with { Default = Dynode.TestKit.Framed.FramedReply.Bulk(new string('v', 100_000)) };
        using var broadcaster = BroadcasterUnderTest.Start(Small with { WriteTimeout = TimeSpan.FromSeconds(1) }, [server.Address]);
        using var deaf = await TestClient.ConnectAsync(broadcaster.Port, receiveBufferBytes: 4096);

        // Less than max_reply_bytes, so that nobody waits behind it; more than the kernel takes.
        await deaf.SendAsync("GET large\r\n");
        for (int i = 0; i < 30; i++)
            await deaf.SendAsync("GET large\r\n");
        await Eventually.Equal(1, () => broadcaster.Snapshot.WriteTimeouts, broadcaster.Dump);
        await broadcaster.AtRestAsync();
    }

    [Theory]
    [InlineData(Policy.Primary)]
    [InlineData(Policy.Every)]
    public async Task With_the_least_memory_fifty_clients_and_a_dead_server_nothing_hangs_and_the_counters_tell(Policy reply)
    {
        const int Clients = 50;
        const int Rounds = 30;
        using var one = FramedServer.Redis();
        using var two = FramedServer.Redis();
        using var dead = FramedServer.Redis(listens: false);
        using var broadcaster = BroadcasterUnderTest.Start(
            AtRest.Settings(PagePool.BytesMaxLeast, 128 << 10) with { FramedReply = reply, BacklogBytesMax = 512 << 10, ReconnectDelayMax = TimeSpan.FromSeconds(0.2) },
            [one.Address, two.Address, dead.Address]);
        byte[] request = Resp.Set("key", new byte[20_000]);
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(async _ =>
        {
            using var client = await broadcaster.ConnectAsync();
            for (int i = 0; i < Rounds; i++)
            {
                await client.SendAsync(request);
                Assert.Equal("+OK", await client.ReadLineAsync(TimeSpan.FromMinutes(2)));
            }
        }));
        await Eventually.True(() => broadcaster.Snapshot is { Clients: 0, Slots: 0, Held: 0, Memory.RequestBytes: 0 }, broadcaster.Dump);
        var now = broadcaster.Snapshot;
        Assert.Equal(Clients * Rounds, one.Requests.Count);
        Assert.Equal(one.Requests.Count, two.Requests.Count);
        Assert.InRange(now.Memory.PeakBytes, 1, now.Memory.BytesMax);
        Assert.True(broadcaster.Of(dead).DroppedRequests > 0, broadcaster.Dump());
        Assert.Equal(0, broadcaster.Of(one).DroppedRequests);

        // What was not dropped comes to it, in order; and it has a gap.
        dead.Listen();
        await Eventually.Equal(0L, () => broadcaster.Of(dead).Standing!.LagRequests, broadcaster.Dump);
        Assert.NotNull(broadcaster.Of(dead).Standing!.Gap);
        Assert.Equal(Clients * Rounds, dead.Requests.Count + broadcaster.Of(dead).DroppedRequests);
        await broadcaster.AtRestAsync();
    }

    private static async Task AnsweredAsync(TestClient client, int answers = 1)
    {
        await client.SendAsync("GET key\r\n");
        for (int i = 0; i < answers; i++)
            Assert.Equal("+OK", await client.ReadLineAsync());
    }
}
