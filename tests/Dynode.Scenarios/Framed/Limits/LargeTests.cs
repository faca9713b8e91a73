using Dynode.Broadcast.Plane;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Framed.Limits;

/// <summary>Long requests and long replies: whole, within their bounds, and not in their neighbour's way.</summary>
[Collection(Alone.Name)]
[Trait("Server", "any")]
public sealed class LargeTests(ThreeRedises servers, ITestOutputHelper output) : IClassFixture<ThreeRedises>
{
    private const int MiB = 1 << 20;

    /// <summary>A quarter of it is more than any reply here: what bounds one client is max_reply_bytes alone.</summary>
    private const int AmpleBytes = 512 * MiB;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Theory]
    [InlineData(500)]
    [InlineData(60_000)]
    [InlineData(65_528)]
    [InlineData(70_000)]
    [InlineData(1_000_000)]
    public async Task A_request_of_max_request_bytes_is_the_longest(int max)
    {
        await servers.ClearAsync();
        using var broadcaster = BroadcasterUnderTest.Start(AtRest.Settings(32 * MiB, max), servers.Addresses);
        using var client = await broadcaster.ConnectAsync();
        foreach (int length in (int[])[max - 1, max])
        {
            byte[] request = Resp.SetOfLength("limit", length);
            await client.SendAsync(request);
            Assert.Equal("+OK", await client.ReadLineAsync());
            await servers.AllSayAsync($":{Resp.ValueLength(request)}", "STRLEN limit");
        }

        using (var hostile = await broadcaster.ConnectAsync())
        {
            await hostile.SendAsync(Resp.SetOfLength("beyond", max + 1));
            var read = await hostile.ReadToEndAsync();
            Assert.Equal($"-ERR Protocol error: invalid bulk length: the request is longer than max_request_bytes={max}\r\n", read.Text);
            Assert.False(read.WasReset);
        }

        await client.SendAsync("PING\r\n");
        Assert.Equal("+PONG", await client.ReadLineAsync());
        client.Dispose();
        await broadcaster.AtRestAsync();
        await servers.AllSayAsync(":0", "EXISTS beyond");
        string[] digests = await servers.AskAllAsync("DEBUG DIGEST");
        Assert.Single(digests.Distinct());
        Assert.Equal(1, broadcaster.Snapshot.Malformed);
    }

    [Fact]
    public async Task Requests_of_64_MiB_pass_through_without_a_copy_several_at_once_within_the_memory()
    {
        const int Length = 64 * MiB;
        const int Several = 3;
        await servers.ClearAsync();
        using var broadcaster = BroadcasterUnderTest.Start(AtRest.Settings(512 * MiB, Length), servers.Addresses);
        using var neighbour = await Neighbour.JoinAsync(broadcaster);
        byte[] request = Resp.SetOfLength("large", Length);
        new Random(64).NextBytes(request.AsSpan(100, Length - 200));
        await SetAsync(broadcaster, request);

        // The request's own pages, and what connections and the neighbour have besides: half of it more would be a copy.
        Assert.InRange(broadcaster.Snapshot.Memory.PeakBytes, Length, Length + (4 * MiB));
        output.WriteLine($"one of 64 MiB: memory at most {broadcaster.Snapshot.Memory.PeakBytes >> 10} KiB");

        // Only two of them fit into the share for requests that are not whole.
        await Task.WhenAll(Enumerable.Range(0, Several).Select(_ => SetAsync(broadcaster, request)));
        output.WriteLine(await neighbour.LeaveAsync());
        await broadcaster.AtRestAsync();
        int valueLength = Resp.ValueLength(request);
        await servers.AllSayAsync($":{valueLength}", "STRLEN large");
        Assert.Single((await servers.AskAllAsync("DEBUG DIGEST-VALUE large")).Distinct());
        using var check = await TestClient.ConnectAsync(servers.All[2].Port);
        await check.SendAsync("GET large\r\n");
        Assert.Equal($"${valueLength}", await check.ReadLineAsync());
        byte[] value = await check.ReadAsync(valueLength, Patience);
        Assert.True(value.AsSpan().SequenceEqual(request.AsSpan(Length - 2 - valueLength, valueLength)));
    }

    [Theory]
    [InlineData(FramedReply.Primary)]
    [InlineData(FramedReply.Fastest)]
    public async Task A_reply_of_100_MiB_is_delivered_whole_to_a_client_that_reads(FramedReply reply)
    {
        const int Length = 100 * MiB;
        await servers.ClearAsync();
        await servers.AskAllAsync($"SETRANGE large {Length - 1} x");
        using var broadcaster = BroadcasterUnderTest.Start(AtRest.Settings(AmpleBytes, 2 * MiB) with { FramedReply = reply }, servers.Addresses);
        using var neighbour = await Neighbour.JoinAsync(broadcaster);
        await neighbour.CountsOnAsync(10);
        using var client = await broadcaster.ConnectAsync();
        await client.SendAsync("GET large\r\nPING\r\n");
        Assert.Equal($"${Length}", await client.ReadLineAsync());
        for (int left = Length; left > 0; left -= 4 * MiB)
            await client.ReadAsync(4 * MiB);
        Assert.Equal("", await client.ReadLineAsync());
        Assert.Equal("+PONG", await client.ReadLineAsync());
        await neighbour.CountsOnAsync(100);
        client.Dispose();
        output.WriteLine(await neighbour.LeaveAsync());
        await broadcaster.AtRestAsync();

        // Its own max_reply_bytes, and as much of another server's reply should that have begun first.
        Assert.InRange(broadcaster.Snapshot.Memory.PeakBytes, 1, (32 + 2) * MiB);
    }

    [Fact]
    public async Task A_client_that_does_not_read_its_reply_of_100_MiB_is_closed_and_others_are_served()
    {
        await servers.ClearAsync();
        await servers.AskAllAsync($"SETRANGE large {(100 * MiB) - 1} x");
        using var broadcaster = BroadcasterUnderTest.Start(AtRest.Settings(AmpleBytes, 2 * MiB), servers.Addresses);
        using var neighbour = await Neighbour.JoinAsync(broadcaster);
        await neighbour.CountsOnAsync(10);
        using var deaf = await TestClient.ConnectAsync(broadcaster.Port, receiveBufferBytes: 4096);
        await deaf.SendAsync("GET large\r\n");
        await Eventually.Equal(1, () => broadcaster.Snapshot.Clients, broadcaster.Dump);
        await neighbour.CountsOnAsync(100);
        output.WriteLine(await neighbour.LeaveAsync());
        await broadcaster.AtRestAsync();

        // Its own max_reply_bytes, and as much of another server's reply should that have begun first.
        Assert.InRange(broadcaster.Snapshot.Memory.PeakBytes, 1, (32 + 2) * MiB);
    }

    [Fact]
    public async Task A_client_that_trickles_a_reply_of_100_MiB_does_not_hold_others_for_as_long()
    {
        await servers.ClearAsync();
        await servers.AskAllAsync($"SETRANGE large {(100 * MiB) - 1} x");
        using var broadcaster = BroadcasterUnderTest.Start(
            AtRest.Settings(AmpleBytes, 2 * MiB) with { StallTimeout = TimeSpan.FromSeconds(1) }, servers.Addresses);
        using var neighbour = await Neighbour.JoinAsync(broadcaster);
        await neighbour.CountsOnAsync(10);
        using var slow = await TestClient.ConnectAsync(broadcaster.Port, receiveBufferBytes: 4096);
        await slow.SendAsync("GET large\r\n");
        var trickle = Task.Run(async () =>
        {
            // A little at a time, and never enough: time itself is the subject.
            for (int i = 0; i < 500 && broadcaster.Snapshot.Clients > 1; i++)
            {
                await slow.ReadAsync(16 << 10);
                await Task.Delay(20);
            }
        });
        await neighbour.CountsOnAsync(200);
        slow.Dispose();
        await Record.ExceptionAsync(() => trickle);
        output.WriteLine(await neighbour.LeaveAsync());
        await broadcaster.AtRestAsync();
    }

    private static async Task SetAsync(BroadcasterUnderTest broadcaster, byte[] request)
    {
        using var client = await broadcaster.ConnectAsync();
        await client.SendAsync(request, Patience);
        Assert.Equal("+OK", await client.ReadLineAsync(Patience));
    }
}
