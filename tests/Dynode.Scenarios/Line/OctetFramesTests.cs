using System.Globalization;
using System.Text;
using Dynode.Broadcast.Plane;
using Dynode.Protocols;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Line;

/// <summary>Syslog over TCP with octet counting (RFC 6587, 3.4.1): frames, whatever is in them, stay whole.</summary>
public sealed class OctetFramesTests
{
    private const int Clients = 12;
    private const int Frames = 2_000;

    private static readonly BroadcastSettings Counted = LineSettings.Silent with { Framing = new() { LineFraming = LineFraming.Octet } };

    [Fact]
    public Task Frames_with_line_ends_in_them_reach_every_server_whole_and_in_one_order() => Seed.RunAsync(async random =>
    {
        using var first = ScriptedServer.Start();
        using var late = ScriptedServer.Down();
        using var broadcaster = BroadcasterUnderTest.Start(Counted, first, late);
        string[][] sent = [.. Enumerable.Range(0, Clients).Select(client => Texts(client, random))];
        int[] seeds = [.. sent.Select(_ => random.Next())];
        await Task.WhenAll(sent.Select((texts, client) => SendAsync(broadcaster, texts, new Random(seeds[client]))));
        long bytes = sent.Sum(texts => texts.Sum(text => (long)Frame(text).Length));
        await first.ReceivedBytesAsync(bytes);
        late.Listen();
        await late.ReceivedBytesAsync(bytes);

        string got = first.ReceivedText;
        Assert.True(got == late.ReceivedText, late.Dump());
        var byClient = Read(got).ToLookup(text => text[..3]);
        for (int client = 0; client < Clients; client++)
            Assert.Equal(sent[client], byClient[Name(client)]);
        Assert.Equal(Clients * Frames, broadcaster.Snapshot.Requests);
        Assert.All(broadcaster.Snapshot.Backends, backend => Assert.Equal((0L, 0L), (backend.DroppedRequests, backend.Repeats)));
    });

    [Theory]
    [InlineData(LineFraming.Octet, "5 whole", "<14>1 a line\n", "ERROR a frame does not begin with its length but with '<'; lines that end with LF need line_framing=lf")]
    [InlineData(LineFraming.Octet, "5 whole", "\n5 again", "ERROR a frame does not begin with its length but with 0x0A; lines that end with LF need line_framing=lf")]
    [InlineData(LineFraming.Octet, "5 whole", "99999999999 ", "ERROR a frame is longer than max_request_bytes=16777216")]
    [InlineData(LineFraming.Lf, "<14>1 whole\n", "22 <14>1 a trace\n  at x\n", "ERROR a line begins with its length (octet counting), and does not end there; frames need line_framing=octet")]
    [InlineData(LineFraming.Lf, "<14>1 whole\n", "11 <14>1 one11 <14>1 two", "ERROR a line begins with its length (octet counting), and does not end there; frames need line_framing=octet")]
    public async Task Who_uses_the_other_framing_is_told_so_and_harms_nobody(LineFraming framing, string whole, string wrong, string error)
    {
        using var server = ScriptedServer.Start();
        using var broadcaster = BroadcasterUnderTest.Start(Counted with { Framing = new() { LineFraming = framing } }, server);
        using var neighbour = await broadcaster.ConnectAsync();
        using (var client = await broadcaster.ConnectAsync())
        {
            await client.SendAsync(whole + wrong);
            var read = await client.ReadToEndAsync();
            Assert.EndsWith(error[error.IndexOf("ERROR", StringComparison.Ordinal)..], read.Text.TrimEnd(), StringComparison.Ordinal);
            Assert.False(read.WasReset);
        }

        await neighbour.SendAsync(whole);
        await server.ReceivedTextAsync(whole + whole);
        Assert.Equal((1L, 1), (broadcaster.Snapshot.Malformed, broadcaster.Log.Count(1522)));
    }

    [Theory]
    [InlineData(-1, false)]
    [InlineData(0, false)]
    [InlineData(1, true)]
    public async Task A_frame_may_be_as_long_as_a_request_and_not_longer(int over, bool refused)
    {
        const int Max = 200_000;
        using var server = ScriptedServer.Start();
        using var broadcaster = BroadcasterUnderTest.Start(Counted with { Framing = new() { LineFraming = LineFraming.Octet, RequestBytesMax = Max } }, server);
        using var client = await broadcaster.ConnectAsync();
        string frame = Frame(new string('x', Max + over - 7));
        Assert.Equal(Max + over, frame.Length);
        await client.SendAsync("6 before" + frame);
        if (refused)
            Assert.Equal("53 ERROR a frame is longer than max_request_bytes=200000", (await client.ReadToEndAsync()).Text);
        using var neighbour = await broadcaster.ConnectAsync();
        await server.ReceivedTextAsync("6 before" + (refused ? "" : frame));
        await neighbour.SendAsync("5 after");
        await server.ReceivedTextAsync("6 before" + (refused ? "" : frame) + "5 after");
    }

    [Fact]
    public async Task Replies_are_frames_too()
    {
        using var server = ScriptedServer.Start(new ServerScript { ReplyPerRead = _ => Encoding.ASCII.GetBytes("4 a\nbc") });
        var settings = Counted with { FramedReply = FramedReply.Primary, Framing = new ProtocolSettings { LineFraming = LineFraming.Octet, RepliesPerLine = 1 } };
        using var broadcaster = BroadcasterUnderTest.Start(settings, server);
        await broadcaster.CurrentAsync(1);
        using var client = await broadcaster.ConnectAsync();
        await client.SendAsync("7 one\ntwo");
        Assert.Equal("4 a\nbc", await client.ReadTextAsync(6));
        Assert.Equal("7 one\ntwo", server.ReceivedText);
    }

    private static string Frame(string text) => string.Create(CultureInfo.InvariantCulture, $"{text.Length} {text}");

    private static string Name(int client) => string.Create(CultureInfo.InvariantCulture, $"c{client:00}");

    private static string[] Texts(int client, Random random) =>
        [.. Enumerable.Range(0, Frames).Select(i => $"{Name(client)}<14>1 trace {i}\n  at {new string('x', random.Next(random.Next(200) == 0 ? 9_000 : 30))}\n7 half")];

    private static async Task SendAsync(BroadcasterUnderTest broadcaster, string[] texts, Random random)
    {
        using var client = await broadcaster.ConnectAsync();
        byte[] stream = Encoding.Latin1.GetBytes(string.Concat(texts.Select(Frame)));
        for (int at = 0; at < stream.Length;)
        {
            int length = Math.Min(random.Next(1, 20_000), stream.Length - at);
            await client.SendAsync(stream.AsMemory(at, length));
            at += length;
        }

        client.ShutdownSend();
        var read = await client.ReadToEndAsync();
        Assert.Equal(("", false), (read.Text, read.WasReset));
    }

    private static IEnumerable<string> Read(string stream)
    {
        for (int at = 0; at < stream.Length;)
        {
            int space = stream.IndexOf(' ', at);
            int length = int.Parse(stream.AsSpan(at, space - at), CultureInfo.InvariantCulture);
            yield return stream.Substring(space + 1, length);
            at = space + 1 + length;
        }
    }
}
