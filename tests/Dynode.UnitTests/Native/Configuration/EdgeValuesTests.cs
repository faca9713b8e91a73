using Dynode.Broadcast.Plane;
using Dynode.Native.Configuration;

namespace Dynode.UnitTests.Native.Configuration;

public sealed class EdgeValuesTests
{
    [Theory]
    [InlineData("v1", ProxyVersions.V1)]
    [InlineData("V2", ProxyVersions.V2)]
    [InlineData("any", ProxyVersions.Any)]
    public void Headers_are_taken_of_a_version_and_from_somewhere(string text, ProxyVersions versions)
    {
        BroadcastSettings settings = Reading.OfSets(Reading.Servers, $"proxy_protocol={text}", "proxy_from=10.0.0.0/8,fd00::7", "tls_handshake_timeout=2.5").Good().Broadcast;
        Assert.Equal((versions, "10.0.0.0/8, fd00::7", TimeSpan.FromSeconds(2.5)), (settings.ProxyVersions, settings.ProxyFrom.ToString(), settings.HandshakeTimeout));
    }

    [Fact]
    public void By_default_none_are()
    {
        BroadcastSettings settings = Reading.OfSets(Reading.Servers).Good().Broadcast;
        Assert.Equal((ProxyVersions.None, true, TimeSpan.FromSeconds(5)), (settings.ProxyVersions, settings.ProxyFrom.IsEmpty, settings.HandshakeTimeout));
    }

    [Theory]
    [InlineData("off", ProxyVersions.None)]
    [InlineData("v1", ProxyVersions.V1)]
    [InlineData("V2", ProxyVersions.V2)]
    public void Servers_are_told_by_one_version(string text, ProxyVersions version) =>
        Assert.Equal(version, Reading.OfSets(Reading.Servers, $"backend_proxy={text}").Good().Broadcast.BackendProxy);

    [Fact]
    public void A_reload_applies_all_of_them()
    {
        Reload reload = Reload.Between(Reading.OfSets(Reading.Servers).Good(), Reading.OfSets(Reading.Servers, "proxy_protocol=any", "proxy_from=::1", "backend_proxy=v2"));
        Assert.Equal(["proxy_protocol", "proxy_from", "backend_proxy"], reload.Applied.Select(static key => key.Name));
        Assert.Empty(reload.NeedRestart);
    }

    [Theory]
    [InlineData("backend_proxy=any is none of off, v1, v2", "backend_proxy=any")]
    [InlineData("proxy_protocol=v2 needs proxy_from: from where a header is believed, for whoever sends one says who it is", "proxy_protocol=v2")]
    [InlineData("proxy_from needs proxy_protocol=v1, v2 or any", "proxy_from=10.0.0.1")]
    [InlineData("proxy_from needs proxy_protocol=v1, v2 or any", "proxy_from=10.0.0.1", "proxy_protocol=off")]
    [InlineData("proxy_protocol=v3 is none of off, v1, v2, any", "proxy_protocol=v3", "proxy_from=10.0.0.1")]
    [InlineData("entry 1 of proxy_from, \"10.0.0.1/8\", has bits set behind its prefix: write 10.0.0.0/8 for the network, or 10.0.0.1 for that one address", "proxy_from=10.0.0.1/8", "proxy_protocol=v1")]
    public void What_would_believe_everybody_or_nobody_is_a_fault(string fault, params string[] sets) =>
        Assert.Equal(["--set: " + fault], Reading.OfSets([Reading.Servers, .. sets]).Faults());
}
