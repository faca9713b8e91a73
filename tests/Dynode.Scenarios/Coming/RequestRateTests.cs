using System.Globalization;
using System.Text;
using Dynode.Broadcast.Plane;
using Dynode.Scenarios.Framed;
using Dynode.Scenarios.Framed.Limits;
using Dynode.Scenarios.Line;
using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Dynode.Scenarios.Coming;

/// <summary>A client that sends more than it may is not read: nothing is refused, nothing lost, nothing moved.</summary>
public sealed class RequestRateTests : IDisposable
{
    /// <summary>A tick of the data plane, and a bit.</summary>
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(0.05);

    private static readonly BroadcastSettings Redis = new() { Protocol = Protocol.Redis, BacklogBytesMax = 16 << 20, IdleTimeout = TimeSpan.Zero, StallTimeout = TimeSpan.Zero, ReplyTimeout = TimeSpan.Zero };

    private readonly FakeTimeProvider _time = new();
    private readonly FramedServer _server = FramedServer.Redis();

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task A_pipeline_goes_on_as_fast_as_it_may_in_its_order_and_others_do_not_notice()
    {
        const int Rate = 3;
        using var broadcaster = await StartAsync(Redis with { RequestRate = Rate });
        using var fast = await broadcaster.ConnectAsync();
        using var other = await broadcaster.ConnectAsync();
        await fast.SendAsync(Requests("a", 0, 12));
        await PacedAsync(broadcaster, 1);
        await _server.TextsAsync(Texts("a", 0, Rate));
        await other.SendAsync(Requests("b", 0, Rate));
        for (int i = 0; i < Rate; i++)
            Assert.Equal("+OK", await other.ReadLineAsync());
        Assert.Equal([true, false], broadcaster.Door.Clients().OrderBy(static client => client.Id).Select(static client => client.IsHeld));

        // The clock stands: none comes of itself. Not yet due, and not one comes; a second later as many as the rate, and not one more.
        _time.Advance(TimeSpan.FromSeconds(1.0 / Rate) - TimeSpan.FromMilliseconds(1));
        Assert.Equal(Rate, Of("a").Length);
        for (int sent = Rate; sent < 12; sent += Rate)
        {
            await PacedAsync(broadcaster, 1);
            _time.Advance(TimeSpan.FromSeconds(1));
            await Eventually.True(() => Of("a").Length >= sent + Rate, broadcaster.Dump);
            Assert.Equal(Texts("a", 0, sent + Rate), Of("a"));
        }

        for (int i = 0; i < 12; i++)
            Assert.Equal("+OK", await fast.ReadLineAsync());
        Assert.Equal(Texts("a", 0, 12), Of("a"));
        await PacedAsync(broadcaster, 0);
    }

    [Fact]
    public async Task What_is_answered_here_and_each_request_of_a_transaction_count_as_others()
    {
        using var broadcaster = await StartAsync(Redis with { RequestRate = 4 });
        using var client = await broadcaster.ConnectAsync();
        await client.SendAsync("PING\r\nMULTI\r\nSET a 1\r\nSET a 2\r\nEXEC\r\nPING\r\n");
        foreach (string answer in (string[])["+PONG", "+OK", "+QUEUED", "+QUEUED"])
            Assert.Equal(answer, await client.ReadLineAsync());
        await PacedAsync(broadcaster, 1);
        Assert.Empty(_server.Requests);
        await AdvanceUntilAsync(() => _server.Requests.Count > 0 && broadcaster.Snapshot.Paced == 0, broadcaster);
    }

    [Fact]
    public async Task Of_a_client_that_floods_no_more_than_a_small_page_is_read_and_the_rest_stays_with_it()
    {
        using var broadcaster = await StartAsync(Redis with { RequestRate = 1 });
        using var flood = await broadcaster.ConnectAsync();
        await flood.SendAsync(Requests("a", 0, 5_000));
        await PacedAsync(broadcaster, 1);
        Assert.InRange(broadcaster.Snapshot.ReceivedBytes, 1, 4096);
        Assert.InRange(broadcaster.Snapshot.Memory.RequestBytes, 1, 4096);
        long before = broadcaster.Snapshot.ReceivedBytes;
        for (int second = 1; second <= 4; second++)
        {
            await PacedAsync(broadcaster, 1);
            _time.Advance(TimeSpan.FromSeconds(1));
            await _server.RequestsAsync(1 + second);
        }

        await PacedAsync(broadcaster, 1);
        Assert.Equal(before, broadcaster.Snapshot.ReceivedBytes);
        Assert.Equal(5, _server.Requests.Count);
    }

    [Fact]
    public async Task A_request_longer_than_a_page_is_read_whole_where_it_may_be_sent()
    {
        using var broadcaster = await StartAsync(Redis with { RequestRate = 1 });
        using var client = await broadcaster.ConnectAsync();
        for (int i = 0; i < 3; i++)
            await client.SendAsync(Resp.Set($"k{i}", new byte[200_000]));
        await AdvanceUntilAsync(() => _server.Requests.Count == 3, broadcaster);
        for (int i = 0; i < 3; i++)
            Assert.Equal("+OK", await client.ReadLineAsync());
    }

    [Fact]
    public async Task One_that_half_closes_while_it_waits_gets_all_its_answers_and_then_the_end()
    {
        using var broadcaster = await StartAsync(Redis with { RequestRate = 2 });
        using var client = await broadcaster.ConnectAsync();
        await client.SendAsync(Requests("a", 0, 7));
        client.ShutdownSend();
        await PacedAsync(broadcaster, 1);
        await AdvanceUntilAsync(() => _server.Requests.Count == 7, broadcaster);
        await AdvanceUntilAsync(() => broadcaster.Snapshot.Clients == 0, broadcaster);
        var read = await client.ReadToEndAsync();
        Assert.Equal(string.Concat(Enumerable.Repeat("+OK\r\n", 7)), read.Text);
        Assert.False(read.WasReset);
    }

    [Fact]
    public async Task One_that_is_killed_while_it_waits_is_gone_with_the_next_thing_that_it_is_told()
    {
        using var broadcaster = await StartAsync(Redis with { RequestRate = 2 });
        var client = await broadcaster.ConnectAsync();
        await client.SendAsync(Requests("a", 0, 100));
        await PacedAsync(broadcaster, 1);
        client.Reset();
        await AdvanceUntilAsync(() => broadcaster.Snapshot is { Clients: 0, Paced: 0 }, broadcaster);
        Assert.InRange(_server.Requests.Count, 2, 6);
        await broadcaster.AtRestAsync();
    }

    [Fact]
    public async Task The_end_takes_what_was_read_at_once_and_waits_for_no_pace()
    {
        using var broadcaster = await StartAsync(Redis with { RequestRate = 1 });
        using var client = await broadcaster.ConnectAsync();
        await client.SendAsync(Requests("a", 0, 20));
        await PacedAsync(broadcaster, 1);
        var drained = broadcaster.DrainAsync();
        var read = await client.ReadToEndAsync();
        client.Dispose();
        await drained.WaitAsync(Deadline.Default);
        Assert.Equal(string.Concat(Enumerable.Repeat("+OK\r\n", 20)), read.Text);
        Assert.Equal(Texts("a", 0, 20), Of("a"));
    }

    [Fact]
    public async Task A_reload_applies_to_those_who_are_there_and_none_lets_all_go_on()
    {
        var settings = Redis;
        using var broadcaster = await StartAsync(settings);
        using var client = await broadcaster.ConnectAsync();
        await client.SendAsync(Requests("a", 0, 50));
        await _server.RequestsAsync(50);
        broadcaster.Door.Apply(settings with { RequestRate = 5 });
        await client.SendAsync(Requests("a", 50, 50));
        await PacedAsync(broadcaster, 1);
        await _server.RequestsAsync(55);
        Assert.Equal(55, _server.Requests.Count);
        broadcaster.Door.Apply(settings with { RequestRate = 1_000_000 });
        _time.Advance(Step);
        await _server.RequestsAsync(100);
        broadcaster.Door.Apply(settings with { RequestRate = 1 });
        await client.SendAsync(Requests("a", 100, 50));
        await PacedAsync(broadcaster, 1);
        broadcaster.Door.Apply(settings);
        await AdvanceUntilAsync(() => _server.Requests.Count == 150, broadcaster);
        await PacedAsync(broadcaster, 0);
        Assert.Equal(Texts("a", 0, 150), Of("a"));
    }

    [Fact]
    public async Task One_that_waits_is_not_idle_whoever_is_silent_meanwhile()
    {
        using var server = FramedServer.Line();
        using var broadcaster = BroadcasterUnderTest.Start(LineSettings.Silent with { RequestRate = 1, IdleTimeout = TimeSpan.FromSeconds(3) }, _time, server.Tcp);
        await broadcaster.CurrentAsync(server);
        using var client = await broadcaster.ConnectAsync();
        await client.SendAsync(string.Concat(Enumerable.Range(0, 20).Select(static i => $"line {i}\n")));
        await PacedAsync(broadcaster, 1);

        // No further than the server has it: else the client had been silent for long when the last one was seen.
        await Eventually.True(
            () =>
            {
                if (broadcaster.Snapshot.Requests == server.Requests.Count && server.Requests.Count < 20)
                    _time.Advance(Step);
                return server.Requests.Count == 20;
            },
            broadcaster.Dump);
        Assert.Equal(0, broadcaster.Snapshot.IdleTimeouts);

        // Then it is, as anybody else.
        await AdvanceUntilAsync(() => broadcaster.Snapshot.Clients == 0, broadcaster);
        Assert.Equal(1, broadcaster.Snapshot.IdleTimeouts);
        Assert.Equal(Enumerable.Range(0, 20).Select(static i => $"line {i}"), server.Texts);
    }

    /// <summary>Many send pipelines of many lengths at many times; each is held to the rate by a count of its own, and all of it comes, in each one's order.</summary>
    [Fact]
    public Task Of_many_none_is_ever_faster_than_it_may_be_and_all_is_done() => Seed.RunAsync(async random =>
    {
        const int Clients = 6;
        int rate = random.Next(1, 40);
        using var broadcaster = await StartAsync(Redis with { RequestRate = rate });
        List<TestClient> clients = [];
        for (int i = 0; i < Clients; i++)
            clients.Add(await broadcaster.ConnectAsync());
        int[] sent = new int[Clients];
        var elapsed = TimeSpan.Zero;
        for (int round = 0; round < 40 || broadcaster.Snapshot.Paced > 0 || _server.Requests.Count < sent.Sum(); round++)
        {
            Assert.True(round < 20_000, broadcaster.Dump());
            int who = random.Next(Clients);
            if (round < 40 && random.Next(2) == 0)
            {
                int count = random.Next(1, 3 * rate);
                await clients[who].SendAsync(Requests($"c{who}", sent[who], count));
                sent[who] += count;
            }

            var step = TimeSpan.FromSeconds(random.Next(4) == 0 ? 0 : random.NextDouble() / 4);
            _time.Advance(step);
            elapsed += step;
            await TickedAsync(broadcaster);
            for (int i = 0; i < Clients; i++)
            {
                string[] done = Of($"c{i}");
                Assert.InRange(done.Length, 0, rate + (rate * elapsed.Ticks / TimeSpan.TicksPerSecond));
                Assert.Equal(Texts($"c{i}", 0, done.Length), done);
            }
        }

        for (int i = 0; i < Clients; i++)
        {
            for (int answer = 0; answer < sent[i]; answer++)
                Assert.Equal("+OK", await clients[i].ReadLineAsync());
        }

        clients.ForEach(static client => client.Dispose());
        await AdvanceUntilAsync(() => broadcaster.Snapshot.Clients == 0, broadcaster);
        await broadcaster.AtRestAsync();
    });

    /// <summary>Done when its server is there: the clock is moved from then on.</summary>
    private async Task<BroadcasterUnderTest> StartAsync(BroadcastSettings settings)
    {
        var broadcaster = BroadcasterUnderTest.Start(settings, _time, _server.Tcp);
        await broadcaster.CurrentAsync(_server);
        return broadcaster;
    }

    private static byte[] Requests(string name, int from, int count) =>
        Encoding.ASCII.GetBytes(string.Concat(Texts(name, from, count).Select(static text => text + "\r\n")));

    private static string[] Texts(string name, int from, int count) =>
        [.. Enumerable.Range(from, count).Select(i => string.Create(CultureInfo.InvariantCulture, $"SET {name} {i}"))];

    private string[] Of(string name) => [.. _server.Texts.Where(text => text.StartsWith($"SET {name} ", StringComparison.Ordinal))];

    private static Task PacedAsync(BroadcasterUnderTest broadcaster, int count) => Eventually.Equal(count, () => broadcaster.Snapshot.Paced, broadcaster.Dump);

    /// <summary>All that the clock had let go on is with the server.</summary>
    private async Task TickedAsync(BroadcasterUnderTest broadcaster) =>
        await Eventually.True(() => broadcaster.Snapshot.Requests == _server.Requests.Count, broadcaster.Dump);

    private async Task AdvanceUntilAsync(Func<bool> condition, BroadcasterUnderTest broadcaster) => await Eventually.True(
        () =>
        {
            _time.Advance(Step);
            return condition();
        },
        broadcaster.Dump);
}
