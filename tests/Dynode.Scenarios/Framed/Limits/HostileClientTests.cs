using System.Globalization;
using Dynode.Broadcast.Plane;
using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Xunit;
using Scripted = Dynode.TestKit.Framed.FramedReply;

namespace Dynode.Scenarios.Framed.Limits;

/// <summary>
/// Clients that do what no client should: each is bounded, closed where it must be, and its neighbour, who counts beside it, is
/// answered all the while.
/// </summary>
[Collection(Alone.Name)]
[Trait("Server", "any")]
public sealed class HostileClientTests(ThreeRedises servers, ITestOutputHelper output) : IClassFixture<ThreeRedises>
{
    private const int MiB = 1 << 20;

    private static readonly BroadcastSettings Small = AtRest.Settings(32 * MiB, 2 * MiB);

    [Fact]
    public async Task One_that_never_reads_and_asks_for_large_values_hurts_nobody_else()
    {
        await servers.ClearAsync();
        using var broadcaster = BroadcasterUnderTest.Start(Small, servers.Addresses);
        using var setter = await broadcaster.ConnectAsync();
        await setter.SendAsync(Resp.Set("large", new byte[MiB]));
        Assert.Equal("+OK", await setter.ReadLineAsync());
        using var neighbour = await Neighbour.JoinAsync(broadcaster);
        byte[] gets = Resp.Request("GET", "large").Times(100);
        for (int i = 0; i < 5; i++)
        {
            using var deaf = await TestClient.ConnectAsync(broadcaster.Port, receiveBufferBytes: 4096);
            await deaf.SendAsync(gets);
            await neighbour.CountsOnAsync(100);
        }

        await neighbour.CountsOnAsync(200);
        setter.Dispose();
        output.WriteLine(await neighbour.LeaveAsync());
        await broadcaster.AtRestAsync();
    }

    [Theory]
    [InlineData("a bulk that is not whole", 600_000, 300_000)]
    [InlineData("a bulk that was only declared", 600_000, 0)]
    [InlineData("what fills a large page", 60_000, 59_000)]
    [InlineData("a few bytes", 400, 200)]
    public async Task Half_requests_for_ever_spend_a_quarter_of_the_memory_and_others_are_served(string what, int declared, int sent)
    {
        const int Hostile = 150;
        await servers.ClearAsync();
        using var broadcaster = BroadcasterUnderTest.Start(
            AtRest.Settings(4 * MiB, MiB / 2 + 200_000) with { BacklogBytesMax = 2 * MiB, StallTimeout = TimeSpan.FromSeconds(1) }, servers.Addresses);
        using var neighbour = await Neighbour.JoinAsync(broadcaster);
        await neighbour.CountsOnAsync(10);
        byte[] half = [.. Resp.Request("SET", "half", new string('x', declared)).AsSpan(0, 30 + sent)];
        List<TestClient> hostile = [];
        List<Task> sending = [];
        for (int i = 0; i < Hostile; i++)
        {
            hostile.Add(await broadcaster.ConnectAsync());
            sending.Add(Ignore(hostile[i].SendAsync(half)));
        }

        await Eventually.True(() => broadcaster.Snapshot.Accepted == Hostile + 1, broadcaster.Dump);
        await neighbour.CountsOnAsync(300);
        using (var late = await broadcaster.ConnectAsync())
        {
            await late.SendAsync(Resp.Set("late", new byte[20_000]));
            Assert.Equal("+OK", await late.ReadLineAsync());
        }

        var memory = broadcaster.Snapshot.Memory;
        Assert.InRange(memory.RequestBytes, 0, memory.BytesMax / 4);
        output.WriteLine($"{what}: {memory.RequestBytes} of {memory.BytesMax / 4} bytes held, {broadcaster.Snapshot.Clients} clients left; {await neighbour.LeaveAsync()}");
        hostile.ForEach(client => client.Dispose());
        await Task.WhenAll(sending);
        await broadcaster.AtRestAsync();
        await servers.AllSayAsync(":0", "EXISTS half");
    }

    /// <summary>A byte now and then is as good as silence: it must not keep memory from others for as long as it likes.</summary>
    [Fact]
    public async Task Half_requests_that_go_on_by_single_bytes_are_closed_and_others_are_served()
    {
        const int Hostile = 40;
        await servers.ClearAsync();
        using var broadcaster = BroadcasterUnderTest.Start(
            AtRest.Settings(4 * MiB, MiB / 2 + 200_000) with { BacklogBytesMax = 2 * MiB, StallTimeout = TimeSpan.FromSeconds(1) }, servers.Addresses);
        byte[] half = [.. Resp.Request("SET", "half", new string('x', 60_000)).AsSpan(0, 6_000)];
        List<TestClient> hostile = [];
        for (int i = 0; i < Hostile; i++)
        {
            hostile.Add(await broadcaster.ConnectAsync());
            await Ignore(hostile[i].SendAsync(half));
        }

        // All the while, for who waits a second between two of them is silent by any measure.
        using var enough = new CancellationTokenSource();
        Task drips = Task.Run(async () =>
        {
            while (!enough.IsCancellationRequested)
            {
                foreach (TestClient client in hostile)
                    await Ignore(client.SendAsync("x"));
                await Task.Delay(100, CancellationToken.None);
            }
        });
        using (var late = await broadcaster.ConnectAsync())
        {
            await late.SendAsync(Resp.Set("late", new byte[20_000]));
            Assert.Equal("+OK", await late.ReadLineAsync());
        }

        await enough.CancelAsync();
        await drips;
        output.WriteLine($"{broadcaster.Log.Count(1524)} lines of {Hostile - broadcaster.Snapshot.Clients} that were closed");
        Assert.True(broadcaster.Log.Count(1524) > 0);
        hostile.ForEach(client => client.Dispose());
        await broadcaster.AtRestAsync();
        await servers.AllSayAsync(":0", "EXISTS half");
    }

    [Fact]
    public async Task A_million_requests_in_one_write_are_answered_in_their_order_and_hurt_nobody_else()
    {
        const int Count = 1_000_000;
        await servers.ClearAsync();
        using var broadcaster = BroadcasterUnderTest.Start(AtRest.Settings(256 * MiB, 2 * MiB), servers.Addresses);
        using var neighbour = await Neighbour.JoinAsync(broadcaster);
        using var pings = await broadcaster.ConnectAsync();
        using var sets = await broadcaster.ConnectAsync();
        using var both = await broadcaster.ConnectAsync();
        byte[] ping = "PING\r\n"u8.ToArray();
        byte[] set = Resp.Request("SET", "key", "value");
        var all = Task.WhenAll(
            AnsweredAsync(pings, ping.Times(Count), "+PONG\r\n", Count),
            AnsweredAsync(sets, set.Times(Count), "+OK\r\n", Count),
            AnsweredAsync(both, ((byte[])[.. set, .. ping]).Times(Count / 10), "+OK\r\n+PONG\r\n", Count / 10));
        while (!all.IsCompleted)
            await neighbour.CountsOnAsync(1);
        await all;
        pings.Dispose();
        sets.Dispose();
        both.Dispose();
        output.WriteLine(await neighbour.LeaveAsync());
        await broadcaster.AtRestAsync();
        await servers.AllSayAsync("value", "GET key");
    }

    [Theory]
    [InlineData(100_000)]
    [InlineData(1_000_000)]
    public async Task Answers_of_our_own_behind_one_that_is_late_are_bounded_and_hurt_nobody_else(int pings)
    {
        using var late = FramedServer.Redis(new FramedScript { Answer = request => request.IsPreamble ? null : Scripted.Line("+LATE") });
        using var broadcaster = BroadcasterUnderTest.Start(Small with { ReplyTimeout = TimeSpan.Zero }, [late.Address]);
        late.HoldAnswers();
        using var client = await broadcaster.ConnectAsync();
        await client.SendAsync("SET key value\r\n");
        await late.RequestsAsync(1);
        var sending = client.SendAsync("PING\r\n"u8.ToArray().Times(pings), TimeSpan.FromMinutes(2));

        // Its neighbour asks what needs no server: the turns must not be this client's alone.
        using var neighbour = await broadcaster.ConnectAsync();
        for (int i = 0; i < 200; i++)
        {
            await neighbour.SendAsync("PING\r\n");
            Assert.Equal("+PONG", await neighbour.ReadLineAsync(Neighbour.DelayMax));
        }

        Assert.InRange(broadcaster.Snapshot.Memory.ReplyBytes, 0, Small.MemoryBytesMax / 4);
        late.ReleaseAnswers();
        Assert.Equal("+LATE", await client.ReadLineAsync());
        const int together = 10_000;
        string pongs = string.Concat(Enumerable.Repeat("+PONG\r\n", together));
        for (int i = 0; i < pings; i += together)
            Assert.Equal(pongs, await client.ReadTextAsync(pongs.Length));
        await sending;
        client.Dispose();
        neighbour.Dispose();
        await broadcaster.AtRestAsync();
    }

    [Theory]
    [InlineData("*2\r\n$3\r\nGET\r\n$536870912\r\n", "-ERR Protocol error: invalid bulk length: the request is longer than max_request_bytes={0}")]
    [InlineData("*2\r\n$3\r\nGET\r\n$9223372036854775807\r\n", "-ERR Protocol error: invalid bulk length: the request is longer than max_request_bytes={0}")]
    [InlineData("*1048577\r\n", "-ERR Protocol error: invalid multibulk length: more than 1048576 arguments")]
    [InlineData("*1\r\n!3\r\n", "-ERR Protocol error: expected '$', got '!'")]
    public async Task A_header_beyond_all_bounds_gets_the_protocols_error_and_its_client_alone_is_closed(string header, string error)
    {
        await servers.ClearAsync();
        using var broadcaster = BroadcasterUnderTest.Start(Small, servers.Addresses);
        using var neighbour = await Neighbour.JoinAsync(broadcaster);
        using (var client = await broadcaster.ConnectAsync())
        {
            await client.SendAsync("SET before 1\r\n" + header + "and more of it, that nobody reads");
            var read = await client.ReadToEndAsync();
            Assert.Equal($"+OK\r\n{error.Replace("{0}", $"{Small.Framing.RequestBytesMax}", StringComparison.Ordinal)}\r\n", read.Text);
            Assert.False(read.WasReset);
        }

        await neighbour.CountsOnAsync(20);
        Assert.Equal((1L, 1), (broadcaster.Snapshot.Malformed, broadcaster.Log.Count(1522)));
        Assert.Contains(error["-ERR ".Length..].Split(':')[^1].Split('=')[0], broadcaster.Log.Of(1522).Single(), StringComparison.Ordinal);
        await neighbour.LeaveAsync();
        await broadcaster.AtRestAsync();
        Assert.InRange(broadcaster.Snapshot.Memory.PeakBytes, 1, MiB);
    }

    [Fact]
    public async Task A_transaction_that_never_ends_is_closed_at_max_request_bytes_and_reaches_no_server()
    {
        const int Queued = 40_000;
        await servers.ClearAsync();
        using var broadcaster = BroadcasterUnderTest.Start(Small, servers.Addresses);
        using var neighbour = await Neighbour.JoinAsync(broadcaster);
        foreach (int valueBytes in (int[])[50, 5_000, 100_000, 1_500_000])
        {
            using var client = await broadcaster.ConnectAsync();
            var reading = client.ReadToEndAsync(TimeSpan.FromMinutes(1));
            await client.SendAsync("MULTI\r\n");
            byte[] set = Resp.Set("queued", new byte[valueBytes]);
            await Ignore(SendTimesAsync(client, set, Queued));
            var read = await reading;
            int queued = read.Text.Split("+QUEUED").Length - 1;
            Assert.InRange(queued * (long)set.Length, Small.Framing.RequestBytesMax - set.Length - 1000, Small.Framing.RequestBytesMax);
            Assert.Contains("-ERR", read.Text, StringComparison.Ordinal);
        }

        await neighbour.CountsOnAsync(100);
        output.WriteLine(await neighbour.LeaveAsync());
        await broadcaster.AtRestAsync();
        await servers.AllSayAsync(":0", "EXISTS queued");
    }

    [Fact]
    public async Task Many_open_transactions_spend_a_quarter_of_the_memory_and_others_are_served()
    {
        const int Hostile = 40;
        await servers.ClearAsync();
        using var broadcaster = BroadcasterUnderTest.Start(AtRest.Settings(4 * MiB, MiB / 2) with { BacklogBytesMax = 2 * MiB, StallTimeout = TimeSpan.FromSeconds(1) }, servers.Addresses);
        using var neighbour = await Neighbour.JoinAsync(broadcaster);
        List<TestClient> hostile = [];
        List<Task> sending = [];
        byte[] set = Resp.Set("queued", new byte[1_000]);
        for (int i = 0; i < Hostile; i++)
        {
            hostile.Add(await broadcaster.ConnectAsync());
            sending.Add(Ignore(hostile[i].SendAsync((byte[])[.. "MULTI\r\n"u8, .. set.Times(450)])));
        }

        await neighbour.CountsOnAsync(300);
        using (var late = await broadcaster.ConnectAsync())
        {
            await late.SendAsync((byte[])[.. "MULTI\r\n"u8, .. Resp.Set("late", new byte[20_000]), .. "EXEC\r\n"u8]);
            Assert.Equal(["+OK", "+QUEUED", "*1", "+OK"], [await late.ReadLineAsync(), await late.ReadLineAsync(), await late.ReadLineAsync(), await late.ReadLineAsync()]);
        }

        output.WriteLine($"{broadcaster.Snapshot.Clients} clients left; {await neighbour.LeaveAsync()}");
        hostile.ForEach(client => client.Dispose());
        await Task.WhenAll(sending);
        await broadcaster.AtRestAsync();
    }

    /// <summary>Sends all while it reads; every answer must be this one.</summary>
    private static async Task AnsweredAsync(TestClient client, byte[] requests, string answer, int count)
    {
        var limit = TimeSpan.FromMinutes(3);
        var sending = client.SendAsync(requests, limit);
        const int Group = 10_000;
        string group = string.Concat(Enumerable.Repeat(answer, Group));
        for (int done = 0; done < count; done += Group)
        {
            if (await client.ReadTextAsync(group.Length, limit) != group)
                throw new ExpectationException(string.Create(CultureInfo.InvariantCulture, $"among answers {done} to {done + Group} is another"));
        }

        await sending;
    }

    private static async Task SendTimesAsync(TestClient client, byte[] request, int times)
    {
        for (int i = 0; i < times; i++)
            await client.SendAsync(request);
    }

    /// <summary>Until the other side takes no more: a client that is closed while it sends is not what failed.</summary>
    private static async Task Ignore(Task sending)
    {
        try
        {
            await sending;
        }
        catch (Exception e) when (e is System.Net.Sockets.SocketException or ExpectationException or ObjectDisposedException)
        {
            // Closed, or held until the test ended.
        }
    }
}
