using System.Globalization;
using System.Text.RegularExpressions;
using Dynode.Broadcast.Plane;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Redis;

/// <summary>Read your writes: what a client is told is there it finds there, or gets an error, whatever becomes of the servers meanwhile.</summary>
[Trait("Server", "redis")]
public sealed partial class ReadYourWritesTests(ITestOutputHelper output)
{
    private const int Clients = 6;
    private const int Deaths = 5;

    [Theory]
    [InlineData(FramedReply.All)]
    [InlineData(FramedReply.Primary)]
    [InlineData(FramedReply.Fastest)]
    [InlineData(FramedReply.Majority)]
    [InlineData(FramedReply.Every)]
    public Task A_client_never_reads_what_is_older_than_its_writes_while_servers_die_and_come_back(FramedReply reply) => Seed.RunAsync(async random =>
    {
        using var redis = await RedisBroadcast.StartAsync(reply, RedisBroadcast.DurableArguments);
        int[] turns = [.. Enumerable.Range(0, Deaths).Select(_ => random.Next(redis.Servers.Length))];
        var quiet = new CancellationTokenSource();
        var clients = Enumerable.Range(0, Clients).Select(number => WriteAndReadAsync(redis, number, reply, quiet.Token)).ToArray();
        try
        {
            foreach (int turn in turns)
            {
                long before = redis.Snapshot.Requests;
                await Eventually.True(() => redis.Snapshot.Requests > before + 300 || clients.Any(client => client.IsFaulted), redis.Broadcaster.Dump);

                // Sometimes another one goes too, before the first is back.
                int second = (turn + 1) % redis.Servers.Length;
                bool both = random.Next(2) == 0;
                await redis.Servers[turn].KillAsync();
                if (both) await redis.Servers[second].KillAsync();
                await redis.Servers[turn].StartAsync();
                if (both) await redis.Servers[second].StartAsync();
            }
        }
        finally
        {
            await quiet.CancelAsync();
        }

        var counts = await Task.WhenAll(clients);
        await redis.EqualAsync();
        output.WriteLine($"{reply}: {counts.Sum(count => count.Reads)} values read, {counts.Sum(count => count.Errors.Count)} errors, over {redis.Snapshot.Backends.Sum(backend => backend.ConnectionsLost)} lost connections");
        foreach (var error in counts.SelectMany(count => count.Errors).CountBy(text => PortOf().Replace(text, ":…"))) output.WriteLine($"  {error.Value} times {error.Key}");
        Assert.True(counts.Sum(count => count.Reads) > 100, redis.Broadcaster.Dump());
    });

    private static async Task<(int Reads, List<string> Errors)> WriteAndReadAsync(RedisBroadcast redis, int number, FramedReply reply, CancellationToken quiet)
    {
        using var client = await redis.ConnectAsync();
        string key = $"key {number}";
        int replies = reply == FramedReply.All ? redis.Servers.Length : 1;
        int confirmed = 0;
        int reads = 0;
        List<string> errors = [];
        for (int i = 1; !quiet.IsCancellationRequested; i++)
        {
            await client.SendAsync(RespClient.Request("SET", key, $"{i}"));
            var set = await client.ReadAsync(replies);
            if (set.Any(answer => answer.ToString() == "+OK")) confirmed = i;
            await client.SendAsync(RespClient.Request("GET", key));
            foreach (var answer in await client.ReadAsync(replies))
            {
                // A SET that got an error may have been done, or be done later: nothing is older for that.
                if (answer.IsError) errors.Add(answer.Text!);
                else Assert.InRange(answer.Text is null ? 0 : int.Parse(answer.Text, CultureInfo.InvariantCulture), confirmed, i);
                if (!answer.IsError) reads++;
            }
        }

        return (reads, errors);
    }

    [GeneratedRegex(@":\d+")]
    private static partial Regex PortOf();
}
