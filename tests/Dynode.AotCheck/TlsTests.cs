using System.Security.Authentication;
using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Xunit;

namespace Dynode.AotCheck;

/// <summary>Clients by TLS, of the native binary: what of it native compilation could have cut away is only seen here.</summary>
public sealed class TlsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TestAuthority _authority = new();
    private readonly PortLease _port = new();

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task Requests_by_TLS_reach_the_servers_and_replies_come_back(SslProtocols version)
    {
        using FramedServer server = FramedServer.Redis();
        using RunningDynode dynode = await StartAsync(server);
        using TlsClient client = await TlsClient.ConnectAsync(_port.Port, _authority, new() { Versions = version });
        for (int i = 0; i < 20; i++)
        {
            await client.SendAsync($"SET key{i} value\r\n");
            Assert.Equal("+OK\r\n", await client.ReadTextAsync("+OK\r\n".Length));
        }

        // Larger than records are.
        string value = new('v', 100_000);
        await client.SendAsync($"*3\r\n$3\r\nSET\r\n$3\r\nbig\r\n${value.Length}\r\n{value}\r\n");
        Assert.Equal("+OK\r\n", await client.ReadTextAsync("+OK\r\n".Length));
        await client.EndAsync();
        Assert.Equal("", await client.ReadToEndAsync());
        await server.TextsAsync([.. Enumerable.Range(0, 20).Select(i => $"SET key{i} value"), $"SET big {value}"]);
    }

    [Fact]
    public async Task Who_must_show_a_certificate_and_does_not_is_refused_and_a_reload_takes_another_of_ours_and_no_bad_one()
    {
        using var clients = new TestAuthority("clients");
        using FramedServer server = FramedServer.Redis();
        using RunningDynode dynode = await StartAsync(server, $"tls_client_ca={_folder.Write("clients.pem", clients.Pem)}", "tls_client_names=one.test");
        TlsClientOptions good = new() { Certificate = clients.Issue("one.test") };
        using (TlsClient client = await TlsClient.ConnectAsync(_port.Port, _authority, good))
            Assert.Equal("CN=localhost", client.ShownTo);
        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            using TlsClient stranger = await TlsClient.ConnectAsync(_port.Port, _authority, new());
            await stranger.SendAsync("PING\r\n");
            await stranger.ReadAsync(1);
        });
        await dynode.Process.LineAsync("it showed no certificate, and tls_client_ca wants one");

        Write(_authority.Issue("two.test"));
        dynode.Process.Send(UnixSignal.Hangup);
        await dynode.Process.LineAsync("certificate read: two.test until");
        using (TlsClient client = await TlsClient.ConnectAsync(_port.Port, _authority, good))
            Assert.Equal("CN=two.test", client.ShownTo);
        Write(_authority.Issue("three.test") with { Key = "nothing" });
        dynode.Process.Send(UnixSignal.Hangup);
        await dynode.Process.LineAsync("dynode.key holds no key in PEM");
        using (TlsClient client = await TlsClient.ConnectAsync(_port.Port, _authority, good))
            Assert.Equal("CN=two.test", client.ShownTo);
    }

    [Fact]
    public async Task The_admin_port_speaks_TLS_also_where_no_client_does_and_the_command_line_with_it()
    {
        using var admin = new PortLease();
        using FramedServer server = FramedServer.Redis();
        Write(_authority.Issue("localhost"));
        string ca = _folder.Write("ca.pem", _authority.Pem);
        using RunningDynode dynode = RunningDynode.Start(
            [server.Tcp], ["protocol=redis", $"admin=127.0.0.1:{admin.Port}", "admin_tls=true", $"tls_certificate={_folder.Path}/dynode.pem", $"tls_key={_folder.Path}/dynode.key", $"admin_token=@{_folder.Write("token", "t0ken")}"]);
        await dynode.Process.LineAsync($"admin: https://127.0.0.1:{admin.Port}");
        foreach (SslProtocols version in (SslProtocols[])[SslProtocols.Tls12, SslProtocols.Tls13])
        {
            using TlsClient probe = await TlsClient.ConnectAsync(admin.Port, _authority, new() { Versions = version });
            await probe.SendAsync("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
            Assert.StartsWith("HTTP/1.1 200 OK\r\n", await probe.ReadToEndAsync(), StringComparison.Ordinal);
        }

        string place = $"https://localhost:{admin.Port}";
        Assert.Equal(0, (await RunAsync("wait", "--ready", "--at", place, "--ca", ca)).Status);
        (int status, string said) = await RunAsync("status", "--at", place);
        Assert.Equal(77, status);
        Assert.Contains("certificate: none of the authorities that are trusted has signed it", said, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync("log", "DEBUG", "--at", place, "--ca", ca, "--token", $"@{_folder.Path}/token")).Status);
        using TestClient plain = await TestClient.ConnectAsync(admin.Port);
        await plain.SendAsync("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
        await dynode.Process.LineAsync("what came is no TLS: it looks as if it was asked by http, and this is https");
    }

    [Fact]
    [Trait("Server", "nats")]
    public async Task NATS_that_wants_a_certificate_is_shown_it_and_one_of_another_authority_is_not_believed()
    {
        Write(_authority.Issue("localhost"));
        string ca = _folder.Write("ca.pem", _authority.Pem), certificate = Path.Combine(_folder.Path, "dynode.pem"), key = Path.Combine(_folder.Path, "dynode.key");
        using RealServer nats = await NatsServer.ConfiguredAsync($"jetstream {{}}\ntls {{ cert_file: \"{certificate}\", key_file: \"{key}\", ca_file: \"{ca}\", verify: true }}");
        string[] check = ["--check", "--set", "protocol=redis", "--set", "servers=127.0.0.1:1", "--set", $"log=nats+tls://localhost:{nats.Port}/orders"];
        (int status, string said) = await RunAsync([.. check, "--set", $"log_ca={ca}", "--set", $"log_cert={certificate}", "--set", $"log_key={key}"]);
        Assert.Contains($"# log localhost:{nats.Port}: nats-server ", said, StringComparison.Ordinal);
        Assert.Equal(0, status);
        (status, said) = await RunAsync(check);
        Assert.Contains($"# log localhost:{nats.Port}: no TLS with it: certificate: none of the authorities that are trusted has signed it (CN=localhost, by CN=a test's authority", said, StringComparison.Ordinal);
        Assert.Equal(78, status);
    }

    [Fact]
    public async Task A_certificate_that_cannot_be_shown_ends_the_start_with_what_is_wrong_with_it()
    {
        using FramedServer server = FramedServer.Redis();
        Write(_authority.Issue("localhost"));
        File.Delete(Path.Combine(_folder.Path, "dynode.key"));
        using RunningDynode dynode = RunningDynode.Start([server.Tcp], Lines());
        Assert.Equal(78, await dynode.Process.ExitAsync());
        await dynode.Process.LineAsync("dynode.key does not exist");
    }

    public void Dispose()
    {
        _folder.Dispose();
        _authority.Dispose();
        _port.Dispose();
    }

    private async Task<RunningDynode> StartAsync(FramedServer server, params string[] more)
    {
        Write(_authority.Issue("localhost"));
        RunningDynode dynode = RunningDynode.Start([server.Tcp], [.. Lines(), .. more]);
        await dynode.Process.LineAsync($"listening on 127.0.0.1:{_port.Port}");
        return dynode;
    }

    private static async Task<(int Status, string Said)> RunAsync(params string[] arguments)
    {
        using var verb = ProcessUnderTest.Start(Binary.Path, arguments);
        int status = await verb.ExitAsync();
        return (status, string.Join('\n', verb.Lines));
    }

    private string[] Lines() =>
    [
        "protocol=redis", $"tls_port={_port.Port}", $"tls_certificate={_folder.Path}/dynode.pem", $"tls_key={_folder.Path}/dynode.key",
    ];

    private void Write(IssuedPair pair)
    {
        _folder.Write("dynode.pem", pair.Certificate);
        _folder.Write("dynode.key", pair.Key);
    }
}
