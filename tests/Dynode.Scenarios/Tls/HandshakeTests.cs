using System.Security.Authentication;
using Dynode.Broadcast.Plane;
using Dynode.Scenarios.Line;
using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Microsoft.Extensions.Time.Testing;
using Xunit;
using Reply = Dynode.Broadcast.Plane.FramedReply;

namespace Dynode.Scenarios.Tls;

/// <summary>Who shakes hands comes in; who does not is sent away, said and counted, and holds nobody else.</summary>
[Collection(Alone.Name)]
public sealed class HandshakeTests
{
    private const int HandshakeFailed = 1010;

    private static readonly BroadcastSettings Settings = LineSettings.Answered(Reply.Primary);

    /// <summary>One may compute at once: were who waits for its client computing, nobody would come past the silent ones.</summary>
    [Fact]
    public async Task Clients_that_stop_in_the_midst_hold_nobody_and_are_sent_away_when_their_time_is_over()
    {
        const int Silent = 20;
        using var server = FramedServer.Line();
        var time = new FakeTimeProvider();
        using var tls = new TlsUnderTest(Settings with { HandshakesMax = 1 }, [server.Address], time);
        var silent = new List<TestClient>();
        for (int i = 0; i < Silent; i++)
        {
            silent.Add(await TestClient.ConnectAsync(tls.Port));

            // Half of them begin: a record of a handshake, of which most is missing.
            if (i % 2 == 0)
                await silent[i].SendAsync(new byte[] { 22, 3, 1, 2, 0, 1, 0 });
        }

        await Eventually.Equal(Silent, () => tls.Handshakes.Now, tls.Broadcaster.Dump);
        using (var client = await tls.ConnectAsync())
        {
            await client.SendAsync("in\n");
            Assert.Equal("ok in\r\n", await client.ReadTextAsync("ok in\r\n".Length));
        }

        time.Advance(Settings.HandshakeTimeout);
        foreach (var client in silent)
        {
            _ = await client.ReadToEndAsync();
            client.Dispose();
        }

        await Eventually.Equal((0, 1L, (long)Silent), () => (tls.Handshakes.Now, tls.Handshakes.Done, tls.Handshakes.TimedOut), tls.Broadcaster.Dump);
        await SaidAsync(tls, "it took too long");
    }

    [Theory]
    [InlineData("*1\r\n$4\r\nPING\r\n")]
    [InlineData("GET / HTTP/1.1\r\n\r\n")]
    [InlineData("x")]
    public async Task Plain_text_is_sent_away_and_said_to_be_that(string text)
    {
        using var server = FramedServer.Line();
        using var tls = new TlsUnderTest(Settings, [server.Address]);
        using var client = await TestClient.ConnectAsync(tls.Port);
        await client.SendAsync(text);

        // What TLS says to it is an alert, or it says nothing; in no case an answer.
        client.ShutdownSend();
        Assert.DoesNotContain("ok", (await client.ReadToEndAsync()).Text, StringComparison.Ordinal);
        await Eventually.Equal((0, 1L), () => (tls.Handshakes.Now, tls.Handshakes.Plain), tls.Broadcaster.Dump);
        await SaidAsync(tls, "spoke plain");
        Assert.Empty(server.Texts);
    }

    [Fact]
    public Task Garbage_cut_anywhere_is_a_failed_handshake_and_leaves_nothing_open() => Seed.RunAsync(async random =>
    {
        const int Times = 200;
        using var server = FramedServer.Line();
        using var tls = new TlsUnderTest(Settings with { HandshakeTimeout = TimeSpan.FromMinutes(5) }, [server.Address]);
        using (await tls.ConnectAsync())
        {
        }

        await Eventually.Equal(0, () => tls.Broadcaster.Snapshot.Clients, tls.Broadcaster.Dump);
        int before = Directory.GetFiles("/proc/self/fd").Length, ended = 0;
        for (int i = 0; i < Times; i++)
        {
            using var client = await TestClient.ConnectAsync(tls.Port);
            byte[] garbage = random.Bytes(random.Next(1, 600));
            (garbage[0], byte[] version) = (22, [3, 1]);
            version.AsSpan(0, Math.Min(2, garbage.Length - 1)).CopyTo(garbage.AsSpan(1));
            await client.SendAsync(garbage);
            if (random.Next(2) == 0)
            {
                client.ShutdownSend();
                ended++;
            }
            else
            {
                client.Reset();
            }
        }

        await Eventually.Equal((0, 1L), () => (tls.Handshakes.Now, tls.Handshakes.Done), tls.Broadcaster.Dump);

        // A reset takes with it what was not read yet: then nothing has come.
        Assert.InRange(tls.Handshakes.Failed + tls.Handshakes.Plain, ended, Times);
        await Eventually.True(() => Directory.GetFiles("/proc/self/fd").Length <= before + 8, tls.Broadcaster.Dump);
    });

    [Fact]
    public async Task A_version_that_is_not_spoken_is_refused_with_what_OpenSSL_says_of_it()
    {
        using var server = FramedServer.Line();
        using var tls = new TlsUnderTest(Settings, [server.Address], versions: SslProtocols.Tls13);
        await Assert.ThrowsAnyAsync<Exception>(() => tls.ConnectAsync(new() { Versions = SslProtocols.Tls12 }));
        await Eventually.Equal(1, () => tls.Handshakes.Failed, tls.Broadcaster.Dump);
        await SaidAsync(tls, "protocol");
        using var client = await tls.ConnectAsync(new() { Versions = SslProtocols.Tls13 });
        Assert.Equal(SslProtocols.Tls13, client.Version);
    }

    /// <summary>A session that is resumed has the client's certificate, and not the one between it and the authority.</summary>
    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task Who_has_an_authority_between_comes_again_and_again(SslProtocols version)
    {
        using var clients = new TestAuthority("the clients'");
        using TestAuthority between = clients.Between("between");
        using var server = FramedServer.Line();
        using var tls = new TlsUnderTest(Settings, [server.Address], clients: clients);
        var options = new TlsClientOptions { Versions = version, Certificate = between.Issue("client.test"), Between = between };
        for (int i = 0; i < 4; i++)
        {
            using var client = await tls.ConnectAsync(options);
            await client.SendAsync("hello\n");
            Assert.Equal(6, (await client.ReadAsync(6)).Length);
        }

        Assert.Equal((4L, 0L), (tls.Handshakes.Done, tls.Handshakes.Failed));
    }

    [Fact]
    public async Task Who_is_at_it_counts_as_a_client()
    {
        using var server = FramedServer.Line();
        using var tls = new TlsUnderTest(Settings with { ClientsMax = 3 }, [server.Address]);
        using var client = await tls.ConnectAsync();
        using var first = await TestClient.ConnectAsync(tls.Port);
        using var second = await TestClient.ConnectAsync(tls.Port);
        await Eventually.Equal((2, 1), () => (tls.Handshakes.Now, tls.Broadcaster.Snapshot.Clients), tls.Broadcaster.Dump);
        using (var refused = await TestClient.ConnectAsync(tls.Port))
            Assert.Empty((await refused.ReadToEndAsync()).Bytes);
        Assert.Equal(1, tls.Broadcaster.Snapshot.Refused);
        first.Dispose();
        await Eventually.Equal(1, () => tls.Handshakes.Now, tls.Broadcaster.Dump);
        using var later = await tls.ConnectAsync();
    }

    [Fact]
    public async Task The_end_waits_for_nobody_who_is_at_it()
    {
        using var server = FramedServer.Line();
        using var tls = new TlsUnderTest(Settings, [server.Address], new FakeTimeProvider());
        using var silent = await TestClient.ConnectAsync(tls.Port);
        await Eventually.Equal(1, () => tls.Handshakes.Now, tls.Broadcaster.Dump);
        await tls.Broadcaster.DrainAsync();
        _ = await silent.ReadToEndAsync();
        await Eventually.Equal(0, () => tls.Handshakes.Now, tls.Broadcaster.Dump);
        Assert.Equal((0, 0L, 0L), (tls.Broadcaster.Log.Count(HandshakeFailed), tls.Handshakes.TimedOut, tls.Handshakes.Failed));
    }

    /// <summary>As those who balance load do, every second: by an end or by a reset.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_only_looks_whether_somebody_listens_is_no_fault(bool resets)
    {
        using var server = FramedServer.Line();
        using var tls = new TlsUnderTest(Settings, [server.Address]);
        for (int i = 0; i < 10; i++)
        {
            using var looks = await TestClient.ConnectAsync(tls.Port);
            await Eventually.Equal(1, () => tls.Handshakes.Now, tls.Broadcaster.Dump);
            if (resets)
                looks.Reset();
            else
                looks.Dispose();
            await Eventually.Equal(0, () => tls.Handshakes.Now, tls.Broadcaster.Dump);
        }

        using (await tls.ConnectAsync())
            await Eventually.Equal((1L, 0L), () => (tls.Handshakes.Done, tls.Handshakes.Failed), tls.Broadcaster.Dump);
        Assert.Equal(0, tls.Broadcaster.Log.Count(HandshakeFailed));
    }

    [Theory]
    [InlineData("one.test", "one.test")]
    [InlineData("two.test", "two.test")]
    [InlineData("a.wild.test", "*.wild.test")]
    [InlineData("nobody.test", "one.test")]
    [InlineData("", "one.test")]
    public async Task The_certificate_of_the_name_that_is_asked_for_is_shown_and_else_the_first(string asked, string shown)
    {
        using var server = FramedServer.Line();
        using var tls = new TlsUnderTest(Settings, [server.Address], certificates: ["one.test", "two.test", "*.wild.test"]);
        using var client = await tls.ConnectAsync(new() { Name = asked });
        Assert.Equal($"CN={shown}", client.ShownTo);
    }

    /// <summary>In the hello that a client sends, which may say anything.</summary>
    [Theory]
    [InlineData("under_score")]
    [InlineData("two words")]
    [InlineData("..")]
    [InlineData("-.-")]
    [InlineData("a\0b")]
    [InlineData("\u00ff\u00fe")]
    [InlineData("*")]
    [InlineData("1.2.3.4")]
    [InlineData("[::1]")]
    public async Task A_name_that_no_host_can_have_is_shown_the_first_or_refused_and_leaves_nothing(string name)
    {
        using var server = FramedServer.Line();
        using var tls = new TlsUnderTest(Settings, [server.Address], certificates: ["one.test", "two.test"]);
        byte[] hello = Hello.Of(name);
        using var client = await TestClient.ConnectAsync(tls.Port);
        await client.SendAsync(hello);
        client.ShutdownSend();
        _ = await client.ReadToEndAsync();
        await Eventually.Equal((0, 1L), () => (tls.Handshakes.Now, tls.Handshakes.Failed), tls.Broadcaster.Dump);
        using var good = await tls.ConnectAsync(new() { Name = "two.test" });
        Assert.Equal("CN=two.test", good.ShownTo);
    }

    [Theory]
    [InlineData("none", "it showed no certificate, and tls_client_ca wants one")]
    [InlineData("stranger", "none of the authorities that are trusted has signed it")]
    [InlineData("expired", "it is out of date, or of no use yet")]
    [InlineData("other", "is for other.test, which tls_client_names does not have")]
    [InlineData("nameless", "is for no name, which tls_client_names does not have")]
    [InlineData("one", null)]
    [InlineData("wild", null)]
    [InlineData("uri", null)]
    public async Task Only_who_shows_a_certificate_that_is_wanted_comes_in(string which, string? refusal)
    {
        using var authority = new TestAuthority("clients");
        using var stranger = new TestAuthority("nobody");
        using var server = FramedServer.Line();
        using var tls = new TlsUnderTest(
            Settings, [server.Address], clients: authority, clientNames: ["one.test", "*.wild.test", "spiffe://cluster/app"]);
        var now = TimeProvider.System.GetUtcNow();
        var certificate = which switch
        {
            "none" => null,
            "stranger" => stranger.Issue("one.test"),
            "expired" => authority.Issue(now.AddDays(-10), now.AddDays(-1), "one.test"),
            "other" => authority.Issue("other.test"),
            "nameless" => authority.Issue(),
            "wild" => authority.Issue("x.wild.test"),
            "uri" => authority.Issue("spiffe://cluster/app"),
            _ => authority.Issue("one.test"),
        };
        if (refusal is null)
        {
            using var client = await tls.ConnectAsync(new() { Certificate = certificate });
            await client.SendAsync("in\n");
            Assert.Equal("ok in\r\n", await client.ReadTextAsync("ok in\r\n".Length));
            return;
        }

        // With 1.3 the client is done before it is judged; what it reads is the end.
        try
        {
            using var client = await tls.ConnectAsync(new() { Certificate = certificate });
            await client.SendAsync("in\n");
            Assert.Equal("", await client.ReadToEndAsync());
        }
        catch (Exception e) when (e is IOException or AuthenticationException)
        {
            Assert.Equal(0, tls.Handshakes.Done);
        }

        await Eventually.Equal((0, 1L, 0L), () => (tls.Handshakes.Now, tls.Handshakes.Refused, tls.Handshakes.Done), tls.Broadcaster.Dump);
        await SaidAsync(tls, refusal);
        Assert.Empty(server.Texts);
    }

    /// <summary>Half of what is swapped in cannot be shown. Clients come all the time, and each is shown the last good one or one that was swapped in meanwhile.</summary>
    [Fact]
    public Task Certificates_swapped_a_hundred_times_while_clients_come_refuse_nobody() => Seed.RunAsync(async random =>
    {
        const int Swaps = 100;
        using var server = FramedServer.Line();
        using var tls = new TlsUnderTest(Settings, [server.Address]);
        await tls.Broadcaster.CurrentAsync(1);
        using var ending = new CancellationTokenSource();
        (int good, int came) = (0, 0);
        var clients = Task.WhenAll(Enumerable.Range(0, 3).Select(_ => ComeAsync()));
        for (int i = 1; i <= Swaps; i++)
        {
            var pair = tls.Authority.Issue($"n{i}.test");
            bool isGood = random.Next(2) == 0;
            tls.Swap(isGood ? pair : pair with { Key = "half of a ke" });
            if (isGood)
                Volatile.Write(ref good, i);
            using var now = await tls.ConnectAsync();
            Assert.Equal(good == 0 ? "CN=localhost" : $"CN=n{good}.test", now.ShownTo);
        }

        await ending.CancelAsync();
        await clients;
        Assert.InRange(came, 1, int.MaxValue);
        Assert.Equal((0L, 0L), (tls.Handshakes.Failed, tls.Handshakes.Refused));

        async Task ComeAsync()
        {
            while (!ending.IsCancellationRequested)
            {
                int before = Volatile.Read(ref good);
                using var client = await tls.ConnectAsync();
                int shown = client.ShownTo == "CN=localhost" ? 0 : int.Parse(client.ShownTo["CN=n".Length..^".test".Length], System.Globalization.CultureInfo.InvariantCulture);
                Assert.InRange(shown, before, Swaps);
                await client.SendAsync("in\n");
                Assert.Equal("ok in\r\n", await client.ReadTextAsync("ok in\r\n".Length));
                Interlocked.Increment(ref came);
            }
        }
    });

    // It is counted first, and said then.
    private static Task SaidAsync(TlsUnderTest tls, string what) => Eventually.True(
        () => tls.Broadcaster.Log.Of(HandshakeFailed).Count(line => line.Contains(what, StringComparison.Ordinal)) == 1 && tls.Broadcaster.Log.Count(HandshakeFailed) == 1,
        tls.Broadcaster.Dump);
}
