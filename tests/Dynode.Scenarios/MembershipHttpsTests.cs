using System.Security.Cryptography.X509Certificates;
using Dynode.Native.Membership;
using Xunit;
using static Dynode.Scenarios.MembershipListServer;

namespace Dynode.Scenarios;

public class MembershipHttpsTests
{
    [Fact]
    public void A_certificate_that_the_system_trusts_is_trusted()
    {
        using var server = Https(MembershipAuthority.Trusted());
        Assert.Null(MembershipFetch.Of(server.Url).Fault);
    }

    [Fact]
    public void A_certificate_that_is_not_trusted_is_refused_with_the_reason()
    {
        Assert.Equal("certificate not trusted: PartialChain", FaultOf(MembershipAuthority.Untrusted()));
        Assert.Equal("certificate not trusted: NotTimeValid", FaultOf(MembershipAuthority.Expired()));
        Assert.Equal("certificate not trusted: RemoteCertificateNameMismatch", FaultOf(MembershipAuthority.ForAnotherHost()));
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
        new((stream, _) => Send(stream, "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n[\"a:1\"]"), certificate);
}
