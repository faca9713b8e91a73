using System.Diagnostics;
using System.Net.Sockets;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.TestKit;

[Collection(Alone.Name)]
public sealed class WaitsAndLeaksTests
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(50);

    [Fact]
    public async Task Eventually_fails_with_the_dump_and_what_it_saw_last()
    {
        ExpectationException never = await Assert.ThrowsAsync<ExpectationException>(() => Eventually.True(() => false, () => "the state", Short));
        Assert.Contains("the state", never.Message, StringComparison.Ordinal);
        ExpectationException other = await Assert.ThrowsAsync<ExpectationException>(() => Eventually.Equal(3, () => 4, () => "the state", Short));
        Assert.Contains("expected 3, still 4", other.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Eventually_ends_as_soon_as_it_holds()
    {
        int looked = 0;
        long start = Stopwatch.GetTimestamp();
        await Eventually.Equal(5, () => ++looked);
        Assert.True(Stopwatch.GetElapsedTime(start) < Deadline.Default);
        Assert.Equal(5, looked);
    }

    [Fact]
    public async Task A_leaked_socket_is_found_and_a_closed_one_is_not()
    {
        var leak = LeakCheck.Start();
        using (var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
        {
            ExpectationException found = await Assert.ThrowsAsync<ExpectationException>(() => leak.NothingLeftAsync(Short));
            Assert.Contains("socket:[", found.Message, StringComparison.Ordinal);
            Assert.Equal(leak.Base + 1, leak.Open);
        }

        await leak.NothingLeftAsync();
    }

    [Fact]
    public async Task A_scripted_server_and_its_clients_leave_nothing_behind()
    {
        var leak = LeakCheck.Start();
        using (ScriptedServer server = ScriptedServer.Start(new() { ReadPaused = true, FloodBytes = 10_000_000 }))
        {
            using TestClient client = await TestClient.ConnectAsync(server.Port);
            await client.SendAsync("x");
            await server.ConnectionAsync(0);
        }

        using (ScriptedServer never = ScriptedServer.Start(new() { AcceptPaused = true, ListenBacklog = 1 })) never.FillBacklog();
        await leak.NothingLeftAsync();
    }

    [Fact]
    public void A_random_test_that_fails_names_the_seed_that_repeats_it()
    {
        int drawn = 0;
        ExpectationException failed = Assert.Throws<ExpectationException>(() => Seed.Run(random =>
        {
            drawn = random.Next();
            throw new InvalidOperationException("as planned");
        }));
        int seed = int.Parse(failed.Message.Split(' ', ';')[1], System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(drawn, new Random(seed).Next());
        Assert.Contains("as planned", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_split_gives_the_sample_back()
    {
        byte[] sample = [1, 2, 3];
        var splits = SplitEverywhere.Of(sample).ToList();
        Assert.Equal(1 + 4 + 1, splits.Count);
        Assert.All(splits, pieces => Assert.Equal(sample, pieces.SelectMany(p => p.ToArray())));
        Assert.Equal(sample.Length, splits[^1].Count);
    }
}
