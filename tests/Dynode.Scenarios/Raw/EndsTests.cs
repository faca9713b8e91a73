using Dynode.Broadcast.Plane;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Raw;

/// <summary>An end is passed on as what it was: a FIN where a side has said all, a reset where it broke off.</summary>
public sealed class EndsTests
{
    /// <summary>More than a client's small receive buffer and the broadcaster's send buffer to it take.</summary>
    private const int AnswerBytes = 6_000_000;

    [Theory]
    [InlineData(RawReply.All, false)]
    [InlineData(RawReply.Primary, false)]
    [InlineData(RawReply.All, true)]
    [InlineData(RawReply.Primary, true)]
    public async Task A_server_that_answers_and_closes_ends_its_client_with_the_whole_answer(RawReply reply, bool clientIsSlow)
    {
        byte[] answer = new Random(11).Bytes(AnswerBytes);
        using var server = ScriptedServer.Start(new ServerScript { ReplyPerRead = _ => answer });
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings { Reply = reply }, server);
        using var client = await TestClient.ConnectAsync(broadcaster.Port, receiveBufferBytes: clientIsSlow ? 4096 : 0);
        await client.SendAsync("GET\n");
        var whole = clientIsSlow ? null : client.ReadToEndAsync();
        var connection = await server.ConnectionAsync(0);
        if (clientIsSlow)
            await Eventually.True(() => broadcaster.Snapshot.RelayedBytes > 0, broadcaster.Dump);
        whole ??= client.ReadToEndAsync();
        await Eventually.Equal(AnswerBytes, () => connection.SentBytes, server.Dump);
        server.CloseAll();
        var end = await whole;
        Assert.False(end.WasReset);
        Assert.Equal(answer, end.Bytes);
        client.Dispose();
        await broadcaster.NobodyLeftAsync();
    }

    [Fact]
    public async Task Under_all_it_is_the_last_server_to_close_that_ends_the_client()
    {
        using var servers = new Servers(3, new ServerScript { ReplyPerLine = line => $"{line}\n" });
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings(), servers.All);
        using var client = await broadcaster.ConnectAsync();
        await client.SendAsync("1\n");
        for (int i = 0; i < 3; i++)
            Assert.Equal("1", await client.ReadLineAsync());
        servers[0].CloseAll();
        servers[2].CloseAll();
        await Eventually.True(() => broadcaster.Of(servers[0]).Connections + broadcaster.Of(servers[2]).Connections == 0, broadcaster.Dump);
        await servers[1].Connections[0].SendAsync("the last\n");
        Assert.Equal("the last", await client.ReadLineAsync());
        servers[1].CloseAll();
        Assert.Equal(("", false), await EndOf(client));
        client.Dispose();
        await broadcaster.NobodyLeftAsync();
    }

    [Fact]
    public async Task Under_all_a_server_that_is_down_delays_no_end()
    {
        using var down = ScriptedServer.Down();
        using var up = ScriptedServer.Start(new ServerScript { ReplyPerLine = line => $"{line}\n" });
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings(), down, up);
        using var client = await broadcaster.ConnectAsync();
        await client.SendAsync("1\n");
        Assert.Equal("1", await client.ReadLineAsync());
        await Eventually.True(() => broadcaster.Of(down).ConnectFailures > 0, broadcaster.Dump);
        up.CloseAll();
        Assert.Equal(("", false), await EndOf(client));
    }

    [Fact]
    public async Task Under_all_servers_that_die_are_expected_back()
    {
        using var server = ScriptedServer.Start(new ServerScript { ReplyPerLine = line => $"{line}\n" });
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings(), server);
        using var client = await broadcaster.ConnectAsync();
        await client.SendAsync("1\n");
        Assert.Equal("1", await client.ReadLineAsync());
        server.ResetAll();
        await Eventually.Equal(1, () => broadcaster.Of(server).ConnectionsLost, broadcaster.Dump);
        await client.SendAsync("2\n");
        Assert.Equal("2", await client.ReadLineAsync());
        client.ShutdownSend();
        Assert.Equal(("", false), await EndOf(client));
    }

    [Theory]
    [InlineData(RawReply.All, false)]
    [InlineData(RawReply.Primary, false)]
    [InlineData(RawReply.Primary, true)]
    public async Task A_server_that_breaks_off_in_the_midst_of_its_answer_resets_its_client_behind_what_it_had_said(RawReply reply, bool clientStillSends)
    {
        using var server = ScriptedServer.Start(new ServerScript { ReplyPerLine = _ => "half of an", AnswerEnd = false });
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings { Reply = reply }, server);
        using var client = await broadcaster.ConnectAsync();
        await client.SendAsync("GET\n");
        if (!clientStillSends)
            client.ShutdownSend();
        await Eventually.Equal(10, () => broadcaster.Snapshot.RelayedBytes, broadcaster.Dump);
        server.ResetAll();
        Assert.Equal(("half of an", true), await EndOf(client));
        await broadcaster.NobodyLeftAsync();
    }

    [Fact]
    public async Task A_primary_that_breaks_off_before_it_answers_resets_its_client()
    {
        using var server = ScriptedServer.Start(new ServerScript { AnswerEnd = false });
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings { Reply = RawReply.Primary }, server);
        using var client = await broadcaster.ConnectAsync();
        await client.SendAsync("GET\n");
        await server.ReceivedTextAsync("GET\n");
        server.ResetAll();
        Assert.Equal(("", true), await EndOf(client));
        await broadcaster.NobodyLeftAsync();
    }

    [Fact]
    public async Task A_reset_takes_back_nothing_that_waits_for_a_slow_client()
    {
        byte[] half = new Random(12).Bytes(AnswerBytes);
        using var server = ScriptedServer.Start(new ServerScript { ReplyPerRead = _ => half });
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings { Reply = RawReply.Primary }, server);
        using var client = await TestClient.ConnectAsync(broadcaster.Port, receiveBufferBytes: 4096);
        await client.SendAsync("GET\n");
        var connection = await server.ConnectionAsync(0);
        byte[] begin = await client.ReadAsync(AnswerBytes / 2);
        var rest = client.ReadToEndAsync();
        await Eventually.Equal(AnswerBytes, () => broadcaster.Of(server).RepliedBytes, broadcaster.Dump);
        connection.Reset();
        var end = await rest;
        Assert.True(end.WasReset, broadcaster.Dump());
        Assert.Equal(half, begin.Concat(end.Bytes));
        await broadcaster.NobodyLeftAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Under_none_no_end_of_a_server_is_the_clients(bool byReset)
    {
        using var server = ScriptedServer.Start();
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings { Reply = RawReply.None }, server);
        using var client = await broadcaster.ConnectAsync();
        await client.SendAsync("1\n");
        await server.ReceivedTextAsync("1\n");
        if (byReset)
            server.ResetAll();
        else
            server.CloseAll();
        await Eventually.Equal(1, () => broadcaster.Of(server).ConnectionsLost, broadcaster.Dump);
        await client.SendAsync("2\n");
        await server.ReceivedTextAsync("1\n2\n");
        client.ShutdownSend();
        Assert.Equal(("", false), await EndOf(client));
        await broadcaster.NobodyLeftAsync();
    }

    [Theory]
    [InlineData(RawReply.All, true)]
    [InlineData(RawReply.Primary, true)]
    [InlineData(RawReply.None, true)]
    [InlineData(RawReply.All, false)]
    [InlineData(RawReply.Primary, false)]
    [InlineData(RawReply.None, false)]
    public async Task What_a_client_says_before_its_end_reaches_all_servers_and_ends_there_as_it_did(RawReply reply, bool byReset)
    {
        byte[] upload = new Random(13).Bytes(AnswerBytes);
        using var servers = new Servers(3, new ServerScript());
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings { Reply = reply, BacklogBytesMax = 2 * AnswerBytes }, servers.All);
        using var client = await broadcaster.ConnectAsync();
        await client.SendAsync(upload);
        await Eventually.Equal(AnswerBytes, () => broadcaster.Snapshot.ReceivedBytes, broadcaster.Dump);
        if (byReset)
            client.Reset();
        else
            client.ShutdownSend();
        foreach (var server in servers.All)
        {
            var connection = await server.ConnectionAsync(0);
            await Eventually.Equal(byReset ? ConnectionEnd.PeerReset : ConnectionEnd.PeerFin, () => connection.End, server.Dump);
            Assert.Equal(upload, server.Received);
        }

        client.Dispose();
        await broadcaster.NobodyLeftAsync();
    }

    [Fact]
    public async Task A_server_that_is_away_when_a_client_breaks_off_gets_all_and_then_the_reset()
    {
        using var up = ScriptedServer.Start();
        using var down = ScriptedServer.Down();
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings { ReconnectDelayMax = TimeSpan.FromSeconds(0.2) }, up, down);
        using var client = await broadcaster.ConnectAsync();
        await client.SendAsync("half of an upl");
        await up.ReceivedTextAsync("half of an upl");
        client.Reset();
        await Eventually.Equal(1, () => broadcaster.Snapshot.Lingering, broadcaster.Dump);
        down.Listen();
        var connection = await down.ConnectionAsync(0);
        await Eventually.Equal(ConnectionEnd.PeerReset, () => connection.End, down.Dump);
        Assert.Equal("half of an upl", down.ReceivedText);
        await broadcaster.NobodyLeftAsync();
    }

    [Fact]
    public async Task A_server_that_is_still_answering_a_client_that_broke_off_is_read_until_it_is_done()
    {
        // It answers each line, at a pace of its own, long after its client is gone; a reset in between would lose it the rest.
        const int Lines = 2_000;
        using var server = ScriptedServer.Start(new ServerScript { ReplyPerLine = line => $"{line}\n", ReadPaused = true });
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings { StallTimeout = TimeSpan.FromSeconds(0.5) }, server);
        using var client = await broadcaster.ConnectAsync();
        string text = string.Concat(Enumerable.Range(0, Lines).Select(line => $"{line}\n"));
        await client.SendAsync(text);
        await Eventually.Equal(text.Length, () => broadcaster.Snapshot.ReceivedBytes, broadcaster.Dump);
        client.Reset();
        await Eventually.Equal(1, () => broadcaster.Snapshot.Lingering, broadcaster.Dump);
        server.ResumeReading();
        await server.ReceivedTextAsync(text);
        var connection = await server.ConnectionAsync(0);
        await Eventually.Equal(ConnectionEnd.PeerReset, () => connection.End, server.Dump);
        Assert.Equal(text, server.ReceivedText);
        await broadcaster.NobodyLeftAsync();
    }

    private static async Task<(string, bool)> EndOf(TestClient client)
    {
        var end = await client.ReadToEndAsync();
        return (end.Text, end.WasReset);
    }
}
