using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Dynode.Streams.Nats;
using Dynode.TestKit;

namespace Dynode.UnitTests.Streams.Nats;

/// <summary>What is believed of what a nats-server says before it has shown who it is.</summary>
public sealed class NatsDialTests
{
    private const string Info =
        "INFO {\"server_id\":\"one\",\"version\":\"2.10.27\",\"headers\":true,\"jetstream\":true,\"max_payload\":1048576,\"tls_required\":true,\"connect_urls\":[\"10.0.0.9:4222\",\"other.test:4222\"]}\r\n";

    /// <summary>Whoever is between could have named himself, and have a certificate of a public authority's.</summary>
    [Theory]
    [InlineData(true, 2)]
    [InlineData(false, 0)]
    public async Task Whom_it_names_before_TLS_is_gone_to_only_where_it_is_said_whose_certificates_are_believed(bool hasOwnAuthorities, int others)
    {
        using var authority = new TestAuthority();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Task serves = ServeAsync(listener, authority);
        NatsSettings settings = NatsLogUnderTest.Settings(((IPEndPoint)listener.LocalEndpoint).Port, scheme: "nats+tls");
        var dial = new NatsDial(settings, static (_, _) => new([IPAddress.Loopback]), new AnyTls(hasOwnAuthorities));
        NatsSocket socket = await dial.ConnectAsync(settings.Url.Hosts[0], default).WaitAsync(Deadline.Default);
        Assert.Equal(("2.10.27", others), (socket.Info.Version, socket.Info.Others.Count));
        socket.Close("enough");
        await serves.WaitAsync(Deadline.Default);
    }

    private static async Task ServeAsync(TcpListener listener, TestAuthority authority)
    {
        using Socket socket = await listener.AcceptSocketAsync();
        await using var stream = new NetworkStream(socket);
        await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(Info));
        await using var ssl = new SslStream(stream);
        await ssl.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = authority.Issue("127.0.0.1").WithKey() });
        try
        {
            _ = await ssl.ReadAsync(new byte[1]);
        }
        catch (IOException)
        {
            // It breaks off, which is as good an end.
        }
    }

    private sealed class AnyTls(bool hasOwnAuthorities) : INatsTls
    {
        public bool HasOwnAuthorities => hasOwnAuthorities;

        public SslClientAuthenticationOptions? OptionsFor(string host, out string? fault)
        {
            fault = null;
            return new() { TargetHost = host };
        }

        public string? Refusal(string host, X509Certificate2? certificate, X509Chain? chain, SslPolicyErrors errors) => null;
    }
}
