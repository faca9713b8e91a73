using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Dynode.Native.Certificates;
using Dynode.Native.Configuration;
using Dynode.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Dynode.UnitTests.Native.Certificates;

/// <summary>Whose certificate a server must show, and what it is shown.</summary>
public sealed class ServerTlsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TestAuthority _authority = new();
    private readonly FakeTimeProvider _time = new(TimeProvider.System.GetUtcNow());

    [Theory]
    [InlineData("redis.test", "redis.test", null)]
    [InlineData("REDIS.test.", "redis.test", null)]
    [InlineData("a.redis.test", "*.redis.test", null)]
    [InlineData("a.b.redis.test", "*.redis.test", "certificate: name mismatch: it is for *.redis.test, and not for a.b.redis.test")]
    [InlineData("10.0.0.1", "10.0.0.1", null)]
    [InlineData("::1", "::1", null)]
    [InlineData("10.0.0.1", "10.0.0.2,redis.test", "certificate: name mismatch: it is for redis.test, 10.0.0.2, and not for 10.0.0.1")]
    [InlineData("nobody", "", "certificate: name mismatch: it is for no name (CN=nobody is none: names stand among the alternative names), and not for nobody")]
    public void A_certificate_is_for_the_names_that_stand_in_it(string host, string names, string? fault)
    {
        using var tls = Start(new());
        string[] all = names.Split(',', StringSplitOptions.RemoveEmptyEntries);
        using var certificate = X509Certificate2.CreateFromPem(_authority.Issue([.. all.OrderBy(static name => char.IsAsciiDigit(name[0]))]).Certificate);
        Assert.Equal(fault, tls.Refusal(host, certificate, null, SslPolicyErrors.None));
    }

    /// <summary>Only the framework's verdict on the chain counts; its verdict on the name, by which a common name passes, does not.</summary>
    [Fact]
    public void Whatever_else_is_wrong_is_no_server_of_ours()
    {
        using var tls = Start(new());
        using var certificate = X509Certificate2.CreateFromPem(_authority.Issue("redis.test").Certificate);
        Assert.Equal("certificate: it showed none", tls.Refusal("redis.test", null, null, SslPolicyErrors.RemoteCertificateNotAvailable));
        Assert.StartsWith("certificate: it cannot be checked (CN=redis.test", tls.Refusal("redis.test", certificate, null, SslPolicyErrors.RemoteCertificateChainErrors), StringComparison.Ordinal);
        Assert.Null(tls.Refusal("redis.test", certificate, null, SslPolicyErrors.RemoteCertificateNameMismatch));
    }

    [Fact]
    public void The_name_that_is_set_stands_for_each_ones_own()
    {
        using var tls = Start(new() { Name = "redis.test" });
        using var certificate = X509Certificate2.CreateFromPem(_authority.Issue("redis.test").Certificate);
        Assert.Null(tls.Refusal("10.0.0.1", certificate, null, SslPolicyErrors.None));
        Assert.Equal("redis.test", tls.OptionsFor("10.0.0.1", out _)!.TargetHost);
        tls.Apply(new());
        Assert.NotNull(tls.Refusal("10.0.0.1", certificate, null, SslPolicyErrors.None));
        Assert.Equal("10.0.0.1", tls.OptionsFor("10.0.0.1", out _)!.TargetHost);
    }

    [Fact]
    public void Files_that_change_are_used_within_ten_seconds_and_bad_ones_are_not()
    {
        Write(_authority.Issue("one.test"), _authority);
        using var tls = Start(new() { Authorities = $"{_folder.Path}/ca.pem", Certificate = new($"{_folder.Path}/own.pem", $"{_folder.Path}/own.key") });
        Assert.Equal(("CN=one.test", "CN=a test's authority"), Shown(tls));
        using var other = new TestAuthority("another");
        Write(other.Issue("two.test"), other);
        _time.Advance(TimeSpan.FromSeconds(10) - TimeSpan.FromTicks(1));
        Assert.Equal(("CN=one.test", "CN=a test's authority"), Shown(tls));
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(("CN=two.test", "CN=another"), Shown(tls));
        File.WriteAllText($"{_folder.Path}/ca.pem", "nothing");
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(("CN=two.test", "CN=another"), Shown(tls));
        Write(_authority.Issue("three.test"), _authority);
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(("CN=three.test", "CN=a test's authority"), Shown(tls));
    }

    [Fact]
    public void Where_there_is_no_library_nothing_is_made_and_the_reason_is_told()
    {
        using var tls = new ServerTls(new() { Settings = new() }, TlsValues.Read, static () => "no libssl here", NullLogger.Instance, _time);
        _time.Advance(TimeSpan.FromSeconds(20));
        Assert.Null(tls.OptionsFor("a", out string? fault));
        Assert.Equal("no libssl here", fault);
    }

    [Fact]
    public void Whom_the_system_trusts_is_believed_where_nobody_is_named_and_nobody_is_asked()
    {
        using var tls = Start(new());
        var policy = tls.OptionsFor("a", out _)!.CertificateChainPolicy!;
        Assert.Equal((X509ChainTrustMode.System, X509RevocationMode.NoCheck, true), (policy.TrustMode, policy.RevocationMode, policy.DisableCertificateDownloads));
        Assert.Equal("1.3.6.1.5.5.7.3.1", Assert.Single(policy.ApplicationPolicy.Cast<System.Security.Cryptography.Oid>()).Value);
    }

    public void Dispose()
    {
        _folder.Dispose();
        _authority.Dispose();
    }

    private ServerTls Start(ServerTlsSettings settings)
    {
        var first = ShownToServers.Load(settings, TlsValues.Read, _time.GetUtcNow(), out string? fault);
        Assert.True(first is not null, fault);
        return new ServerTls(first, TlsValues.Read, static () => null, NullLogger.Instance, _time);
    }

    private static (string Own, string Trusted) Shown(ServerTls tls)
    {
        var options = tls.OptionsFor("a", out _)!;
        return (options.ClientCertificateContext!.TargetCertificate.Subject, options.CertificateChainPolicy!.CustomTrustStore[0].Subject);
    }

    private void Write(IssuedPair own, TestAuthority trusted)
    {
        _folder.Write("own.pem", own.Certificate);
        _folder.Write("own.key", own.Key);
        _folder.Write("ca.pem", trusted.Pem);
    }
}
