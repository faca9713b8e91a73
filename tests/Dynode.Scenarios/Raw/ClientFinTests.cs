using Dynode.Broadcast.Plane;
using Dynode.TestKit;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Dynode.Scenarios.Raw;

/// <summary>When a client gets its own FIN: when nobody can answer it any more.</summary>
public sealed class ClientFinTests
{
    private static readonly ServerScript HalfOpen = new() { AnswerEnd = false };

    [Fact]
    public async Task It_comes_when_the_last_connected_server_has_sent_its_own()
    {
        using var servers = new Servers(3, HalfOpen);
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings(), servers.All);
        using var client = await broadcaster.ConnectAsync();
        await client.SendAsync("bye\n");
        client.ShutdownSend();
        foreach (var server in servers.All)
        {
            var connection = await server.ConnectionAsync(0);
            await Eventually.True(() => connection.PeerFinished, broadcaster.Dump);
        }

        servers[2].CloseAll();
        servers[0].CloseAll();
        await Eventually.True(() => broadcaster.Of(servers[0]).Connections + broadcaster.Of(servers[2]).Connections == 0, broadcaster.Dump);

        // Had the FIN come already, this reply could not.
        await servers[1].Connections[0].SendAsync("the last to speak\n");
        Assert.Equal("the last to speak", await client.ReadLineAsync());
        servers[1].CloseAll();
        Assert.Null(await client.ReadLineAsync());
        await broadcaster.NobodyLeftAsync();
    }

    [Fact]
    public async Task Without_replies_it_comes_when_the_bytes_are_in_the_log()
    {
        using var servers = new Servers(2, HalfOpen);
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings { Reply = RawReply.None }, servers.All);
        using var client = await broadcaster.ConnectAsync();
        await client.SendAsync("bye\n");
        client.ShutdownSend();
        Assert.Equal("", (await client.ReadToEndAsync()).Text);
        foreach (var server in servers.All)
        {
            await server.ReceivedTextAsync("bye\n");
            await Eventually.True(() => server.Connections[0].PeerFinished, broadcaster.Dump);
            Assert.True(server.Connections[0].IsOpen);
            server.CloseAll();
        }

        await broadcaster.NobodyLeftAsync();
    }

    [Theory]
    [InlineData(RawReply.All)]
    [InlineData(RawReply.Primary)]
    public async Task It_comes_after_linger_timeout_in_silence(RawReply reply)
    {
        using var server = ScriptedServer.Start(HalfOpen);
        var time = new FakeTimeProvider();
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings { Reply = reply, LingerTimeout = TimeSpan.FromSeconds(30) }, time, server);
        using var client = await broadcaster.ConnectAsync();
        await client.SendAsync("bye\n");
        client.ShutdownSend();
        var connection = await server.ConnectionAsync(0);
        await Eventually.True(() => connection.PeerFinished, broadcaster.Dump);

        // A word within the timeout begins it anew.
        time.Advance(TimeSpan.FromSeconds(29));
        await connection.SendAsync("still here\n");
        Assert.Equal("still here", await client.ReadLineAsync());
        time.Advance(TimeSpan.FromSeconds(29));
        await connection.SendAsync("and still\n");
        Assert.Equal("and still", await client.ReadLineAsync());
        time.Advance(TimeSpan.FromSeconds(31));

        Assert.Equal(("", false), await client.ReadToEndAsync() is var end ? (end.Text, end.WasReset) : default);
        await broadcaster.NobodyLeftAsync();
        Assert.Equal(0, broadcaster.Of(server).Connections);
    }

    [Theory]
    [InlineData(RawReply.All)]
    [InlineData(RawReply.Primary)]
    [InlineData(RawReply.None)]
    public async Task A_server_that_is_down_is_not_waited_for(RawReply reply)
    {
        using var down = ScriptedServer.Down();
        using var up = ScriptedServer.Start(new ServerScript { Echo = true });
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings { Reply = reply }, down, up);
        using var client = await broadcaster.ConnectAsync();
        await client.SendAsync("bye\n");
        client.ShutdownSend();
        Assert.Equal(reply == RawReply.None ? "" : "bye\n", (await client.ReadToEndAsync()).Text);
        await Eventually.True(() => broadcaster.Snapshot is { Clients: 0, Lingering: 1 }, broadcaster.Dump);
        Assert.Equal(0, broadcaster.Of(down).DroppedBytes);
    }

    [Fact]
    public async Task A_server_that_dies_after_the_goodbye_is_not_waited_for()
    {
        using var servers = new Servers(2, HalfOpen);
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings(), servers.All);
        using var client = await broadcaster.ConnectAsync();
        await client.SendAsync("bye\n");
        client.ShutdownSend();
        foreach (var server in servers.All)
        {
            var connection = await server.ConnectionAsync(0);
            await Eventually.True(() => connection.PeerFinished, broadcaster.Dump);
            server.Kill();
        }

        Assert.Null(await client.ReadLineAsync());
        await broadcaster.NobodyLeftAsync();
    }

    [Theory]
    [InlineData(RawReply.All)]
    [InlineData(RawReply.Primary)]
    public async Task A_client_that_half_closes_without_a_byte_gets_what_servers_say_of_themselves(RawReply reply)
    {
        // Both have spoken before the client's end, so both were heard.
        using var servers = new Servers(2, HalfOpen);
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings { Reply = reply }, servers.All);
        using var client = await broadcaster.ConnectAsync();
        foreach (var server in servers.All)
            await server.ConnectionAsync(0);
        await Eventually.True(() => broadcaster.Snapshot.Backends.All(backend => backend.Connections == 1), broadcaster.Dump);
        client.ShutdownSend();
        foreach (var server in servers.All)
            await Eventually.True(() => server.Connections[0].PeerFinished, broadcaster.Dump);
        await servers[0].Connections[0].SendAsync("nothing to do\n");
        Assert.Equal("nothing to do", await client.ReadLineAsync());
        await servers[1].Connections[0].SendAsync("nor here\n");
        servers[1].CloseAll();
        if (reply == RawReply.All)
            Assert.Equal("nor here", await client.ReadLineAsync());
        servers[0].CloseAll();
        Assert.Null(await client.ReadLineAsync());
        await broadcaster.NobodyLeftAsync();
    }

    [Fact]
    public async Task A_client_that_ignores_its_end_and_floods_is_closed_all_the_same()
    {
        using var server = ScriptedServer.Start(new ServerScript { Recording = Recording.Hash });
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings { Reply = RawReply.Primary }, server);
        using var client = await broadcaster.ConnectAsync();
        await client.SendAsync("x");
        await server.ReceivedBytesAsync(1);
        server.CloseAll();
        Assert.Null(await client.ReadLineAsync());

        // Nobody reads it for long: what comes behind the end is thrown away, and then refused.
        byte[] piece = new byte[64 << 10];
        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            while (true)
                await client.SendAsync(piece);
        });
        await broadcaster.NobodyLeftAsync();
        Assert.True(broadcaster.Snapshot.UnreadBytes > 0, broadcaster.Dump());
    }
}
