using System.Diagnostics;
using System.Security.Authentication;
using Dynode.Broadcast.Plane;
using Dynode.Scenarios.Framed;
using Dynode.Scenarios.Line;
using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Xunit;

namespace Dynode.Scenarios.Tls;

/// <summary>Clients that keep those busy who decrypt what they send: each has its part of a turn, and those who send nothing by it are ended.</summary>
[Collection(Alone.Name)]
public sealed class HostileClientTests(ITestOutputHelper output)
{
    /// <summary>Much more than the kernel takes at once, and more than a second of work to decrypt.</summary>
    private const int Records = 2_000_000;

    /// <summary>Answers of others while that is read. Read in one turn it would leave time for one, that was asked for before.</summary>
    private const int AnswersLeast = 3;

    [Theory]
    [InlineData("QUIT\r\n")]
    [InlineData("*x\r\n")]
    public async Task One_that_sends_on_behind_its_end_is_read_a_little_at_a_time(string last)
    {
        using var server = FramedServer.Redis(Asking.Echoing);
        using var tls = new TlsUnderTest(Asking.Redis, [server.Address]);
        await tls.Broadcaster.CurrentAsync(1);
        using var other = await tls.Broadcaster.ConnectAsync();
        using var client = await OpenSslClient.ConnectAsync(tls.Port, SslProtocols.Tls13);
        byte[] records = [.. client.Record(last), .. client.Records(Records)];
        Assert.Equal("0", await other.AskAsync("GET 0"));
        var sending = Task.Run(() => client.SendUntilBrokenAsync(records));
        (int answered, TimeSpan longest) = await AnsweredUntilAsync(other, () => tls.Broadcaster.Snapshot.Clients == 1, () => tls.Broadcaster.Snapshot.UnreadBytes > 0 && !sending.IsCompleted);
        int sent = await sending;
        output.WriteLine($"{sent} bytes sent, {tls.Broadcaster.Snapshot.UnreadBytes} of {Records} read; {answered} answers meanwhile, the slowest in {longest.TotalMilliseconds:f1} ms");
        Assert.InRange(answered, AnswersLeast, int.MaxValue);
        Assert.InRange(tls.Broadcaster.Snapshot.UnreadBytes, 1, Records);
    }

    [Theory]
    [InlineData(Protocol.Redis)]
    [InlineData(Protocol.Raw)]
    public async Task One_that_renews_its_keys_without_end_is_ended(Protocol protocol)
    {
        using var server = FramedServer.Redis(Asking.Echoing);
        using var tls = new TlsUnderTest(Asking.Redis with { Protocol = protocol }, [server.Address]);
        if (protocol == Protocol.Redis)
            await tls.Broadcaster.CurrentAsync(1);
        using var other = await tls.Broadcaster.ConnectAsync();
        Assert.Equal("0", await other.AskAsync("GET 0"));
        using var client = await OpenSslClient.ConnectAsync(tls.Port, SslProtocols.Tls13);
        byte[] records = client.KeyUpdates(100_000);
        var sending = Task.Run(() => client.SendUntilBrokenAsync(records));
        (int answered, TimeSpan longest) = await AnsweredUntilAsync(other, () => sending.IsCompleted && tls.Broadcaster.Snapshot.Clients == 1, static () => true);
        output.WriteLine($"{protocol}: {await sending} of {records.Length} bytes sent; {answered} answers meanwhile, the slowest in {longest.TotalMilliseconds:f1} ms");
        await Eventually.True(() => tls.Broadcaster.Log.Dump().Contains("its TLS carried no data", StringComparison.Ordinal), tls.Broadcaster.Dump);
        Assert.Equal("1", await other.AskAsync("GET 1"));
        Assert.Equal(0, tls.Broadcaster.Snapshot.CutEnds);
    }

    /// <summary>As often as it likes, as long as it says something by them.</summary>
    [Fact]
    public async Task One_that_renews_its_keys_between_requests_is_served()
    {
        const int Rounds = 20;
        using var server = FramedServer.Redis(Asking.Echoing);
        using var tls = new TlsUnderTest(Asking.Redis, [server.Address]);
        await tls.Broadcaster.CurrentAsync(1);
        using var client = await OpenSslClient.ConnectAsync(tls.Port, SslProtocols.Tls13);
        int sent = 0;
        for (int round = 0; round < Rounds; round++)
        {
            byte[] records = [.. client.KeyUpdates(2_000), .. client.Record("GET key\r\n")];
            sent += records.Length;
            await client.SendAsync(records);
            Assert.Equal("$3\r\nkey\r\n", await client.ReadTextAsync("$3\r\nkey\r\n".Length));
        }

        Assert.InRange(sent, 1 << 20, int.MaxValue);
    }

    /// <summary>Asks until that holds.</summary>
    /// <returns>Answers that came while <paramref name="counts"/> held, and the longest time that one took.</returns>
    private static async Task<(int Answered, TimeSpan Longest)> AnsweredUntilAsync(TestClient client, Func<bool> holds, Func<bool> counts)
    {
        int answered = 0;
        var longest = TimeSpan.Zero;
        long began = Stopwatch.GetTimestamp();
        for (int i = 0; !holds(); i++)
        {
            long asked = Stopwatch.GetTimestamp();
            Assert.Equal($"{i}", await client.AskAsync($"GET {i}"));
            var took = Stopwatch.GetElapsedTime(asked);
            longest = took > longest ? took : longest;
            answered += counts() ? 1 : 0;
            Assert.True(Stopwatch.GetElapsedTime(began) < 2 * Deadline.Default, "it did not end");
        }

        return (answered, longest);
    }
}
