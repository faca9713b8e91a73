using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.TestKit;

/// <summary>A kit that lies is worse than none: what the scripted server says it does is checked from the other end, by plain sockets.</summary>
public sealed class ScriptedServerTests
{
    [Fact]
    public async Task It_records_what_came_on_each_connection_and_on_all()
    {
        using ScriptedServer server = ScriptedServer.Start();
        using TestClient a = await TestClient.ConnectAsync(server.Port);
        await a.SendAsync("one");
        await server.ReceivedTextAsync("one");
        using TestClient b = await TestClient.ConnectAsync(server.Port);
        await b.SendInPiecesAsync("two"u8.ToArray());
        await server.ReceivedTextAsync("onetwo");
        Assert.Equal(["one", "two"], server.Connections.Select(c => c.ReceivedText));
        Assert.Equal(6, server.ReceivedBytes);
    }

    [Theory]
    [InlineData(Recording.Bytes)]
    [InlineData(Recording.Hash)]
    public async Task The_hash_is_that_of_the_bytes_also_over_a_restart(Recording recording)
    {
        using ScriptedServer server = ScriptedServer.Start(new() { Recording = recording });
        byte[] bytes = new Random(1).Bytes(3_000_000);
        using (TestClient first = await TestClient.ConnectAsync(server.Port)) await first.SendAsync(bytes.AsMemory(0, 1_000_001));
        await server.ReceivedBytesAsync(1_000_001);
        server.Restart();
        using (TestClient second = await TestClient.ConnectAsync(server.Port)) await second.SendAsync(bytes.AsMemory(1_000_001));
        await server.ReceivedBytesAsync(bytes.Length);
        Assert.Equal(Convert.ToHexString(SHA256.HashData(bytes)), server.Sha256);
        Assert.Equal(Convert.ToHexString(SHA256.HashData(bytes.AsSpan(0, 1_000_001))), server.Connections[0].Sha256);
    }

    [Fact]
    public async Task A_reset_is_a_RST_and_a_close_is_a_FIN()
    {
        using ScriptedServer server = ScriptedServer.Start();
        using TestClient reset = await TestClient.ConnectAsync(server.Port);
        using TestClient closed = await TestClient.ConnectAsync(server.Port);
        await server.ConnectionAsync(1);
        server.Connections[0].Reset();
        server.Connections[1].Close();
        Assert.True((await reset.ReadToEndAsync()).WasReset);
        Assert.False((await closed.ReadToEndAsync()).WasReset);
        Assert.Equal([ConnectionEnd.ResetHere, ConnectionEnd.ClosedHere], server.Connections.Select(c => c.End));
    }

    [Fact]
    public async Task A_reset_is_a_RST_also_while_it_reads_is_paused_or_sends()
    {
        using ScriptedServer server = ScriptedServer.Start(new() { FloodBytes = 100_000_000 });
        using TestClient flooded = await TestClient.ConnectAsync(server.Port, receiveBufferBytes: 4096);
        server.PauseReading();
        using TestClient paused = await TestClient.ConnectAsync(server.Port, receiveBufferBytes: 4096);
        await paused.SendAsync("unread");
        await server.ConnectionAsync(1);
        server.ResetAll();
        Assert.True((await flooded.ReadToEndAsync()).WasReset);
        Assert.True((await paused.ReadToEndAsync()).WasReset);
    }

    [Fact]
    public async Task It_can_close_a_connection_as_soon_as_it_has_accepted_it()
    {
        using ScriptedServer server = ScriptedServer.Start(new() { OnAccept = AcceptThen.Close });
        using TestClient client = await TestClient.ConnectAsync(server.Port);
        Assert.False((await client.ReadToEndAsync()).WasReset);
        Assert.Equal(ConnectionEnd.ClosedHere, Assert.Single(server.Connections).End);
    }

    [Fact]
    public async Task It_can_reset_a_connection_as_soon_as_it_has_accepted_it()
    {
        using ScriptedServer server = ScriptedServer.Start(new() { OnAccept = AcceptThen.Reset });
        bool wasReset;
        try
        {
            using TestClient client = await TestClient.ConnectAsync(server.Port);
            wasReset = (await client.ReadToEndAsync()).WasReset;
        }
        catch (SocketException e)
        {
            // It may come so soon that the connect itself sees it.
            wasReset = e.SocketErrorCode == SocketError.ConnectionReset;
        }

        Assert.True(wasReset);
        Assert.Equal(ConnectionEnd.ResetHere, Assert.Single(server.Connections).End);
    }

    [Fact]
    public async Task Once_a_pause_has_returned_nothing_more_is_recorded_until_it_resumes()
    {
        using ScriptedServer server = ScriptedServer.Start();
        using TestClient client = await TestClient.ConnectAsync(server.Port);
        await client.SendAsync("a");
        await server.ReceivedTextAsync("a");
        server.PauseReading();
        await client.SendAsync("b");

        // That the bytes are there and could be read is known from a connection that is read.
        using TestClient later = await TestClient.ConnectAsync(server.Port);
        ScriptedConnection second = await server.ConnectionAsync(1);
        second.ResumeReading();
        await later.SendAsync("c");
        await server.ReceivedTextAsync("ac");
        server.ResumeReading();
        await Eventually.Equal("ab", () => server.Connections[0].ReceivedText, server.Dump);
    }

    [Fact]
    public async Task While_it_is_paused_a_sender_is_held_by_the_kernel()
    {
        using ScriptedServer server = ScriptedServer.Start(new() { ReadPaused = true, ReceiveBufferBytes = 8192 });
        using TestClient client = await TestClient.ConnectAsync(server.Port);
        long taken = await client.SendUntilHeldAsync(100_000_000, TimeSpan.FromMilliseconds(300));
        Assert.InRange(taken, 1, 99_999_999);
        Assert.Equal(0, server.ReceivedBytes);
        server.ResumeReading();
        await server.ReceivedBytesAsync(taken);
    }

    [Fact]
    public async Task It_greets_echoes_and_replies_by_read_and_by_line()
    {
        using ScriptedServer server = ScriptedServer.Start(new()
        {
            Greeting = "hello\n"u8.ToArray(),
            ReplyPerLine = line => $"<{line}>\n",
        });
        using TestClient client = await TestClient.ConnectAsync(server.Port);
        Assert.Equal("hello", await client.ReadLineAsync());
        await client.SendInPiecesAsync("a\r\nbc\nd"u8.ToArray());
        Assert.Equal("<a>", await client.ReadLineAsync());
        Assert.Equal("<bc>", await client.ReadLineAsync());
        server.Script = new() { Echo = true };
        await client.SendAsync("xyz");
        Assert.Equal("xyz", await client.ReadTextAsync(3));
        server.Script = new() { ReplyPerRead = read => Encoding.ASCII.GetBytes($"{read.Length}") };
        await client.SendAsync("12345");
        Assert.Equal("5", await client.ReadTextAsync(1));
    }

    [Fact]
    public async Task A_flood_is_as_long_as_it_was_told()
    {
        using ScriptedServer server = ScriptedServer.Start(new() { FloodBytes = 5_000_001, AnswerEnd = false });
        using TestClient client = await TestClient.ConnectAsync(server.Port);
        client.ShutdownSend();
        await client.ReadAsync(5_000_001);
        server.CloseAll();
        Assert.Empty((await client.ReadToEndAsync()).Bytes);
    }

    [Fact]
    public async Task A_half_close_leaves_the_other_direction_open_on_both_sides()
    {
        using ScriptedServer server = ScriptedServer.Start(new() { AnswerEnd = false });
        using TestClient client = await TestClient.ConnectAsync(server.Port);
        ScriptedConnection connection = await server.ConnectionAsync(0);
        client.ShutdownSend();
        await Eventually.True(() => connection.PeerFinished, server.Dump);
        await connection.SendAsync("still here");
        connection.ShutdownSend();
        ReadToEnd read = await client.ReadToEndAsync();
        Assert.Equal("still here", read.Text);
        Assert.False(read.WasReset);
        Assert.True(connection.IsOpen);
    }

    [Fact]
    public async Task A_connection_that_brought_enough_is_reset_when_the_script_says_so()
    {
        using ScriptedServer server = ScriptedServer.Start(new() { ResetAfterBytes = 3 });
        using TestClient client = await TestClient.ConnectAsync(server.Port);
        await client.SendAsync("abc");
        Assert.True((await client.ReadToEndAsync()).WasReset);
    }

    [Fact]
    public async Task Killed_it_refuses_and_restarted_it_is_back_on_its_port()
    {
        using ScriptedServer server = ScriptedServer.Start();
        for (int round = 0; round < 20; round++)
        {
            using TestClient client = await TestClient.ConnectAsync(server.Port);
            await server.ConnectionAsync(round);
            server.Kill();
            Assert.True((await client.ReadToEndAsync()).WasReset);
            SocketException refused = await Assert.ThrowsAsync<SocketException>(() => TestClient.ConnectAsync(server.Port));
            Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
            server.Listen();
        }
    }

    [Fact]
    public async Task Stopped_it_refuses_and_keeps_its_connections()
    {
        using ScriptedServer server = ScriptedServer.Start();
        using TestClient client = await TestClient.ConnectAsync(server.Port);
        await server.ConnectionAsync(0);
        server.StopListening();
        await Assert.ThrowsAsync<SocketException>(() => TestClient.ConnectAsync(server.Port));
        await client.SendAsync("on");
        await server.ReceivedTextAsync("on");
    }

    [Fact]
    public async Task A_full_backlog_lets_a_connect_hang_and_accepting_again_lets_it_through()
    {
        using ScriptedServer server = ScriptedServer.Start(new() { AcceptPaused = true, ListenBacklog = 2 });
        server.FillBacklog();
        await Assert.ThrowsAsync<ExpectationException>(() => TestClient.ConnectAsync(server.Port, deadline: TimeSpan.FromMilliseconds(200)));
        Assert.Equal(0, server.Accepted);
        server.ResumeAccepting();
        using TestClient client = await TestClient.ConnectAsync(server.Port);
        await server.ConnectionAsync(server.Script.ListenBacklog + 1);
        await server.PauseAcceptingAsync();
    }

    [Fact]
    public void A_server_that_is_down_holds_its_port()
    {
        using ScriptedServer server = ScriptedServer.Down();
        using var stranger = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        stranger.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0));
        Assert.NotEqual(server.Port, ((System.Net.IPEndPoint)stranger.LocalEndPoint!).Port);
        Assert.Throws<SocketException>(() => stranger.Connect(server.EndPoint));
        server.Listen();
    }
}
