using Dynode.Broadcast.Plane;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Redis;

/// <summary>The same requests to a redis-server, and through the broadcaster to three: the same replies, and the same data.</summary>
[Trait("Server", "redis")]
public sealed class DifferentialTests(ITestOutputHelper output)
{
    private const int Requests = 4_000;
    private const int PipelineMax = 200;

    [Theory]
    [InlineData(FramedReply.Primary)]
    [InlineData(FramedReply.Fastest)]
    [InlineData(FramedReply.Majority)]
    [InlineData(FramedReply.Every)]
    public Task Every_reply_is_the_one_that_a_single_redis_gives(FramedReply reply) => Seed.RunAsync(async random =>
    {
        using var alone = await RedisServer.StartAsync();
        using var redis = await RedisBroadcast.StartAsync(reply);
        using var direct = await RespClient.ConnectAsync(alone.Port);
        using var through = await redis.ConnectAsync();
        var generator = new RandomRedis(random);
        int compared = 0;
        int errors = 0;
        for (int sent = 0; sent < Requests;)
        {
            var pipeline = Enumerable.Range(0, random.Next(4) == 0 ? random.Next(1, PipelineMax) : random.Next(1, 10)).Select(_ => generator.Next()).ToArray();
            sent += pipeline.Length;
            byte[] bytes = [.. pipeline.SelectMany(request => request.Bytes)];
            var sending = Task.WhenAll(direct.SendAsync(bytes), SendCutAsync(through, bytes, random));
            foreach (var request in pipeline)
            {
                for (int i = 0; i < request.Replies; i++)
                {
                    var expected = await ReadAsync(direct, redis, request, null);
                    var actual = await ReadAsync(through, redis, request, expected);
                    Assert.True(AreAlike(request.Reading, expected, actual), $"{request}\nalone:   {Shown(expected)}\nthrough: {Shown(actual)}");
                    compared++;
                    errors += expected.IsError ? 1 : 0;
                }
            }

            await sending;
        }

        await redis.EqualAsync();
        Assert.Equal((await redis.AskAsync(alone, "DEBUG", "DIGEST")).ToString(), await redis.DigestAsync(redis.Servers[0]));
        redis.NothingLost();
        output.WriteLine($"{reply}: {compared} replies alike, {errors} of them errors; {redis.Snapshot.Requests} requests in the log");
    });

    [Theory]
    [InlineData(FramedReply.Primary)]
    [InlineData(FramedReply.Fastest)]
    [InlineData(FramedReply.Majority)]
    [InlineData(FramedReply.Every)]
    public Task Of_clients_that_speak_RESP2_and_RESP3_by_turns_each_gets_the_form_that_a_single_redis_gives_it(FramedReply reply) => Seed.RunAsync(async random =>
    {
        const int Clients = 6;
        using var alone = await RedisServer.StartAsync();
        using var redis = await RedisBroadcast.StartAsync(reply);
        var direct = await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => RespClient.ConnectAsync(alone.Port)));
        var through = await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => redis.ConnectAsync()));
        var generators = Enumerable.Range(0, Clients).Select(_ => new RandomRedis(random)).ToArray();
        int resp3 = 0;
        for (int i = 0; i < Clients; i += 2)
        {
            foreach (var client in (RespClient[])[direct[i], through[i]]) Assert.False((await client.AskAsync("HELLO", "3")).IsError);
        }

        for (int sent = 0; sent < Requests;)
        {
            // One after the other: what they do to the same keys must have one order.
            int who = random.Next(Clients);
            var pipeline = Enumerable.Range(0, random.Next(1, 12)).Select(_ => generators[who].Next()).ToArray();
            sent += pipeline.Length;
            byte[] bytes = [.. pipeline.SelectMany(request => request.Bytes)];
            var sending = Task.WhenAll(direct[who].SendAsync(bytes), SendCutAsync(through[who], bytes, random));
            foreach (var request in pipeline)
            {
                for (int i = 0; i < request.Replies; i++)
                {
                    var expected = await ReadAsync(direct[who], redis, request, null);
                    var actual = await ReadAsync(through[who], redis, request, expected);
                    Assert.True(AreAlike(request.Reading, expected, actual), $"client {who}: {request}\nalone:   {Shown(expected)}\nthrough: {Shown(actual)}");
                    resp3 += expected.Kind is '_' or '%' or '~' or ',' or '=' or '#' or '(' ? 1 : 0;
                }
            }

            await sending;
        }

        await redis.EqualAsync();
        Assert.Equal((await redis.AskAsync(alone, "DEBUG", "DIGEST")).ToString(), await redis.DigestAsync(redis.Servers[0]));
        redis.NothingLost();
        Assert.InRange(resp3, 20, int.MaxValue);
        foreach (var client in (RespClient[])[.. direct, .. through]) client.Dispose();
        output.WriteLine($"{reply}: {resp3} replies in forms of RESP3 alone; {redis.Snapshot.Requests} requests in the log");
    });

    private static async Task<RespReply> ReadAsync(RespClient client, RedisBroadcast redis, RandomRequest request, RespReply? expected)
    {
        try
        {
            return await client.ReadAsync();
        }
        catch (ExpectationException e)
        {
            throw new ExpectationException($"{request}\nalone: {(expected is null ? "nothing" : Shown(expected))}\n{e.Message}\n{redis.Broadcaster.Dump()}", e);
        }
    }

    private static async Task SendCutAsync(RespClient client, byte[] bytes, Random random)
    {
        // Of its own: the generator's must not depend on when the other side reads.
        var cuts = new Random(random.Next());
        for (int at = 0; at < bytes.Length;)
        {
            int length = Math.Min(bytes.Length - at, cuts.Next(3) == 0 ? cuts.Next(1, 20) : cuts.Next(1, 20_000));
            await client.SendAsync(bytes.AsMemory(at, length));
            at += length;
        }
    }

    private static bool AreAlike(Reading reading, RespReply expected, RespReply actual) => reading switch
    {
        Reading.Unordered => expected.Sorted(pairs: false) == actual.Sorted(pairs: false),
        Reading.Hello => WithoutId(expected) == WithoutId(actual),
        Reading.Pairs => expected.Sorted(pairs: true) == actual.Sorted(pairs: true),
        Reading.QueuedOrRefused => actual.ToString() == "+QUEUED" || expected.ToString() == actual.ToString(),
        _ => expected.ToString() == actual.ToString() || (IsAborted(expected) && IsAborted(actual)),
    };

    // A redis alone says "because of previous errors", for it has named each when it would not queue it.
    private static bool IsAborted(RespReply reply) => reply.ToString().StartsWith("-EXECABORT Transaction discarded because of", StringComparison.Ordinal);

    // The number is each client's own, and modules, which come with some servers, are not told.
    private static string WithoutId(RespReply hello) =>
        hello.Items is null ? hello.ToString() : (hello with { Items = [.. hello.Items[..7], .. hello.Items[8..13]] }).ToString();

    private static string Shown(RespReply reply)
    {
        string text = reply.ToString();
        return text.Length > 500 ? text[..500] + "…" : text;
    }
}
