using System.Security.Cryptography.X509Certificates;
using Dynode.Native.Certificates;
using Dynode.Native.Configuration;
using Dynode.Native.Membership;
using Dynode.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;
using static Dynode.Scenarios.MembershipListServer;

namespace Dynode.Scenarios;

public sealed class MembershipHttpsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_certificate_that_the_system_trusts_is_trusted()
    {
        using var server = Https(MembershipAuthority.Trusted());
        Assert.Null(MembershipFetch.Of(server.Url).Fault);
    }

    [Fact]
    public void A_certificate_that_is_not_trusted_is_refused_with_the_reason()
    {
        Assert.StartsWith("certificate: none of the authorities that are trusted has signed it (CN=localhost, by CN=Nobody's root, until ", FaultOf(MembershipAuthority.Untrusted()), StringComparison.Ordinal);
        Assert.StartsWith("certificate: it is out of date, or of no use yet (CN=localhost, by CN=Dynode test root, until ", FaultOf(MembershipAuthority.Expired()), StringComparison.Ordinal);
        Assert.Equal("certificate: name mismatch: it is for elsewhere.test, 192.0.2.1, and not for localhost", FaultOf(MembershipAuthority.ForAnotherHost()));
    }

    [Fact]
    public void An_authority_of_ones_own_is_trusted_in_place_of_the_systems_and_addresses_are_names()
    {
        using var authority = new TestAuthority();
        string ca = _folder.Write("ca.pem", authority.Pem);
        using (var server = Https(authority.Issue("localhost", "127.0.0.1").WithKey()))
        {
            Assert.Null(MembershipFetch.Of(server.Url, shown: Shown(new() { Authorities = ca })).Fault);
            Assert.Null(MembershipFetch.Of(server.Url.Replace("localhost", "127.0.0.1", StringComparison.Ordinal), shown: Shown(new() { Authorities = ca })).Fault);
            Assert.StartsWith("certificate: none of the authorities that are trusted has signed it", MembershipFetch.Of(server.Url).Fault, StringComparison.Ordinal);
        }

        using var other = Https(MembershipAuthority.Trusted());
        Assert.StartsWith("certificate: none of the authorities that are trusted has signed it", MembershipFetch.Of(other.Url, shown: Shown(new() { Authorities = ca })).Fault, StringComparison.Ordinal);
        using var byAddress = Https(authority.Issue("localhost").WithKey());
        Assert.Equal(
            "certificate: name mismatch: it is for localhost, and not for 127.0.0.1",
            MembershipFetch.Of(byAddress.Url.Replace("localhost", "127.0.0.1", StringComparison.Ordinal), shown: Shown(new() { Authorities = ca })).Fault);
    }

    [Fact]
    public void A_server_that_wants_a_certificate_is_shown_it_and_one_that_gets_none_is_named_so()
    {
        using var authority = new TestAuthority();
        using var server = new MembershipListServer(Answer, MembershipAuthority.Trusted(), wants: authority);
        IssuedPair own = authority.Issue("the.broadcaster");
        CertificateFiles files = new(_folder.Write("own.pem", own.Certificate), _folder.Write("own.key", own.Key));
        Assert.Null(MembershipFetch.Of(server.Url, shown: Shown(new() { Certificate = files })).Fault);
        Assert.NotNull(MembershipFetch.Of(server.Url).Fault);
    }

    [Fact]
    public void What_is_in_the_files_now_is_what_the_next_request_goes_by()
    {
        using var authority = new TestAuthority();
        using var server = Https(authority.Issue("localhost").WithKey());
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        using var files = new ServerTls(Shown(new() { Authorities = _folder.Write("swapped.pem", MembershipAuthority.Trusted().ExportCertificatePem()) })(), TlsValues.Read, static () => null, NullLogger.Instance, time);
        using ListClient client = MembershipFetch.Client(shown: () => files.Now);
        Assert.StartsWith("certificate: none of", client.Fetch(MembershipFetch.Request(server.Url), MembershipFetch.Patience, default).Fault, StringComparison.Ordinal);
        _folder.Write("swapped.pem", authority.Pem);
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.Null(client.Fetch(MembershipFetch.Request(server.Url), MembershipFetch.Patience, default).Fault);

        // What cannot be read changes nothing.
        _folder.Write("swapped.pem", "nothing");
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.Null(client.Fetch(MembershipFetch.Request(server.Url), MembershipFetch.Patience, default).Fault);
        using var plain = Answering("[\"a:1\"]");
        Assert.Null(client.Fetch(MembershipFetch.Request(plain.Url), MembershipFetch.Patience, default).Fault);
    }

    /// <summary>The reason of one request is no reason of the next.</summary>
    [Fact]
    public void A_refused_certificate_is_the_reason_of_its_own_request_alone()
    {
        using ListClient client = MembershipFetch.Client();
        using var server = Https(MembershipAuthority.ForAnotherHost());
        Assert.StartsWith("certificate: name mismatch", client.Fetch(MembershipFetch.Request(server.Url), MembershipFetch.Patience, default).Fault, StringComparison.Ordinal);
        using var lease = new PortLease();
        Assert.Equal("connection refused", client.Fetch(MembershipFetch.Request($"https://localhost:{lease.Port}/"), MembershipFetch.Patience, default).Fault);
    }

    [Fact]
    public void A_server_that_speaks_no_TLS_is_named_so()
    {
        using var server = new MembershipListServer((stream, _) => Send(stream, "220 mail ready\r\n"), readsRequest: false);
        Assert.StartsWith("TLS failed", MembershipFetch.Of(server.Url.Replace("http:", "https:", StringComparison.Ordinal)).Fault, StringComparison.Ordinal);
    }

    [Fact]
    public void A_TLS_handshake_that_hangs_is_given_up_at_the_timeout()
    {
        using var server = new MembershipListServer((stream, _) => Hang(stream));
        Assert.Equal(
            "no whole answer within 0.3 s",
            MembershipFetch.Of(server.Url.Replace("http:", "https:", StringComparison.Ordinal), timeout: TimeSpan.FromMilliseconds(300)).Fault);
    }

    [Fact]
    public void A_redirect_to_https_is_followed_and_one_back_to_http_is_not()
    {
        using var secure = Https(MembershipAuthority.Trusted());
        using var plain = Answering("", "302 Found", $"Location: {secure.Url}\r\n");
        Assert.Null(MembershipFetch.Of(plain.Url).Fault);

        using var back = new MembershipListServer(
            (stream, _) => Send(stream, $"HTTP/1.1 302 Found\r\nLocation: {plain.Url}\r\nContent-Length: 0\r\n\r\n"), MembershipAuthority.Trusted());
        Assert.Contains("from https to http", MembershipFetch.Of(back.Url).Fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Https_without_OpenSSL_is_a_clear_fault_also_behind_a_redirect()
    {
        Assert.Equal(TlsLibrary.Missing, MembershipFetch.Of("https://localhost:1/", canTls: false).Fault);
        using var plain = Answering("", "302 Found", "Location: https://localhost:1/\r\n");
        Assert.Equal(TlsLibrary.Missing, MembershipFetch.Of(plain.Url, canTls: false).Fault);
        MembershipProxy.Proxies["tlsproxied.test"] = new Uri("https://localhost:1");
        Assert.Equal(TlsLibrary.Missing, MembershipFetch.Of("http://tlsproxied.test/", canTls: false).Fault);
    }

    [Fact]
    public void OpenSSL_is_found_where_it_is() => Assert.True(TlsLibrary.IsAvailable());

    private static string? FaultOf(X509Certificate2 certificate)
    {
        using var server = Https(certificate);
        return MembershipFetch.Of(server.Url).Fault;
    }

    private static MembershipListServer Https(X509Certificate2 certificate) =>
        new(Answer, certificate);

    private static void Answer(Stream stream, string request) => Send(stream, "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n[\"a:1\"]");

    private static Func<ShownToServers> Shown(ServerTlsSettings settings)
    {
        var shown = ShownToServers.Load(settings with { Edge = TlsEdge.ListUrl }, TlsValues.Read, TimeProvider.System.GetUtcNow(), out string? fault);
        Assert.True(shown is not null, fault);
        return () => shown;
    }
}
