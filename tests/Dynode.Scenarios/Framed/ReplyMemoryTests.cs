using System.Globalization;
using Dynode.Scenarios.Framed.Limits;
using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Microsoft.Extensions.Time.Testing;
using Xunit;
using Policy = Dynode.Broadcast.Plane.FramedReply;
using Reply = Dynode.TestKit.Framed.FramedReply;

namespace Dynode.Scenarios.Framed;

/// <summary>Memory for replies that must wait: what it costs, whose it is, and who waits when there is little of it.</summary>
public sealed class ReplyMemoryTests
{
    /// <summary>GET is answered by as many bytes as its key says.</summary>
    private static readonly FramedScript BySize = new()
    {
        Answer = request => request.Name == "GET" ? Reply.Bulk(new string('v', int.Parse(request.Words[1], CultureInfo.InvariantCulture))) : null,
    };

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData(2, 1, 800, 49, Policy.Primary)]
    [InlineData(2, 400, 1, 300, Policy.Primary)]
    [InlineData(2, 20, 20, 3_000, Policy.Primary)]
    [InlineData(2, 3, 5, 60_000, Policy.Primary)]
    [InlineData(8, 2, 10, 150_000, Policy.Primary)]
    [InlineData(2, 50, 8, 2_000, Policy.Every)]
    public async Task When_the_primary_dies_all_get_what_another_server_had_replied_or_had_not_been_let_to(
        int memoryMiB, int clientsCount, int each, int size, Policy reply)
    {
        using var primary = FramedServer.Redis(BySize);
        using var other = FramedServer.Redis(BySize);
        var settings = AtRest.Settings(memoryMiB << 20, 64 << 10) with { FramedReply = reply, StallTimeout = Patience, ReconnectDelayMax = TimeSpan.FromSeconds(0.1) };
        using var broadcaster = BroadcasterUnderTest.Start(settings, [primary.Address, other.Address]);
        await broadcaster.CurrentAsync(primary, other);
        primary.HoldAnswers();
        List<TestClient> clients = [];
        try
        {
            for (int i = 0; i < clientsCount; i++)
            {
                clients.Add(await broadcaster.ConnectAsync());
                await clients[i].SendAllAsync(Enumerable.Repeat($"GET {size}", each));
            }

            await other.RequestsAsync(clientsCount * each, Patience);
            Assert.Equal(clientsCount, broadcaster.Snapshot.Clients);
            if (reply == Policy.Primary)
                primary.Kill();
            else
                primary.ReleaseAnswers();
            string answer = $"${size}\r\n{new string('v', size)}\r\n";
            foreach (var client in clients)
            {
                for (int i = 0; i < each; i++)
                    Assert.Equal(answer, await client.ReadTextAsync(answer.Length, Patience));
            }
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
        }

        await broadcaster.AtRestAsync();
        Assert.InRange(broadcaster.Snapshot.Memory.PeakBytes, 1, settings.MemoryBytesMax);
    }

    [Theory]
    [InlineData(600, 300)]
    [InlineData(600, 20_000)]
    [InlineData(150, 60_000)]
    public async Task Who_reads_late_what_it_asked_for_is_not_closed_for_anothers_pipeline(int requests, int size)
    {
        // More than the kernel takes, and less than may wait.
        const int Late = 6_000_000;
        using var primary = FramedServer.Redis(BySize);
        using var other = FramedServer.Redis(BySize);
        var settings = AtRest.Settings(64 << 20, 1 << 20) with { StallTimeout = Patience };
        var time = new FakeTimeProvider();
        using var broadcaster = BroadcasterUnderTest.Start(settings, time, primary.Tcp, other.Tcp);
        await time.UntilAsync(() => Array.TrueForAll([primary, other], server => broadcaster.Of(server).Standing is { IsCurrent: true }), broadcaster.Dump);
        using var late = await TestClient.ConnectAsync(broadcaster.Port, receiveBufferBytes: 4096);
        await late.SendAsync($"GET {Late}\r\n");
        await Eventually.True(() => broadcaster.Of(primary).RepliedBytes > Late && broadcaster.Of(other).RepliedBytes > Late, broadcaster.Dump);
        primary.HoldAnswers();
        using var pipelining = await broadcaster.ConnectAsync();
        await pipelining.SendAllAsync(Enumerable.Repeat($"GET {size}", requests));
        await other.RequestsAsync(1 + requests, Patience);
        Assert.Equal(2, broadcaster.Snapshot.Clients);
        Assert.InRange(broadcaster.Snapshot.RelayedBytes, 1, Late);
        Assert.Equal($"${Late}", await late.ReadLineAsync());
        await late.ReadAsync(Late + 2, Patience);
        primary.ReleaseAnswers();
        string answer = $"${size}\r\n{new string('v', size)}\r\n";
        for (int i = 0; i < requests; i++)
            Assert.Equal(answer, await pipelining.ReadTextAsync(answer.Length, Patience));
        Assert.InRange(broadcaster.Snapshot.Memory.PeakBytes, 1, settings.MemoryBytesMax);
    }

    [Theory]
    [InlineData(2, 30_000, 1_000, Policy.Primary)]
    [InlineData(2, 3_000, 10_000, Policy.Primary)]
    [InlineData(8, 600, 100_000, Policy.Fastest)]
    [InlineData(2, 10_000, 1_000, Policy.Every)]
    [InlineData(8, 5_000, 1_000, Policy.All)]
    public async Task A_pipeline_of_many_times_the_memory_whose_client_reads_is_answered_to_its_end(int memoryMiB, int requests, int size, Policy reply)
    {
        using var one = FramedServer.Redis(BySize);
        using var two = FramedServer.Redis(BySize);
        var settings = AtRest.Settings(memoryMiB << 20, 64 << 10) with { FramedReply = reply, StallTimeout = Patience };

        // Time stands still: what is looked at is memory, not how soon this test's machine lets it read.
        var time = new FakeTimeProvider();
        using var broadcaster = BroadcasterUnderTest.Start(settings, time, one.Tcp, two.Tcp);
        await time.UntilAsync(() => Array.TrueForAll([one, two], server => broadcaster.Of(server).Standing is { IsCurrent: true }), broadcaster.Dump);
        using var client = await broadcaster.ConnectAsync();
        using var neighbour = await broadcaster.ConnectAsync();
        var sending = client.SendAllAsync(Enumerable.Repeat($"GET {size}", requests));
        string answer = $"${size}\r\n{new string('v', size)}\r\n";
        int copies = reply == Policy.All ? 2 : 1;
        var asking = Task.Run(async () =>
        {
            for (int i = 0; i < 10; i++)
                Assert.All(await AskAsync(neighbour, copies), got => Assert.Equal("vvv", got));
        });
        for (int i = 0; i < requests * copies; i++)
            Assert.Equal(answer, await client.ReadTextAsync(answer.Length, Patience));
        await sending;
        await asking;
        Assert.InRange(broadcaster.Snapshot.Memory.PeakBytes, 1, settings.MemoryBytesMax);
    }

    [Fact]
    public async Task Who_keeps_taking_as_much_as_may_wait_for_it_is_not_closed_however_long_that_takes()
    {
        const int Chunk = 256 << 10;
        const int Chunks = 80;
        var time = new FakeTimeProvider();
        using var server = FramedServer.Redis(BySize);
        var settings = AtRest.Settings(64 << 20, 64 << 10) with { ReplyBytesMax = 1 << 20, StallTimeout = TimeSpan.FromSeconds(1), ReplyTimeout = TimeSpan.Zero };
        using var broadcaster = BroadcasterUnderTest.Start(settings, time, server.Tcp);
        await time.UntilAsync(() => broadcaster.Of(server).Standing is { IsCurrent: true }, broadcaster.Dump);
        using var client = await TestClient.ConnectAsync(broadcaster.Port, receiveBufferBytes: 4096);
        await client.SendAsync($"GET {Chunk * Chunks}\r\n");
        Assert.Equal($"${Chunk * Chunks}", await client.ReadLineAsync());
        for (int i = 0; i < Chunks; i++)
        {
            await client.ReadAsync(Chunk, Patience);

            // Eight seconds for all: eight times what may be waited for, and more each second than may wait.
            time.Advance(TimeSpan.FromSeconds(0.1));
        }

        Assert.Equal("", await client.ReadLineAsync());
        Assert.Equal(1, broadcaster.Snapshot.Clients);
    }

    private static async Task<string[]> AskAsync(TestClient client, int copies)
    {
        await client.SendAsync("GET 3\r\n", Patience);
        return await client.ReadRepliesAsync(copies);
    }
}
