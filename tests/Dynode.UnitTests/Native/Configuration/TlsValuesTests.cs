using System.Security.Authentication;
using Dynode.Native.Certificates;
using Dynode.Native.Configuration;
using Dynode.TestKit;

namespace Dynode.UnitTests.Native.Configuration;

/// <summary>The keys of TLS.</summary>
public sealed class TlsValuesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TestAuthority _authority = new();
    private readonly string _certificate, _key, _both;

    public TlsValuesTests()
    {
        var pair = _authority.Issue("one.test");
        _certificate = _folder.Write("one.pem", pair.Certificate);
        _key = _folder.Write("one.key", pair.Key);
        _both = _folder.Write("both.pem", pair.Certificate + "\n" + pair.Key);
    }

    [Fact]
    public void Without_tls_port_nothing_is_there_and_with_it_all_values_are()
    {
        Assert.Null(Reading.OfSets(Reading.Servers).Good().Tls);
        HostSettings settings = Reading.OfSets(
            Reading.Servers, "port=9000", "tls_port=9443", $"tls_certificate={_certificate}, {_both}", $"tls_key={_key},{_both}", $"tls_client_ca={_certificate}",
            "tls_client_names=a.test, *.b.test", "tls_versions=1.3", "tls_handshake_timeout=2.5", "tls_handshakes_max=7").Good();
        Assert.Equal([new(_certificate, _key), new(_both, _both)], settings.Tls!.Certificates.AsEnumerable());
        Assert.Equal((_certificate, SslProtocols.Tls13), (settings.Tls.ClientAuthorities, settings.Tls.Versions));
        Assert.Equal(["a.test", "*.b.test"], settings.Tls.ClientNames.AsEnumerable());
        Assert.Equal(
            (9000, 9443, false, TimeSpan.FromSeconds(2.5), 7),
            (settings.Broadcast.Port, settings.Broadcast.TlsPort, settings.Broadcast.IsTlsAlone, settings.Broadcast.HandshakeTimeout, settings.Broadcast.HandshakesMax));
    }

    [Fact]
    public void Keys_that_everybody_may_read_are_listed_and_certificates_are_not()
    {
        const UnixFileMode all = UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
        EffectiveValues apart = Reading.OfSets(Reading.Servers, "tls_port=9443", $"tls_certificate={_certificate},{_both}", $"tls_key={_key},{_both}").Good().Values;
        Assert.Equal([("tls_key", _key), ("tls_key", _both)], Listed(apart, static _ => all));
        Assert.Equal([("tls_key", _both)], Listed(apart, path => path == _key ? UnixFileMode.UserRead : all));
        EffectiveValues together = Reading.OfSets(Reading.Servers, "backend_tls=true", $"backend_tls_ca={_certificate}", $"backend_tls_certificate={_both}").Good().Values;
        Assert.Equal([("backend_tls_certificate", _both)], Listed(together, static _ => all));

        static (string, string)[] Listed(EffectiveValues values, Func<string, UnixFileMode> modeOf) => [.. OpenSecrets.Of(values, modeOf).Select(static file => (file.Key.Name, file.Path))];
    }

    [Fact]
    public void Where_both_ports_are_one_clients_speak_TLS_alone_and_a_key_may_be_in_the_certificates_file()
    {
        HostSettings settings = Reading.OfSets(Reading.Servers, "port=9443", "tls_port=9443", $"tls_certificate={_both}").Good();
        Assert.True(settings.Broadcast.IsTlsAlone);
        Assert.Equal([new CertificateFiles(_both, _both)], settings.Tls!.Certificates.AsEnumerable());
        Assert.Equal(SslProtocols.Tls12 | SslProtocols.Tls13, settings.Tls.Versions);
    }

    [Theory]
    [InlineData("tls_port needs tls_certificate, which clients are shown", "tls_port=9443")]
    [InlineData("tls_certificate needs tls_port, where clients speak TLS, or admin_tls=true", "tls_certificate={both}")]
    [InlineData("admin_tls=true needs admin, the port that speaks it", "admin_tls=true", "tls_certificate={both}")]
    [InlineData("admin_tls=true and admin=unix:/run/admin: a socket of this machine speaks no TLS", "admin_tls=true", "admin=unix:/run/admin", "tls_certificate={both}")]
    [InlineData("admin_tls=true needs tls_certificate, which those are shown who ask there", "admin_tls=true", "admin=localhost:9100")]
    [InlineData("tls_certificate: {certificate} holds no key in PEM", "admin_tls=true", "admin=localhost:9100", "tls_certificate={certificate}")]
    [InlineData("tls_client_ca needs tls_port, where clients speak TLS", "admin_tls=true", "admin=localhost:9100", "tls_certificate={both}", "tls_client_ca={both}")]
    [InlineData("tls_client_ca needs tls_port, where clients speak TLS", "tls_client_ca={both}")]
    [InlineData("tls_client_names needs tls_client_ca: without it clients show no certificate", "tls_port=9443", "tls_certificate={both}", "tls_client_names=a.test")]
    [InlineData("tls_key names 2 files and tls_certificate 1: each certificate has its key", "tls_port=9443", "tls_certificate={certificate}", "tls_key={key},{key}")]
    [InlineData("tls_certificate: {certificate} holds no key in PEM", "tls_port=9443", "tls_certificate={certificate}")]
    [InlineData("tls_certificate: /none.pem does not exist", "tls_port=9443", "tls_certificate=/none.pem")]
    [InlineData("tls_certificate: {key} holds no certificate in PEM", "tls_port=9443", "tls_certificate={both}", "tls_client_ca={key}")]
    [InlineData("tls_certificate=one.pem is no path that begins with /", "tls_port=9443", "tls_certificate=one.pem")]
    [InlineData("tls_key=one.key is no path that begins with /", "tls_port=9443", "tls_certificate={certificate}", "tls_key=one.key")]
    [InlineData("tls_versions=1.1 is none of 1.2,1.3, 1.2, 1.3", "tls_versions=1.1")]
    [InlineData("server 127.0.0.1:9443 is this broadcaster itself (host=localhost, tls_port=9443)", "tls_port=9443", "tls_certificate={both}", "servers=127.0.0.1:9443")]
    public void What_cannot_work_is_a_fault(string fault, params string[] sets) =>
        Assert.Equal(["--set: " + Filled(fault)], Reading.OfSets([Reading.Servers, .. sets.Select(Filled)]).Faults());

    [Theory]
    [InlineData("tls_port", 1, 65535, "1", "65535")]
    [InlineData("tls_handshakes_max", 1, 4096, "1", "4096")]
    public void Numbers_have_their_limits(string key, int least, int most, string leastSaid, string mostSaid)
    {
        foreach (int good in (int[])[least, least + 1, most - 1, most])
            _ = Reading.OfSets(Reading.Servers, "tls_port=9443", $"tls_certificate={_both}", $"{key}={good}").Good();
        foreach (int bad in (int[])[least - 1, most + 1])
        {
            Assert.Equal(
                [$"--set: {key}={bad} is not between {leastSaid} and {mostSaid}"],
                Reading.OfSets([Reading.Servers, "tls_port=9443", $"tls_certificate={_both}", $"{key}={bad}"]).Faults());
        }
    }

    [Theory]
    [InlineData("0.099", "tls_handshake_timeout=0.099 is not between 0.1 and 2147483 seconds")]
    [InlineData("0.1", null)]
    [InlineData("0.101", null)]
    public void A_handshake_gets_a_tenth_of_a_second_at_least(string seconds, string? fault)
    {
        var reading = Reading.OfSets(Reading.Servers, $"tls_handshake_timeout={seconds}");
        if (fault is null)
            _ = reading.Good();
        else
            Assert.Contains(fault[..40], Assert.Single(reading.Faults()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(65)]
    public void So_many_certificates_may_be_named(int count)
    {
        var reading = Reading.OfSets(Reading.Servers, "tls_port=9443", $"tls_certificate={string.Join(',', Enumerable.Repeat(_both, count))}");
        if (count <= 64)
            Assert.Equal(count, reading.Good().Tls!.Certificates.Length);
        else
            Assert.Equal(["--set: tls_certificate names 65 files, and may name 64"], reading.Faults());
    }

    [Fact]
    public void The_admin_port_speaks_TLS_with_the_same_certificates_also_where_no_client_does()
    {
        HostSettings settings = Reading.OfSets(Reading.Servers, "admin=localhost:9100", "admin_tls=true", $"tls_certificate={_both}", "tls_versions=1.3", "tls_handshake_timeout=2.5").Good();
        Assert.Equal((true, TimeSpan.FromSeconds(2.5)), (settings.Admin.IsTls, settings.Admin.HandshakeTimeout));
        Assert.Equal([new CertificateFiles(_both, _both)], settings.Tls!.Certificates.AsEnumerable());
        Assert.Equal(SslProtocols.Tls13, settings.Tls.Versions);
        Assert.Null(settings.Broadcast.TlsPort);
        Assert.False(Reading.OfSets(Reading.Servers, "admin=localhost:9100", "tls_port=9443", $"tls_certificate={_both}").Good().Admin.IsTls);
        Reload reload = Reload.Between(settings, Reading.OfSets(Reading.Servers, "admin=localhost:9100", $"tls_certificate={_certificate}", $"tls_key={_key}", "tls_port=9443"));
        Assert.Equal(["admin_tls", "tls_port"], reload.NeedRestart.Select(static key => key.Name));
        Assert.Equal([new CertificateFiles(_certificate, _key)], reload.Settings!.Tls!.Certificates.AsEnumerable());
    }

    [Fact]
    public void The_list_URL_and_NATS_are_spoken_to_as_their_keys_say()
    {
        HostSettings none = Reading.OfSets(Reading.Servers).Good();
        Assert.Equal((new ServerTlsSettings { Edge = TlsEdge.ListUrl }, new ServerTlsSettings { Edge = TlsEdge.OrderedLog }), (none.ListTls, none.LogTls));
        HostSettings settings = Reading.OfSets(
            Reading.Servers, "protocol=redis", "log=nats+tls://a:4222/orders", $"servers_autoupdate_ca={_certificate}", $"servers_autoupdate_certificate={_certificate}", $"servers_autoupdate_key={_key}",
            $"log_ca={_both}", $"log_cert={_both}").Good();
        Assert.Equal(new ServerTlsSettings { Edge = TlsEdge.ListUrl, Authorities = _certificate, Certificate = new(_certificate, _key) }, settings.ListTls);
        Assert.Equal(new ServerTlsSettings { Edge = TlsEdge.OrderedLog, Authorities = _both, Certificate = new(_both, _both) }, settings.LogTls);
        Assert.Equal(
            ["servers_autoupdate_ca", "servers_autoupdate_certificate", "servers_autoupdate_key"],
            Reload.Between(Reading.OfSets(Reading.Servers, "protocol=redis", "log=nats+tls://a:4222/orders").Good(), Reading.OfSets(
                Reading.Servers, "protocol=redis", "log=nats+tls://a:4222/orders", $"servers_autoupdate_ca={_certificate}", $"servers_autoupdate_certificate={_certificate}", $"servers_autoupdate_key={_key}"))
                .Applied.Select(static key => key.Name));
    }

    [Theory]
    [InlineData("servers_autoupdate_key needs servers_autoupdate_certificate, which the list URL is shown", "servers_autoupdate_key={key}")]
    [InlineData("servers_autoupdate_certificate: {certificate} holds no key in PEM", "servers_autoupdate_certificate={certificate}")]
    [InlineData("servers_autoupdate_ca: {key} holds no certificate in PEM", "servers_autoupdate_ca={key}")]
    [InlineData("servers_autoupdate_ca: /none.pem does not exist", "servers_autoupdate_ca=/none.pem", "servers_autoupdate_certificate={both}")]
    [InlineData("servers_autoupdate_ca=none.pem is no path that begins with /", "servers_autoupdate_ca=none.pem")]
    [InlineData("log_ca, log_cert and log_key are for nats+tls:// alone", "protocol=redis", "log=nats://a:4222/orders", "log_ca={both}")]
    [InlineData("log_ca, log_cert and log_key are for nats+tls:// alone", "protocol=redis", "log=nats://a:4222/orders", "log_key={both}")]
    [InlineData("log_key needs log_cert, which NATS is shown", "protocol=redis", "log=nats+tls://a:4222/orders", "log_key={key}")]
    [InlineData("log_cert: {certificate} holds no key in PEM", "protocol=redis", "log=nats+tls://a:4222/orders", "log_cert={certificate}")]
    [InlineData("log_ca: /none.pem does not exist", "protocol=redis", "log=nats+tls://a:4222/orders", "log_ca=/none.pem")]
    public void What_cannot_work_with_the_list_URL_or_NATS_is_a_fault(string fault, params string[] sets) =>
        Assert.Equal(["--set: " + Filled(fault)], Reading.OfSets([Reading.Servers, .. sets.Select(Filled)]).Faults());

    [Fact]
    public void Servers_are_spoken_to_as_the_keys_say()
    {
        HostSettings none = Reading.OfSets(Reading.Servers).Good();
        Assert.Equal((false, new ServerTlsSettings()), (none.Membership.ByTls, none.ServerTls));
        HostSettings settings = Reading.OfSets(
            Reading.Servers, "backend_tls=true", $"backend_tls_ca={_certificate}", "backend_tls_name=redis.test", $"backend_tls_certificate={_certificate}", $"backend_tls_key={_key}").Good();
        Assert.Equal((true, new ServerTlsSettings { Authorities = _certificate, Name = "redis.test", Certificate = new(_certificate, _key) }), (settings.Membership.ByTls, settings.ServerTls));
        Assert.Equal(new CertificateFiles(_both, _both), Reading.OfSets(Reading.Servers, $"backend_tls_certificate={_both}").Good().ServerTls.Certificate);
    }

    [Theory]
    [InlineData("backend_tls_key needs backend_tls_certificate, which servers are shown", "backend_tls_key={key}")]
    [InlineData("backend_tls_certificate: {certificate} holds no key in PEM", "backend_tls_certificate={certificate}")]
    [InlineData("backend_tls_certificate: /none.pem does not exist", "backend_tls_certificate=/none.pem", "backend_tls_key={key}")]
    [InlineData("backend_tls_ca: {key} holds no certificate in PEM", "backend_tls_ca={key}")]
    [InlineData("backend_tls_ca: /none.pem does not exist", "backend_tls_ca=/none.pem", "backend_tls=true")]
    [InlineData("backend_tls_ca=none.pem is no path that begins with /", "backend_tls_ca=none.pem")]
    [InlineData("backend_tls_name=a:b is no host name and no IPv4 address", "backend_tls_name=a:b")]
    [InlineData("backend_tls=maybe is neither true nor false", "backend_tls=maybe")]
    public void What_cannot_work_with_servers_is_a_fault(string fault, params string[] sets) =>
        Assert.Equal(["--set: " + Filled(fault)], Reading.OfSets([Reading.Servers, .. sets.Select(Filled)]).Faults());

    [Fact]
    public void A_reload_applies_all_that_is_said_of_servers()
    {
        HostSettings running = Reading.OfSets(Reading.Servers).Good();
        Reload reload = Reload.Between(running, Reading.OfSets(
            Reading.Servers, "backend_tls=true", $"backend_tls_ca={_certificate}", "backend_tls_name=redis.test", $"backend_tls_certificate={_certificate}", $"backend_tls_key={_key}"));
        Assert.Equal(["backend_tls", "backend_tls_ca", "backend_tls_name", "backend_tls_certificate", "backend_tls_key"], reload.Applied.Select(static key => key.Name));
        Assert.Empty(reload.NeedRestart);
    }

    public void Dispose()
    {
        _folder.Dispose();
        _authority.Dispose();
    }

    private string Filled(string text) => text
        .Replace("{both}", _both, StringComparison.Ordinal)
        .Replace("{certificate}", _certificate, StringComparison.Ordinal)
        .Replace("{key}", _key, StringComparison.Ordinal);
}
