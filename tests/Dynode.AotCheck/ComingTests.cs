using System.Net;
using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Xunit;

namespace Dynode.AotCheck;

/// <summary>Who may come to the native binary, and how fast.</summary>
public sealed class ComingTests
{
    private const string Networks = "clients_allow=127.0.0.1, 127.0.0.2, ::1", Denied = "clients_deny=127.0.0.2/31";

    [Fact]
    public async Task The_keys_of_who_may_come_and_how_fast_hold_and_a_hang_up_changes_them()
    {
        using FramedServer server = FramedServer.Redis();
        using RunningDynode dynode = Start(server, Networks, Denied, "max_clients_per_address=2", "accept_rate=2", "request_rate=4");
        using TestClient first = await dynode.ClientAsync();
        Assert.Equal("+OK", await AskAsync(first));
        await InVainAsync(dynode, "127.0.0.2");
        await InVainAsync(dynode, "127.0.0.9");
        using TestClient second = await FromAsync(dynode, "127.0.0.1");
        Assert.Equal("+OK", await AskAsync(second));
        await InVainAsync(dynode, "127.0.0.1");
        await dynode.Process.LineAsync(" 1007 clients not let in by clients_deny or clients_allow: ");
        await dynode.Process.LineAsync(" 1008 clients not let in beyond max_clients_per_address=2: ");

        // More than a second's requests at once: all are answered, in their order.
        server.Script = new FramedScript { Answer = static request => FramedReply.Bulk(request.Words[1]) };
        await first.SendAsync(string.Concat(Enumerable.Range(0, 10).Select(static i => $"GET k{i}\r\n")));
        for (int i = 0; i < 10; i++)
        {
            Assert.Equal("$2", await first.ReadLineAsync());
            Assert.Equal($"k{i}", await first.ReadLineAsync());
        }

        dynode.Configure([server.Tcp], "protocol=redis", Networks);
        dynode.Process.Send(UnixSignal.Hangup);
        await dynode.Process.LineAsync("configuration read again; changed: max_clients_per_address, clients_deny, accept_rate, request_rate");
        using TestClient allowed = await FromAsync(dynode, "127.0.0.2");
        using TestClient third = await FromAsync(dynode, "127.0.0.1");
        Assert.Equal(("$1", "$1"), (await AskAsync(allowed), await AskAsync(third)));
        await InVainAsync(dynode, "127.0.0.9");
        dynode.Process.Send(UnixSignal.Terminate);
        Assert.Equal(0, await dynode.Process.ExitAsync());
        Assert.Contains(dynode.Process.Lines, static line => line.Contains("4 clients accepted, 4 refused", StringComparison.Ordinal));
    }

    private static RunningDynode Start(FramedServer server, params string[] more) => RunningDynode.Start([server.Tcp], ["protocol=redis", .. more]);

    private static Task<TestClient> FromAsync(RunningDynode dynode, string address) =>
        TestClient.ConnectFromAsync(IPAddress.Parse(address), new IPEndPoint(IPAddress.Loopback, dynode.Port));

    private static async Task InVainAsync(RunningDynode dynode, string address)
    {
        using TestClient client = await FromAsync(dynode, address);
        Assert.Equal("", (await client.ReadToEndAsync()).Text);
    }

    private static async Task<string?> AskAsync(TestClient client)
    {
        await client.SendAsync("GET k\r\n");
        return await client.ReadLineAsync();
    }
}
