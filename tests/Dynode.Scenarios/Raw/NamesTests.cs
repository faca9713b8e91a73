using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Raw;

/// <summary>Names resolve per server and fall back; a broadcaster never feeds itself.</summary>
public sealed class NamesTests
{
    private static readonly BroadcastSettings Settings = new() { ReconnectDelayMax = TimeSpan.FromSeconds(0.1) };

    /// <summary>The server listens on 127.0.0.1 alone; where localhost is ::1 first, that one is refused.</summary>
    [Fact]
    public async Task A_name_is_resolved_and_tried_at_its_other_address_when_the_first_refuses()
    {
        using var server = ScriptedServer.Start(new ServerScript { Echo = true });
        using var broadcaster = BroadcasterUnderTest.Start(Settings, [$"localhost:{server.Port}"]);
        using var client = await broadcaster.ConnectAsync();
        await client.SendAsync("by name\n");
        Assert.Equal("by name", await client.ReadLineAsync());
        Assert.Contains($"localhost:{server.Port}", Assert.Single(broadcaster.Log.Of(1101)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_named_server_that_died_is_found_again_by_every_session()
    {
        using var server = ScriptedServer.Start();
        using var broadcaster = BroadcasterUnderTest.Start(Settings, [$"localhost:{server.Port}"]);
        using var a = await broadcaster.ConnectAsync();
        using var b = await broadcaster.ConnectAsync();
        for (int i = 0; i < 20; i++)
        {
            // What is sent to a server that dies unseen is lost with its kernel: not what this is about.
            await Eventually.Equal(2, () => server.OpenConnections.Count, broadcaster.Dump);

            // Else one that the broadcaster has not yet seen connected fails, and is not lost.
            await Eventually.Equal(2, () => broadcaster.Snapshot.Backends[0].Connections, broadcaster.Dump);
            long lost = broadcaster.Snapshot.Backends[0].ConnectionsLost;
            server.Kill();
            await Eventually.Equal(lost + 2, () => broadcaster.Snapshot.Backends[0].ConnectionsLost, broadcaster.Dump);
            await a.SendAsync(Burst.Of(0, i));
            await b.SendAsync(Burst.Of(1, i));
            await Eventually.Equal(BackendState.Down, () => broadcaster.Snapshot.Backends[0].State, broadcaster.Dump);
            server.Listen();
            await Eventually.True(
                () => server.ReceivedText.Contains(Burst.Text(0, i..(i + 1)), StringComparison.Ordinal)
                    && server.ReceivedText.Contains(Burst.Text(1, i..(i + 1)), StringComparison.Ordinal),
                broadcaster.Dump);
        }
    }

    [Fact]
    public async Task A_name_that_does_not_exist_is_down_says_so_and_delays_nobody()
    {
        using var up = ScriptedServer.Start(new ServerScript { Echo = true });
        using var broadcaster = BroadcasterUnderTest.Start(Settings, ["no-such-host.invalid:6379", up.Address]);
        using var client = await broadcaster.ConnectAsync();
        for (int i = 0; i < 5; i++)
        {
            await client.SendAsync($"{i}\n");
            Assert.Equal($"{i}", await client.ReadLineAsync());
        }

        await Eventually.True(() => broadcaster.Log.Count(1102) > 0, broadcaster.Dump);
        string line = Assert.Single(broadcaster.Log.Of(1102));
        Assert.Contains("no-such-host.invalid:6379", line, StringComparison.Ordinal);
        Assert.Contains("name lookup failed", line, StringComparison.Ordinal);
        client.ShutdownSend();
        Assert.Equal("", (await client.ReadToEndAsync()).Text);
    }

    /// <summary>Every spelling of it that reaches the listener: a connection to itself would be a client that feeds itself.</summary>
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("localhost")]
    [InlineData("[::1]")]
    [InlineData("0.0.0.0")]
    [InlineData("[::]")]
    [InlineData("[::ffff:127.0.0.1]")]
    [InlineData("[::ffff:0.0.0.0]")]
    public async Task The_broadcaster_itself_as_a_server_is_refused(string host)
    {
        using var up = ScriptedServer.Start(new ServerScript { Echo = true });
        using var broadcaster = BroadcasterUnderTest.Start(Settings, up);
        broadcaster.Apply([$"{host}:{broadcaster.Port}", up.Address]);
        using var client = await broadcaster.ConnectAsync();
        await client.SendAsync("once\n");
        Assert.Equal("once", await client.ReadLineAsync());
        await Eventually.True(() => broadcaster.Log.Count(1102) > 0, broadcaster.Dump);

        Assert.Contains("own listener", broadcaster.Log.Of(1102).First(), StringComparison.Ordinal);
        Assert.Equal(1, broadcaster.Snapshot.Accepted);
        Assert.Equal("once\n", up.ReceivedText);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.3.2.1")]
    [InlineData("0.0.0.0")]
    [InlineData("[::ffff:127.0.0.1]")]
    public async Task A_broadcaster_that_listens_everywhere_refuses_itself_by_every_address(string host)
    {
        using var up = ScriptedServer.Start();
        using var broadcaster = BroadcasterUnderTest.Start(Settings with { Host = "*" }, up);
        broadcaster.Apply([$"{host}:{broadcaster.Port}", up.Address]);
        using var client = await broadcaster.ConnectAsync();
        await client.SendAsync("once\n");
        await up.ReceivedTextAsync("once\n");
        await Eventually.True(() => broadcaster.Log.Count(1102) > 0, broadcaster.Dump);

        Assert.Contains("own listener", broadcaster.Log.Of(1102).First(), StringComparison.Ordinal);
        Assert.Equal(1, broadcaster.Snapshot.Accepted);
    }
}
