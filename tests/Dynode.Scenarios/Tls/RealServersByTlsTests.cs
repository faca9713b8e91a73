using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;
using Dynode.Scenarios.Framed;
using Dynode.Scenarios.Redis;
using Dynode.TestKit;
using Xunit;
using Reply = Dynode.Broadcast.Plane.FramedReply;

namespace Dynode.Scenarios.Tls;

/// <summary>Real servers by TLS, beside plain ones: their own TLS, and their own alerts.</summary>
public sealed class RealServersByTlsTests
{
    [Fact]
    [Trait("Server", "redis")]
    public async Task Redis_plain_and_by_TLS_in_one_list_hold_the_same_over_a_death()
    {
        using var byTls = new ServersByTls();
        using var port = new PortLease();
        using var plain = await RedisServer.StartAsync();
        using var encrypted = await RedisServer.StartAsync([.. TlsOf(byTls, port, "no"), "--appendfsync", "always"]);
        string address = $"tls://127.0.0.1:{port.Port}";
        using var broadcaster = BroadcasterUnderTest.Start(RedisBroadcast.Settings with { FramedReply = Reply.Fastest }, [plain.Address, address], byTls.Tls);
        await CurrentAsync(broadcaster, 2);
        using var client = await broadcaster.ConnectAsync();
        for (int i = 0; i < 500; i++)
        {
            Assert.Equal("+OK", await client.AskAsync($"SET key:{i} {new string('v', 1 + (i * 97 % 10_000))}"));
            if (i == 250)
            {
                await encrypted.KillAsync();
                await encrypted.StartAsync();
                await CurrentAsync(broadcaster, 2);
            }
        }

        await Eventually.True(() => broadcaster.Snapshot.Backends.All(static backend => backend.Standing is { LagRequests: 0, Gap: null }), broadcaster.Dump);
        Assert.Equal(await plain.DataDigestAsync(), await encrypted.DataDigestAsync());
        Assert.Equal(":500", await encrypted.AskAsync("DBSIZE"));
    }

    [Fact]
    [Trait("Server", "redis")]
    public async Task Redis_in_raw_is_spoken_to_by_TLS()
    {
        using var byTls = new ServersByTls();
        using var port = new PortLease();
        using var plain = await RedisServer.StartAsync();
        using var encrypted = await RedisServer.StartAsync(TlsOf(byTls, port, "no"));
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings { Reply = RawReply.Primary }, [$"tls://127.0.0.1:{port.Port}", plain.Address], byTls.Tls);
        for (int i = 0; i < 20; i++)
        {
            using var client = await broadcaster.ConnectAsync();
            Assert.Equal("+OK", await client.AskAsync($"SET key:{i} {i}"));
            Assert.Equal("+OK", await client.AskAsync("QUIT"));
            Assert.False((await client.ReadToEndAsync()).WasReset);
        }

        await broadcaster.NobodyLeftAsync();
        Assert.Equal(await plain.DataDigestAsync(), await encrypted.DataDigestAsync());
    }

    /// <summary>In 1.2 it says so within the handshake, in 1.3 behind it.</summary>
    [Theory]
    [InlineData("TLSv1.2", "it wants a certificate of ours (backend_tls_certificate)")]
    [InlineData("TLSv1.3", "the server wants a certificate of ours: backend_tls_certificate")]
    [Trait("Server", "redis")]
    public async Task Redis_that_wants_a_certificate_is_down_without_one_and_current_with_one(string version, string reason)
    {
        using var byTls = new ServersByTls(showsCertificate: true);
        using var stranger = new TestAuthority("a stranger");
        using var port = new PortLease();

        // As redis has it where nobody says anything.
        using var redis = await RedisServer.StartAsync([.. TlsOf(byTls, port, "yes"), "--tls-protocols", version]);
        string address = $"tls://127.0.0.1:{port.Port}";
        using (var trusting = new ServersByTls(authority: byTls.Authority))
        using (var broadcaster = BroadcasterUnderTest.Start(RedisBroadcast.Settings, [address], trusting.Tls))
            await SaysAsync(broadcaster, address, reason);
        using var shown = BroadcasterUnderTest.Start(RedisBroadcast.Settings, [address], byTls.Tls);
        await CurrentAsync(shown, 1);
        byTls.Renew(stranger.Issue("the.broadcaster"));
        await redis.AskAsync("CLIENT KILL TYPE normal SKIPME yes");
        await SaysAsync(shown, address, "the server does not take our certificate (backend_tls_certificate)");
        byTls.Renew(byTls.Authority.Issue("the.broadcaster"));
        await CurrentAsync(shown, 1);
    }

    [Fact]
    [Trait("Server", "redis")]
    public async Task Redis_whose_certificate_is_swapped_for_one_that_does_not_do_is_down_until_it_does()
    {
        using var byTls = new ServersByTls();
        using var stranger = new TestAuthority("a stranger");
        using var port = new PortLease();
        using var redis = await RedisServer.StartAsync(TlsOf(byTls, port, "no"));
        string address = $"tls://127.0.0.1:{port.Port}";
        using var broadcaster = BroadcasterUnderTest.Start(RedisBroadcast.Settings, [address], byTls.Tls);
        await CurrentAsync(broadcaster, 1);
        await SwapAsync(stranger.Issue("127.0.0.1"));

        // Nobody looks at a certificate in mid-session.
        Assert.True(broadcaster.Snapshot.Backends[0].Standing is { IsCurrent: true }, broadcaster.Dump());
        await redis.AskAsync("CLIENT KILL TYPE normal SKIPME yes");
        await SaysAsync(broadcaster, address, "certificate: none of the authorities that are trusted has signed it");
        await SwapAsync(byTls.Authority.Issue("other.test"));
        await SaysAsync(broadcaster, address, "certificate: name mismatch: it is for other.test, and not for 127.0.0.1");
        await SwapAsync(byTls.Authority.Issue("127.0.0.1"));
        await CurrentAsync(broadcaster, 1);

        async Task SwapAsync(IssuedPair pair)
        {
            File.WriteAllText(Path.Combine(byTls.Folder, "redis.pem"), pair.Certificate);
            File.WriteAllText(Path.Combine(byTls.Folder, "redis.key"), pair.Key);
            Assert.Equal("+OK", await redis.AskAsync($"CONFIG SET tls-cert-file {byTls.Folder}/redis.pem tls-key-file {byTls.Folder}/redis.key"));
        }
    }

    [Fact]
    [Trait("Server", "redis")]
    public async Task Redis_that_speaks_plain_is_not_sent_a_word_of_the_log_by_TLS()
    {
        using var byTls = new ServersByTls();
        using var redis = await RedisServer.StartAsync();
        using var other = await RedisServer.StartAsync();
        using var broadcaster = BroadcasterUnderTest.Start(
            RedisBroadcast.Settings with { FramedReply = Reply.Fastest, ConnectTimeout = TimeSpan.FromSeconds(1) }, [$"tls://{redis.Address}", other.Address], byTls.Tls);
        await CurrentAsync(broadcaster, 1);
        using var client = await broadcaster.ConnectAsync();
        Assert.Equal("+OK", await client.AskAsync("SET a 1"));
        await Eventually.True(() => broadcaster.Snapshot.Backends[0].LastError?.Contains("plain", StringComparison.Ordinal) == true, broadcaster.Dump);
        Assert.Equal(":0", await redis.AskAsync("DBSIZE"));
    }

    [Fact]
    [Trait("Server", "memcached")]
    public async Task Memcached_plain_and_by_TLS_hold_the_same()
    {
        using var byTls = new ServersByTls();
        using var port = new PortLease();
        using var plain = await MemcachedServer.StartAsync();
        (string certificate, string key) = Files(byTls, "memcached");
        using var encrypted = RealServer.Of(
            MemcachedServer.Program,
            server =>
            [
                "-l", $"notls:127.0.0.1:{server.Port}", "-l", $"127.0.0.1:{port.Port}", "-U", "0", "-t", "2", "-Z", "-o", $"ssl_chain_cert={certificate},ssl_key={key}",
                .. Environment.IsPrivilegedProcess ? (string[])["-u", "root"] : [],
            ],
            "memcached");
        await encrypted.StartAsync();
        var settings = new BroadcastSettings { Protocol = Protocol.Memcached, FramedReply = Reply.Majority, ReconnectDelayMax = TimeSpan.FromSeconds(0.2), BacklogBytesMax = 64 << 20 };
        using var broadcaster = BroadcasterUnderTest.Start(settings, [plain.Address, $"tls://127.0.0.1:{port.Port}"], byTls.Tls);
        await CurrentAsync(broadcaster, 2);
        using var client = await broadcaster.ConnectAsync();
        for (int i = 0; i < 100; i++)
        {
            string value = new('v', 1 + (i * 397 % 30_000));
            await client.SendAsync($"set key{i} 0 0 {value.Length}\r\n{value}\r\n");
            Assert.Equal("STORED", await client.ReadLineAsync());
        }

        for (int i = 0; i < 100; i++)
            Assert.Equal(await plain.AskAsync($"get key{i}"), await encrypted.AskAsync($"get key{i}"));
    }

    private static string[] TlsOf(ServersByTls byTls, PortLease port, string wantsCertificates)
    {
        (string certificate, string key) = Files(byTls, "redis");
        string authority = Path.Combine(byTls.Folder, "clients.pem");
        File.WriteAllText(authority, byTls.Authority.Pem);
        return ["--tls-port", $"{port.Port}", "--tls-cert-file", certificate, "--tls-key-file", key, "--tls-ca-cert-file", authority, "--tls-auth-clients", wantsCertificates];
    }

    private static (string Certificate, string Key) Files(ServersByTls byTls, string name)
    {
        (string certificate, string key) = (Path.Combine(byTls.Folder, $"{name}.pem"), Path.Combine(byTls.Folder, $"{name}.key"));
        File.WriteAllText(certificate, byTls.Pair.Certificate);
        File.WriteAllText(key, byTls.Pair.Key);
        return (certificate, key);
    }

    private static Task CurrentAsync(BroadcasterUnderTest broadcaster, int count) => Eventually.Equal(
        count, () => broadcaster.Snapshot.Backends.Count(static backend => backend.Standing is { IsCurrent: true }), broadcaster.Dump);

    private static Task SaysAsync(BroadcasterUnderTest broadcaster, string address, string reason) => Eventually.True(
        () => broadcaster.Snapshot.Backends.Single(backend => backend.Address == BroadcasterUnderTest.Address(address)) is { State: BackendState.Down, LastError: { } error }
            && error.Contains(reason, StringComparison.Ordinal),
        () => $"wanted: {reason}. {broadcaster.Dump()}");
}
