using Dynode.Broadcast.Plane;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Raw;

/// <summary>One connection in, every server out, replies back.</summary>
public sealed class BroadcastTests
{
    [Fact]
    public async Task What_a_client_sends_reaches_every_server_and_all_replies_come_back()
    {
        using var a = ScriptedServer.Start(new ServerScript { ReplyPerLine = line => "a:" + line + "\n" });
        using var b = ScriptedServer.Start(new ServerScript { ReplyPerLine = line => "b:" + line + "\n" });
        using var c = ScriptedServer.Start(new ServerScript { ReplyPerLine = line => "c:" + line + "\n" });
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings(), a, b, c);
        using var client = await broadcaster.ConnectAsync();

        await client.SendAsync("hello\n");
        string[] replies = [(await client.ReadLineAsync())!, (await client.ReadLineAsync())!, (await client.ReadLineAsync())!];

        Assert.Equal(["a:hello", "b:hello", "c:hello"], replies.Order());
        client.ShutdownSend();
        Assert.Equal(new ReadToEnd([], false).Text, (await client.ReadToEndAsync()).Text);
        await broadcaster.NobodyLeftAsync();
        foreach (var server in new[] { a, b, c })
            Assert.Equal("hello\n", server.ReceivedText);
    }
}
