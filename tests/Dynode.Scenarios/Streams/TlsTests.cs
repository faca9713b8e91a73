using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Dynode.Native.Certificates;
using Dynode.Native.Configuration;
using Dynode.Streams;
using Dynode.Streams.Nats;
using Dynode.TestKit;
using Dynode.UnitTests.Streams.Nats;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Dynode.Scenarios.Streams;

/// <summary>Within TLS, with an authority of one's own.</summary>
[Trait("Server", "nats")]
public sealed class TlsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ECDsa _authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _authority;
    private readonly string _authorityFile;

    public TlsTests()
    {
        var request = new CertificateRequest("CN=authority", _authorityKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        _authority = request.CreateSelfSigned(DateTimeOffset.FromUnixTimeSeconds(0), DateTimeOffset.FromUnixTimeSeconds(4_000_000_000));
        _authorityFile = _folder.Write("ca.pem", _authority.ExportCertificatePem());
    }

    [Fact]
    public async Task With_its_own_authority_it_is_trusted_and_without_it_is_not()
    {
        using RealServer server = await EncryptedAsync("");
        using ServerTls trusting = Tls(new() { Authorities = _authorityFile });
        await using (var log = new NatsLogUnderTest(Settings(server), tls: trusting))
        {
            await log.WordAsync(StreamWordKind.Here);
            log.Log.Listen();
            log.Publish(7, new byte[700_000]);
            Assert.Equal(700_000, (await log.WordAsync(StreamWordKind.Heard)).Bytes.Length);
        }

        using (ServerTls ofSystem = Tls(new()))
        await using (var log = new NatsLogUnderTest(Settings(server), tls: ofSystem))
            Assert.Equal($"localhost:{server.Port}: no TLS with it: certificate: none of the authorities that are trusted has signed it (CN=localhost, by CN=authority, until 2096-10-02 07:06 UTC)", (await log.WordAsync(StreamWordKind.Fault)).Text);
        await using (var log = new NatsLogUnderTest(NatsLogUnderTest.Settings(server.Port, scheme: "nats+tls"), tls: trusting))
            Assert.Equal($"127.0.0.1:{server.Port}: no TLS with it: certificate: name mismatch: it is for localhost, and not for 127.0.0.1", (await log.WordAsync(StreamWordKind.Fault)).Text);
        await using (var log = new NatsLogUnderTest(NatsLogUnderTest.Settings(server.Port)))
            Assert.Equal($"127.0.0.1:{server.Port}: the server wants TLS: use nats+tls://", (await log.WordAsync(StreamWordKind.Fault)).Text);
        await using (var log = new NatsLogUnderTest(Settings(server)))
            Assert.Equal($"localhost:{server.Port}: no TLS with it: nobody here can speak it", (await log.WordAsync(StreamWordKind.Fault)).Text);
    }

    [Fact]
    public async Task A_server_that_wants_a_certificate_of_its_clients_gets_it()
    {
        using RealServer server = await EncryptedAsync($", ca_file: \"{_authorityFile}\", verify: true");
        (string certificate, string key) = Issue("client");
        using (ServerTls known = Tls(new() { Authorities = _authorityFile, Certificate = new(certificate, key) }))
        await using (var log = new NatsLogUnderTest(Settings(server), tls: known))
            await log.WordAsync(StreamWordKind.Here);
        using (ServerTls unknown = Tls(new() { Authorities = _authorityFile }))
        await using (var log = new NatsLogUnderTest(Settings(server), tls: unknown))
            await Eventually.True(() => log.Words.Any(word => word.Kind is StreamWordKind.Away or StreamWordKind.Fault), log.Dump);
    }

    /// <summary>What is in the files now is what the next connection goes by: an authority that is believed later lets it in.</summary>
    [Fact]
    public async Task Files_that_change_are_used_by_the_next_connection()
    {
        using RealServer server = await EncryptedAsync("");
        using var stranger = new TestAuthority("a stranger");
        string file = _folder.Write("later.pem", stranger.Pem);
        using ServerTls tls = Tls(new() { Authorities = file });
        await using var log = new NatsLogUnderTest(Settings(server), tls: tls);
        Assert.Contains("none of the authorities that are trusted has signed it", (await log.WordAsync(StreamWordKind.Fault)).Text, StringComparison.Ordinal);
        _folder.Write("later.pem", _authority.ExportCertificatePem());
        tls.Look();
        await log.WordAsync(StreamWordKind.Here);
    }

    [Fact]
    public async Task A_server_without_TLS_is_a_fault_where_TLS_is_wanted()
    {
        using RealServer server = await NatsServer.StartAsync();
        using ServerTls tls = Tls(new());
        await using var log = new NatsLogUnderTest(Settings(server), tls: tls);
        Assert.Contains("the server has no TLS: use nats:// or give it a certificate", (await log.WordAsync(StreamWordKind.Fault)).Text, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _authority.Dispose();
        _authorityKey.Dispose();
        _folder.Dispose();
    }

    private static NatsSettings Settings(RealServer server) => NatsLogUnderTest.Settings(server.Port, scheme: "nats+tls", host: "localhost");

    private static ServerTls Tls(ServerTlsSettings settings)
    {
        var first = ShownToServers.Load(settings, TlsValues.Read, TimeProvider.System.GetUtcNow(), out string? fault);
        Assert.True(first is not null, fault);
        return new ServerTls(first, TlsValues.Read, static () => null, NullLogger.Instance, TimeProvider.System);
    }

    private Task<RealServer> EncryptedAsync(string more)
    {
        (string certificate, string key) = Issue("localhost");
        return NatsServer.ConfiguredAsync($"jetstream {{}}\ntls {{ cert_file: \"{certificate}\", key_file: \"{key}\"{more} }}");
    }

    private (string Certificate, string Key) Issue(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 certificate = request.Create(_authority, _authority.NotBefore, _authority.NotAfter, [1, (byte)name.Length]);
        return (_folder.Write($"{name}.pem", certificate.ExportCertificatePem()), _folder.Write($"{name}.key", key.ExportPkcs8PrivateKeyPem()));
    }
}
