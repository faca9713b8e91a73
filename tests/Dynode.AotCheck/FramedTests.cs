using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Xunit;

namespace Dynode.AotCheck;

/// <summary>The protocols that know requests, spoken by the native binary.</summary>
public sealed class FramedTests
{
    /// <summary>A request, what a server makes of it, and what its client gets.</summary>
    public static TheoryData<string, string, string, string> Exchanges => new()
    {
        { "redis", "SET a 1\r\n", "SET a 1", "+OK" },
        { "memcached", "set a 0 0 1\r\n1\r\n", "set a 0 0 1 1", "STORED" },
        { "line", "a 1\r\n", "a 1", "ok a 1" },
    };

    [Theory]
    [MemberData(nameof(Exchanges))]
    public async Task Requests_reach_every_server_in_one_order_and_each_gets_one_reply(string protocol, string request, string received, string reply)
    {
        using FramedServer one = Server(protocol);
        using FramedServer two = Server(protocol);
        using RunningDynode dynode = Start(protocol, [one, two]);
        using TestClient client = await dynode.ClientAsync();
        using TestClient other = await TestClient.ConnectAsync(dynode.Port);
        const int Each = 20;
        for (int i = 0; i < Each; i++)
        {
            await client.SendAsync(request);
            await other.SendAsync(request);
            Assert.Equal(reply, await client.ReadLineAsync());
            Assert.Equal(reply, await other.ReadLineAsync());
        }

        foreach (FramedServer server in new[] { one, two })
        {
            await server.TextsAsync(Enumerable.Repeat(received, 2 * Each));
            Assert.Equal(1, server.Tcp.Accepted);
            Assert.Empty(server.Faults);
        }
    }

    [Theory]
    [MemberData(nameof(Exchanges))]
    public async Task A_signal_to_end_waits_for_replies_that_are_owed_and_says_what_became_of_each_server(string protocol, string request, string received, string reply)
    {
        using FramedServer server = Server(protocol);
        using RunningDynode dynode = Start(protocol, [server], "drain_timeout=100");
        using TestClient client = await dynode.ClientAsync();
        server.HoldAnswers();
        await client.SendAsync(request);
        await server.TextsAsync([received]);
        dynode.Process.Send(UnixSignal.Terminate);
        await dynode.NotListeningAsync();
        server.ReleaseAnswers();
        ReadToEnd read = await client.ReadToEndAsync();
        Assert.Equal(reply + "\r\n", read.Text);
        Assert.False(read.WasReset);
        Assert.Equal(0, await dynode.Process.ExitAsync());
        await Eventually.Equal(ConnectionEnd.PeerFin, () => server.Tcp.Connections[0].End, server.Dump);
        Assert.Contains(dynode.Process.Lines, line => line.Contains("1 requests (", StringComparison.Ordinal) && line.Contains("behind when the end began; gap: none", StringComparison.Ordinal));
        Assert.Contains(dynode.Process.Lines, line => line.Contains("0 closed for a malformed request, 0 left in the midst of one (0 bytes); 1 requests in the log", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Exchanges))]
    public async Task A_second_signal_ends_at_once_whatever_is_owed(string protocol, string request, string received, string reply)
    {
        using FramedServer server = Server(protocol);
        using RunningDynode dynode = Start(protocol, [server], "drain_timeout=1000", "reply_timeout=0");
        using TestClient client = await dynode.ClientAsync();
        server.HoldAnswers();
        await client.SendAsync(request);
        await server.TextsAsync([received]);
        dynode.Process.Send(UnixSignal.Terminate);
        await dynode.NotListeningAsync();

        // One right behind the first would be taken for its copy, so it is sent until it is heard.
        await Eventually.True(
            () =>
            {
                if (!dynode.Process.HasExited)
                    dynode.Process.Send(UnixSignal.Terminate);
                return dynode.Process.HasExited;
            },
            dynode.Process.Dump);
        Assert.Equal(128 + (int)UnixSignal.Terminate, await dynode.Process.ExitAsync());
        Assert.DoesNotContain(reply, (await client.ReadToEndAsync()).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("redis", "*2\r\n$4\r\nECHO\r\n$2000\r\n", "-ERR Protocol error: invalid bulk length: the request is longer than max_request_bytes=1024")]
    [InlineData("memcached", "set a 0 0 2000\r\n", "CLIENT_ERROR object too large for cache: the request is longer than max_request_bytes=1024")]
    [InlineData("line", null, "ERROR line too long: longer than max_request_bytes=1024")]
    public async Task After_a_hang_up_a_shorter_limit_of_requests_holds(string protocol, string? request, string refusal)
    {
        request ??= new string('x', 2000);
        using FramedServer server = Server(protocol);
        using RunningDynode dynode = Start(protocol, [server]);
        using TestClient before = await dynode.ClientAsync();
        await before.SendAsync("x\r\n");
        Assert.NotNull(await before.ReadLineAsync());
        Configure(dynode, protocol, [server], "max_request_bytes=1k");
        dynode.Process.Send(UnixSignal.Hangup);
        await dynode.Process.LineAsync("configuration read again; changed: max_request_bytes");
        await before.SendAsync(request);
        Assert.Equal(refusal + "\r\n", (await before.ReadToEndAsync()).Text);
        using TestClient other = await dynode.ClientAsync();
        await other.SendAsync("x\r\n");
        Assert.NotNull(await other.ReadLineAsync());
    }

    [Fact]
    public async Task After_a_hang_up_new_passwords_hold_for_who_comes_then_and_are_never_shown()
    {
        using FramedServer server = FramedServer.Redis(new FramedScript { Password = "backend-1" });
        using RunningDynode dynode = Start("redis", [server], "client_password=client-1", "backend_password=backend-1");
        using TestClient before = await dynode.ClientAsync();
        Assert.Equal("-NOAUTH Authentication required.", await Ask(before, "SET a 1"));
        Assert.Equal("+OK", await Ask(before, "AUTH client-1"));
        Assert.Equal("+OK", await Ask(before, "SET a 1"));

        Configure(dynode, "redis", [server], "client_password=client-2", "backend_password=backend-2");
        dynode.Process.Send(UnixSignal.Hangup);
        await dynode.Process.LineAsync("configuration read again; changed: client_password, backend_password");
        server.Script = server.Script with { Password = "backend-2" };
        server.Restart();
        using TestClient later = await dynode.ClientAsync();
        Assert.StartsWith("-WRONGPASS", await Ask(later, "AUTH client-1"), StringComparison.Ordinal);
        Assert.Equal("+OK", await Ask(later, "AUTH client-2"));

        // It may have knocked while the server was away, and come again a moment later.
        string? answer = "";
        for (int asked = 0; asked < 100_000 && (answer is "" || answer!.StartsWith("-ERR no server", StringComparison.Ordinal)); asked++)
            answer = await Ask(later, "SET b 2");
        Assert.Equal("+OK", answer);
        Assert.Equal("+OK", await Ask(before, "SET c 3"));
        Assert.All(["client-1", "client-2", "backend-1", "backend-2"], secret => Assert.DoesNotContain(secret, dynode.Process.Output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Bad_configuration_of_framed_protocols_names_every_fault_binds_nothing_and_exits_78()
    {
        using ScriptedServer other = ScriptedServer.Start();
        using var folder = new TemporaryFolder();
        string file = folder.Write(
            "configuration",
            $"host=127.0.0.1\nport={other.Port}\nservers=127.0.0.1:1\nprotocol=line\nreply=all\nbacklog_bytes=1m\nmax_request_bytes=512k\nbackend_username=me\n");
        using var dynode = ProcessUnderTest.Start(Binary.Path, ["-c", file]);
        Assert.Equal(78, await dynode.ExitAsync());
        Assert.Contains("line_replies=1", dynode.Output, StringComparison.Ordinal);
        Assert.Contains("a quarter of backlog_bytes=1m", dynode.Output, StringComparison.Ordinal);
        Assert.Contains("needs backend_password", dynode.Output, StringComparison.Ordinal);
        Assert.Contains("3 faults", dynode.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("in use", dynode.Output, StringComparison.OrdinalIgnoreCase);
    }

    private static async Task<string?> Ask(TestClient client, string line)
    {
        await client.SendAsync(line + "\r\n");
        return await client.ReadLineAsync();
    }

    private static FramedServer Server(string protocol) => protocol switch
    {
        "redis" => FramedServer.Redis(),
        "memcached" => FramedServer.Memcached(),
        _ => FramedServer.Line(),
    };

    private static RunningDynode Start(string protocol, FramedServer[] servers, params string[] more) =>
        RunningDynode.Start(servers.Select(server => server.Tcp), Lines(protocol, more));

    private static void Configure(RunningDynode dynode, string protocol, FramedServer[] servers, params string[] more) =>
        dynode.Configure(servers.Select(server => server.Tcp), Lines(protocol, more));

    private static string[] Lines(string protocol, string[] more) =>
        protocol == "line" ? ["protocol=line", "line_replies=1", "reply=primary", .. more] : [$"protocol={protocol}", .. more];
}
