using Dynode.Broadcast.Plane;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Memcached;

/// <summary>Random requests to one memcached, and through a broadcaster with three: what clients read is the same, and so is what servers hold.</summary>
[Trait("Server", "memcached")]
public sealed class DifferentialTests
{
    private const int Batches = 150;
    private const int BatchMax = 40;

    [Theory]
    [InlineData(FramedReply.Primary)]
    [InlineData(FramedReply.Fastest)]
    [InlineData(FramedReply.Majority)]
    [InlineData(FramedReply.Every)]
    public Task A_client_reads_what_one_memcached_would_have_said(FramedReply reply) => Seed.RunAsync(async random =>
    {
        using var plain = await MemcachedServer.StartAsync();
        using var under = await MemcachedUnderTest.StartAsync(3, reply);
        using var direct = await TextClient.ConnectAsync(plain.Port);
        using var client = await under.ConnectAsync();
        var requests = new RandomRequests(random);
        int count = 0;
        Assert.Equal(await direct.AskAsync(RandomRequests.Begin), await client.AskAsync(RandomRequests.Begin));
        for (int batch = 0; batch < Batches; batch++)
        {
            string[] sent = [.. Enumerable.Range(0, random.Next(1, BatchMax)).Select(_ => requests.Next())];
            string[] expected = await direct.AskEachAsync(sent, random);
            string[] actual = await client.AskEachAsync(sent, random);
            for (int i = 0; i < sent.Length; i++)
            {
                (string want, string got) = (RandomRequests.Masked(sent[i], expected[i]), RandomRequests.Masked(sent[i], actual[i]));
                Assert.True(want == got, $"request {count + i}, {Shown(sent[i])}: one memcached says {Shown(want)}, the broadcaster {Shown(got)}");
            }

            count += sent.Length;
        }

        string held = await under.EqualAsync($"get {RandomRequests.AllKeys}\r\n");
        Assert.Equal(await direct.AskAsync($"get {RandomRequests.AllKeys}\r\n"), held);
        Assert.All(under.Broadcaster.Snapshot.Backends, backend => Assert.Equal((0L, 0L, 0L), (backend.Divergences, backend.ConnectionsLost, backend.Repeats)));
        TestContext.Current.TestOutputHelper?.WriteLine($"{count} requests alike");
    });

    private static string Shown(string text)
    {
        text = text.Replace("\r\n", "⏎", StringComparison.Ordinal);
        return text.Length > 400 ? $"'{text[..200]}…{text[^200..]}'" : $"'{text}'";
    }
}
