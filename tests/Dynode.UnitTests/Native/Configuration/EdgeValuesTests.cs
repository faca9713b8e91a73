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

    [Theory]
    [InlineData("--set: admin=unix:/run/d and control=/run/d are one path: each needs its own", "admin=unix:/run/d", "control=/run/d")]
    [InlineData("--set: listen_unix=/run/d and admin=unix:/run/d are one path: each needs its own", "admin=unix:/run/d", "listen_unix=/run/d")]
    [InlineData("--set: listen_unix=/run/d and control=/run//d are one path: each needs its own", "control=/run//d", "listen_unix=/run/d")]
    public void A_path_is_one_door(string fault, params string[] sets) => Assert.Contains(fault, Reading.OfSets([Reading.Servers, .. sets]).Faults());

    [Fact]
    public void Doors_of_their_own_are_none() => Assert.Empty(Reading.OfSets(Reading.Servers, "control=/run/c", "admin=unix:/run/a", "listen_unix=/run/d").Faults);

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

    [Fact]
    public void Clients_may_come_by_a_unix_socket()
    {
        Assert.Equal("", Reading.OfSets(Reading.Servers).Good().Broadcast.ListenUnix);
        BroadcastSettings settings = Reading.OfSets(Reading.Servers, "listen_unix=/run/dynode/dynode.sock", "listen_unix_mode=606").Good().Broadcast;
        Assert.Equal(("/run/dynode/dynode.sock", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite), (settings.ListenUnix, settings.ListenUnixMode));
        Reload reload = Reload.Between(Reading.OfSets(Reading.Servers).Good(), Reading.OfSets(Reading.Servers, "listen_unix=/run/dynode.sock", "listen_unix_mode=600"));
        Assert.Equal(["listen_unix", "listen_unix_mode"], reload.NeedRestart.Select(static key => key.Name));
    }

    [Theory]
    [InlineData(103)]
    [InlineData(104)]
    public void Its_path_has_103_bytes_at_most(int bytes)
    {
        string path = "/" + new string('p', bytes - 1);
        var reading = Reading.OfSets(Reading.Servers, $"listen_unix={path}");
        if (bytes > 103)
            Assert.Equal([$"--set: listen_unix={path} has a path of 104 bytes, and a unix socket's has 103 at most"], reading.Faults());
        else
            Assert.Equal(path, reading.Good().Broadcast.ListenUnix);
    }

    [Theory]
    [InlineData("listen_unix=dynode.sock is no path that begins with /", "listen_unix=dynode.sock")]
    [InlineData("listen_unix=/run/../dynode.sock has an empty part, . or .. in its path: a path is written in one way alone", "listen_unix=/run/../dynode.sock")]
    [InlineData("listen_unix_mode=888 is no mode of three octal digits, like 660", "listen_unix_mode=888")]
    [InlineData("listen_unix_mode=0660 is no mode of three octal digits, like 660", "listen_unix_mode=0660")]
    [InlineData("server unix:/run/dynode.sock is this broadcaster itself (listen_unix=/run/dynode.sock): its bytes would go round for ever", "listen_unix=/run/dynode.sock", "servers=10.0.0.1:1,unix:/run/dynode.sock")]
    [InlineData("server unix:/run/redis.sock is a path of this machine alone: with log= the broadcasters of a stream know servers by their addresses, and it needs host:port", "servers=unix:/run/redis.sock,10.0.0.1:1", "protocol=redis", "log=nats://127.0.0.1/stream")]
    [InlineData("entry 2 of servers, \"tls://unix:/run/redis.sock\", is a unix socket, which is spoken to plain and has no tls:// or tcp:// before it", "servers=10.0.0.1:1,tls://unix:/run/redis.sock")]
    [InlineData("entry 1 of servers, \"dns:unix:/run/redis.sock\", is a unix socket, and no name to be looked up: leave dns: away", "servers=dns:unix:/run/redis.sock")]
    [InlineData("entry 1 of servers, \"unix:/run//redis.sock\", has an empty part, . or .. in its path: a path is written in one way alone", "servers=unix:/run//redis.sock")]
    [InlineData("host=unix:/run is no host name, no IP address and not *", "host=unix:/run")]
    public void What_cannot_be_reached_so_is_a_fault(string fault, params string[] sets) =>
        Assert.Equal(["--set: " + fault], Reading.OfSets([.. sets.Any(static set => set.StartsWith("servers=", StringComparison.Ordinal)) ? [] : new[] { Reading.Servers }, .. sets]).Faults());

    [Fact]
    public void Servers_by_unix_sockets_stand_beside_others_and_are_plain_by_themselves()
    {
        HostSettings settings = Reading.OfSets("servers=unix:/run/redis.sock, 10.0.0.1:6379", "backend_tls=true").Good();
        Assert.Equal("unix:/run/redis.sock, 10.0.0.1:6379", settings.Values.Text(ConfigurationKeys.Servers));
        Assert.Equal([false, null], settings.Membership.Servers.Select(static server => server.ByTls));
        Assert.Equal(["/run/redis.sock", null], settings.Membership.Servers.Select(static server => server.Path));
    }
}
