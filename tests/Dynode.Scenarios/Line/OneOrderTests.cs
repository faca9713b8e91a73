using System.Globalization;
using System.Text;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Line;

/// <summary>Lines of many clients, none of which is answered, reach every server whole and in one order.</summary>
public sealed class OneOrderTests
{
    private const int Clients = 20;
    private const int Lines = 5_000;

    [Fact]
    public Task Every_server_has_the_same_sequence_of_whole_lines_and_each_clients_in_its_order() => Seed.RunAsync(async random =>
    {
        using var first = ScriptedServer.Start();
        using var second = ScriptedServer.Start();

        // It answers all the same: that is thrown away, and hurts nobody.
        using var talks = ScriptedServer.Start(new ServerScript { ReplyPerRead = bytes => bytes.ToArray() });
        using var late = ScriptedServer.Down();
        ScriptedServer[] servers = [first, second, talks, late];
        using var broadcaster = BroadcasterUnderTest.Start(LineSettings.Silent, servers);
        string[] sent = [.. Enumerable.Range(0, Clients).Select(client => Text(client, random))];
        int[] seeds = [.. sent.Select(_ => random.Next())];
        ReadToEnd[] answers = await Task.WhenAll(sent.Select((text, client) => SendAsync(broadcaster, text, new Random(seeds[client]))));
        Assert.All(answers, answer => Assert.Equal((0, false), (answer.Bytes.Length, answer.WasReset)));
        long bytes = sent.Sum(text => (long)text.Length);
        await Task.WhenAll(first.ReceivedBytesAsync(bytes), second.ReceivedBytesAsync(bytes), talks.ReceivedBytesAsync(bytes));
        late.Listen();
        await late.ReceivedBytesAsync(bytes);

        string got = first.ReceivedText;
        Assert.All(servers, server => Assert.True(got == server.ReceivedText, server.Dump()));
        var byClient = got.Split('\n', StringSplitOptions.RemoveEmptyEntries).ToLookup(line => line[..3]);
        for (int client = 0; client < Clients; client++)
            Assert.Equal(sent[client], string.Concat(byClient[Name(client)].Select(line => line + "\n")));
        Assert.Equal(Clients * Lines, broadcaster.Snapshot.Requests);
        Assert.All(broadcaster.Snapshot.Backends, backend => Assert.Equal((0L, 0L, 0L), (backend.DroppedRequests, backend.Repeats, backend.ConnectionsLost)));
        TestContext.Current.TestOutputHelper?.WriteLine($"{Clients * Lines} lines, {bytes} bytes, equal at {servers.Length} servers");
    });

    [Fact]
    public async Task A_half_line_of_a_client_that_leaves_is_dropped_and_whole_ones_are_delivered()
    {
        using var server = ScriptedServer.Start();
        using var broadcaster = BroadcasterUnderTest.Start(LineSettings.Silent, server);
        using (var leaves = await broadcaster.ConnectAsync())
            await leaves.SendAsync("one\ntwo\r\nhalf");
        using (var resets = await broadcaster.ConnectAsync())
        {
            await resets.SendAsync("three\nhalf as well");
            await Eventually.Equal(31L, () => broadcaster.Snapshot.ReceivedBytes, broadcaster.Dump);
            resets.Reset();
        }

        using var stays = await broadcaster.ConnectAsync();
        await stays.SendInPiecesAsync("four\r\n\n\r\nfive\n"u8.ToArray());
        await server.ReceivedTextAsync("one\ntwo\r\nthree\nfour\r\n\n\r\nfive\n");

        // Nothing is lost in silence.
        await Eventually.Equal((2L, 16L), () => (broadcaster.Snapshot.Parts, broadcaster.Snapshot.PartBytes), broadcaster.Dump);
        Assert.Contains("goes nowhere: half a line, 4 bytes without LF (1 so far, 4 bytes in all)", broadcaster.Log.Of(1525).First(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-1, false)]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(70_000, true)]
    public async Task A_line_may_be_as_long_as_a_request_and_not_longer(int over, bool refused)
    {
        const int Max = 200_000;
        using var server = ScriptedServer.Start();
        using var broadcaster = BroadcasterUnderTest.Start(LineSettings.Silent with { Framing = new() { RequestBytesMax = Max } }, server);
        using var neighbour = await broadcaster.ConnectAsync();
        using var client = await broadcaster.ConnectAsync();
        string line = new string('x', Max + over - 1) + "\n";
        await client.SendAsync("before\n" + line);
        if (refused)
        {
            Assert.Equal($"ERROR line too long: longer than max_request_bytes={Max}\r\n", (await client.ReadToEndAsync()).Text);
            Assert.Equal(1, broadcaster.Snapshot.Malformed);
        }

        await server.ReceivedTextAsync("before\n" + (refused ? "" : line));
        await neighbour.SendAsync("after\n");
        await server.ReceivedTextAsync("before\n" + (refused ? "" : line) + "after\n");
    }

    private static string Name(int client) => string.Create(CultureInfo.InvariantCulture, $"c{client:00}");

    private static string Text(int client, Random random)
    {
        var text = new StringBuilder();
        for (int i = 0; i < Lines; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"{Name(client)}.metric.{i} {random.Next()} {new string('x', random.Next(200) == 0 ? 3_000 : random.Next(30))}");
            text.Append(random.Next(5) == 0 ? "\r\n" : "\n");
        }

        return text.ToString();
    }

    private static async Task<ReadToEnd> SendAsync(BroadcasterUnderTest broadcaster, string text, Random random)
    {
        using var client = await broadcaster.ConnectAsync();
        byte[] bytes = Encoding.Latin1.GetBytes(text);
        for (int at = 0; at < bytes.Length;)
        {
            int length = Math.Min(bytes.Length - at, random.Next(1, 9_000));
            await client.SendAsync(bytes.AsMemory(at, length));
            at += length;
        }

        client.ShutdownSend();
        return await client.ReadToEndAsync();
    }
}
