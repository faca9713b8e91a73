using System.Text;
using Dynode.Broadcast.Plane;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Raw;

/// <summary>Whose bytes a client gets: those of all servers, of the primary, of nobody.</summary>
public sealed class ReplyTests
{
    private static ServerScript Named(string name) => new() { ReplyPerLine = line => $"{name}:{line}\n" };

    [Fact]
    public async Task Under_all_the_bytes_of_each_server_keep_their_order()
    {
        const int Lines = 20_000;
        using var a = ScriptedServer.Start(Named("a"));
        using var b = ScriptedServer.Start(Named("b"));
        using var c = ScriptedServer.Start(Named("c"));
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings(), a, b, c);
        using var client = await broadcaster.ConnectAsync();
        byte[] requests = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, Lines).Select(i => $"{i}\n")));
        var sending = SendAsync(client, requests);

        // Relayed as they come, so lines of different servers may cut each other: what is certain is the order of each one's bytes.
        byte[] replies = (await client.ReadToEndAsync()).Bytes;
        await sending;
        Assert.Equal(3 * (requests.Length + (2 * Lines)), replies.Length);
        foreach (char name in "abc")
            Assert.Equal(Lines, replies.Count(x => x == name));
        await broadcaster.NobodyLeftAsync();
    }

    [Fact]
    public async Task Under_all_what_each_server_says_arrives_whole_and_in_order()
    {
        // Each server speaks with its own half of the byte values, so that its bytes can be told apart in any mixture.
        byte[] low = Enumerable.Range(0, 3_000_000).Select(i => (byte)(i * 31 % 127)).ToArray();
        byte[] high = Enumerable.Range(0, 2_000_000).Select(i => (byte)(128 + (i * 17 % 127))).ToArray();
        using var a = ScriptedServer.Start(new ServerScript { Greeting = low });
        using var b = ScriptedServer.Start(new ServerScript { Greeting = high });
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings(), a, b);
        using var client = await broadcaster.ConnectAsync();
        byte[] all = await client.ReadAsync(low.Length + high.Length);
        Assert.Equal(low, all.Where(x => x < 128));
        Assert.Equal(high, all.Where(x => x >= 128));
    }

    [Theory]
    [InlineData(RawReply.All)]
    [InlineData(RawReply.Primary)]
    public async Task A_server_that_speaks_first_is_heard(RawReply reply)
    {
        using var server = ScriptedServer.Start(new ServerScript { Greeting = "220 welcome\n"u8.ToArray(), ReplyPerLine = line => $"250 {line}\n" });
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings { Reply = reply }, server);
        using var client = await broadcaster.ConnectAsync();
        Assert.Equal("220 welcome", await client.ReadLineAsync());
        await client.SendAsync("HELO\n");
        Assert.Equal("250 HELO", await client.ReadLineAsync());
    }

    [Fact]
    public async Task The_primary_is_the_first_in_the_list_that_is_connected_when_the_first_byte_comes()
    {
        using var down = ScriptedServer.Down(Named("down"));
        using var first = ScriptedServer.Start(Named("first"));
        using var second = ScriptedServer.Start(Named("second"));
        using var broadcaster = BroadcasterUnderTest.Start(
            new BroadcastSettings { Reply = RawReply.Primary, ReconnectDelayMax = TimeSpan.FromSeconds(0.1) }, down, first, second);
        using var client = await broadcaster.ConnectAsync();
        await Eventually.True(() => broadcaster.Snapshot.Backends.Sum(backend => backend.Connections) == 2, broadcaster.Dump);
        await client.SendAsync("1\n");
        Assert.Equal("first:1", await client.ReadLineAsync());

        // It stays that for the whole session, whoever comes back.
        down.Listen();
        await down.ReceivedTextAsync("1\n");
        await client.SendAsync("2\n");
        await down.ReceivedTextAsync("1\n2\n");
        Assert.Equal("first:2", await client.ReadLineAsync());
        client.ShutdownSend();
        Assert.Null(await client.ReadLineAsync());

        // The next session has a new one.
        using var next = await broadcaster.ConnectAsync();
        await Eventually.True(() => broadcaster.Snapshot.Backends.All(backend => backend.Connections == 1), broadcaster.Dump);
        await next.SendAsync("3\n");
        Assert.Equal("down:3", await next.ReadLineAsync());
    }

    [Fact]
    public async Task Where_all_servers_are_up_the_primary_is_the_first_also_for_a_client_that_speaks_at_once()
    {
        using var first = ScriptedServer.Start(Named("first"));
        using var servers = new Servers(3, Named("other"));
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings { Reply = RawReply.Primary }, [first, .. servers.All]);
        for (int i = 0; i < 200; i++)
        {
            using var client = await broadcaster.ConnectAsync();
            await client.SendAsync("hello\n");
            Assert.Equal("first:hello", await client.ReadLineAsync());
        }
    }

    [Fact]
    public async Task Nothing_but_the_primarys_bytes_reaches_the_client()
    {
        using var first = ScriptedServer.Start(Named("first"));
        using var loud = ScriptedServer.Start(new ServerScript { FloodBytes = 10_000_000 });
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings { Reply = RawReply.Primary }, first, loud);
        using var client = await broadcaster.ConnectAsync();
        await Eventually.True(() => broadcaster.Snapshot.Backends.All(backend => backend.Connections == 1), broadcaster.Dump);
        await client.SendAsync("1\n2\n3\n");
        client.ShutdownSend();
        string got = (await client.ReadToEndAsync()).Text;

        // The flood may have been first: then it was the primary, and nothing of the other came.
        Assert.True(got == "first:1\nfirst:2\nfirst:3\n" || !got.Contains("first", StringComparison.Ordinal), got[..Math.Min(200, got.Length)]);
        await broadcaster.NobodyLeftAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_primarys_end_is_the_clients_end(bool byReset)
    {
        using var first = ScriptedServer.Start(Named("first"));
        using var second = ScriptedServer.Start(Named("second"));
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings { Reply = RawReply.Primary }, first, second);
        using var client = await broadcaster.ConnectAsync();
        await Eventually.True(() => broadcaster.Snapshot.Backends.All(backend => backend.Connections == 1), broadcaster.Dump);
        await client.SendAsync("1\n");
        Assert.Equal("first:1", await client.ReadLineAsync());
        if (byReset)
            first.ResetAll();
        else
            first.CloseAll();
        Assert.Equal("", (await client.ReadToEndAsync()).Text);
        client.Dispose();
        await broadcaster.NobodyLeftAsync();
        Assert.Equal("1\n", second.ReceivedText);
    }

    [Fact]
    public async Task The_primarys_end_is_the_clients_end_also_with_bytes_left_for_it()
    {
        // It dies with requests unsent, and is back at once: its new connection gets them, but this client has had its answer.
        using var first = ScriptedServer.Start(new ServerScript { ReadPaused = true, Greeting = "first\n"u8.ToArray() });
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings { Reply = RawReply.Primary, BacklogBytesMax = 16 << 20 }, first);
        using var client = await broadcaster.ConnectAsync();
        Assert.Equal("first", await client.ReadLineAsync());
        await client.SendAsync(new Random(3).Bytes(12 << 20));
        await Eventually.Equal(12L << 20, () => broadcaster.Snapshot.ReceivedBytes, broadcaster.Dump);
        first.Script = first.Script with { Greeting = "again\n"u8.ToArray(), AnswerEnd = false };
        first.ResumeReading();
        first.ResetAll();

        Assert.Equal("", (await client.ReadToEndAsync()).Text);
    }

    [Fact]
    public async Task Under_none_replies_are_read_and_thrown_away()
    {
        using var servers = new Servers(2, new ServerScript { FloodBytes = 50_000_000, Echo = true });
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings { Reply = RawReply.None }, servers.All);
        using var client = await broadcaster.ConnectAsync();
        byte[] bytes = new Random(4).Bytes(3_000_000);
        await client.SendAsync(bytes);
        await Eventually.True(() => broadcaster.Snapshot.Backends.All(backend => backend.RepliedBytes == 53_000_000), broadcaster.Dump);
        client.ShutdownSend();
        Assert.Equal("", (await client.ReadToEndAsync()).Text);
        await broadcaster.NobodyLeftAsync();
        Assert.All(servers.All, server => Assert.Equal(bytes, server.Received));
        Assert.Equal(0, broadcaster.Snapshot.RelayedBytes);
    }

    [Theory]
    [InlineData(RawReply.All, 2)]
    [InlineData(RawReply.Primary, 1)]
    public async Task A_flood_of_100_MiB_from_each_server_arrives_within_bounded_memory(RawReply reply, int servers)
    {
        const long FloodBytes = 100L << 20;
        const int PagesBytesMax = 4 * (64 << 10);
        using var flooding = new Servers(servers, new ServerScript { FloodBytes = FloodBytes });
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings { Reply = reply }, flooding.All);
        using var client = await broadcaster.ConnectAsync();
        var drained = client.DrainToEndAsync(TimeSpan.FromMinutes(2));
        await Eventually.Equal(servers * FloodBytes, () => client.ReceivedBytes, broadcaster.Dump, TimeSpan.FromMinutes(2));
        client.ShutdownSend();
        Assert.Equal(servers * FloodBytes, await drained);
        await broadcaster.NobodyLeftAsync();
        Assert.InRange(broadcaster.Snapshot.Memory.PeakBytes, 1, PagesBytesMax);
        Assert.Equal(servers * FloodBytes, broadcaster.Snapshot.RelayedBytes);
    }

    private static async Task SendAsync(TestClient client, byte[] requests)
    {
        await client.SendAsync(requests);
        client.ShutdownSend();
    }
}
