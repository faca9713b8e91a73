using System.Security.Authentication;
using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;
using Dynode.Scenarios.Line;
using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Xunit;
using Reply = Dynode.Broadcast.Plane.FramedReply;

namespace Dynode.Scenarios.Tls;

/// <summary>Servers that are spoken to by TLS get what the others get, and so do clients of their replies; how one is spoken to can be changed while it runs.</summary>
public sealed class ServerTransportTests
{
    private static readonly ServerScript Echo = new() { Echo = true };

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task In_raw_every_byte_goes_to_plain_and_encrypted_servers_and_comes_back(SslProtocols version)
    {
        int[] sizes = [1, 100, 16_383, 16_384, 16_385, 300_000, 1];
        using var byTls = new ServersByTls();
        using var echo = ScriptedServer.Start(Echo);
        using var plain = ScriptedServer.Start();
        var front = byTls.Before(echo.Port, versions: version);
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings { Reply = RawReply.Primary }, [front.Address, plain.Address], byTls.Tls);
        using var client = await broadcaster.ConnectAsync();
        int at = 0;
        foreach (int size in sizes)
        {
            byte[] bytes = [.. Enumerable.Range(at, size).Select(static i => (byte)(i * 31))];
            at += size;
            await client.SendAsync(bytes);
            Assert.Equal(bytes, await client.ReadAsync(size));
        }

        await plain.ReceivedBytesAsync(at);
        Assert.Equal(echo.Received, plain.Received);
        client.ShutdownSend();
        await broadcaster.NobodyLeftAsync();
        await Eventually.Equal(ConnectionEnd.PeerFin, () => echo.Connections[0].End, echo.Dump);
        Assert.Equal((1L, 0L, 0L), (broadcaster.Of(front.Name).Connects, broadcaster.Of(front.Name).UnacknowledgedBytes, broadcaster.Of(front.Name).ConnectionsLost));
    }

    [Fact]
    public Task Framed_plain_and_encrypted_servers_get_one_order_over_restarts() => Seed.RunAsync(async random =>
    {
        const int Clients = 6;
        const int Lines = 400;
        using var byTls = new ServersByTls();
        using var first = FramedServer.Line();
        using var second = FramedServer.Line();
        using var third = FramedServer.Line();
        var one = byTls.Before(first.Port);
        var two = byTls.Before(second.Port, versions: SslProtocols.Tls12);
        using var broadcaster = BroadcasterUnderTest.Start(LineSettings.Answered(Reply.Fastest), [one.Address, third.Address, two.Address], byTls.Tls);
        await broadcaster.CurrentAsync(3);
        int[] seeds = [.. Enumerable.Range(0, Clients).Select(_ => random.Next())];
        var clients = Task.WhenAll(seeds.Select((seed, number) => AskAsync(number, new Random(seed))));
        for (int i = 0; i < 4; i++)
        {
            int from = third.Texts.Count;
            await Eventually.True(() => third.Texts.Count >= Math.Min(from + 100, Clients * Lines) || clients.IsCompleted, third.Dump);
            (i % 2 == 0 ? one : two).ResetAll();
        }

        await clients;
        await Eventually.True(() => broadcaster.Snapshot.Backends.All(backend => backend.Standing is { LagRequests: 0 }), broadcaster.Dump);
        Assert.Equal(Clients * Lines, third.Texts.Count);

        // What was in flight on a connection that was reset comes again; but the order is the same.
        foreach (var server in (FramedServer[])[first, second])
            Assert.Equal(third.Texts, Last(server.Texts));

        async Task AskAsync(int number, Random own)
        {
            using var client = await broadcaster.ConnectAsync();
            for (int i = 0; i < Lines;)
            {
                int burst = Math.Min(own.Next(1, 40), Lines - i);
                await client.SendAsync(string.Concat(Enumerable.Range(i, burst).Select(line => $"client {number} line {line}\n")));
                for (int line = i; line < i + burst; line++)
                    Assert.Equal($"ok client {number} line {line}", await client.ReadLineAsync());
                i += burst;
            }
        }

        static List<string> Last(IEnumerable<string> texts)
        {
            // Of what came twice the first counts: a repeat begins behind all that came before.
            var seen = new HashSet<string>();
            return [.. texts.Where(seen.Add)];
        }
    });

    [Fact]
    public async Task A_reload_that_has_a_server_spoken_to_by_TLS_and_plain_again_loses_nothing_and_repeats_nothing()
    {
        const int Lines = 600;
        using var byTls = new ServersByTls();
        using var moved = FramedServer.Line();
        using var other = FramedServer.Line();
        var front = byTls.Before(moved.Port);
        front.AlsoPlain = true;
        using var broadcaster = BroadcasterUnderTest.Start(LineSettings.Answered(Reply.Primary), [front.Name, other.Address], byTls.Tls);
        await broadcaster.CurrentAsync(2);
        using var client = await broadcaster.ConnectAsync();
        for (int i = 0; i < Lines; i++)
        {
            if (i % 100 == 50)
            {
                bool toTls = i / 100 % 2 == 0;
                (int handshakes, long connects) = (front.Handshakes, broadcaster.Of(front.Name).Connects);
                broadcaster.Apply([toTls ? front.Address : $"tcp://{front.Name}", other.Address]);
                await client.SendAsync($"moves {i}\n");
                Assert.Equal($"ok moves {i}", await client.ReadLineAsync());
                await Eventually.True(() => broadcaster.Of(front.Name) is { Connects: var now, Standing.IsCurrent: true } && now == connects + 1, broadcaster.Dump);
                await Eventually.Equal((toTls ? 1 : 0, toTls), () => (front.Handshakes - handshakes, broadcaster.Of(front.Name).Address.ByTls == true), broadcaster.Dump);
            }

            await client.SendAsync($"line {i}\n");
            Assert.Equal($"ok line {i}", await client.ReadLineAsync());
        }

        await Eventually.True(() => broadcaster.Snapshot.Backends.All(backend => backend.Standing is { LagRequests: 0, Gap: null }), broadcaster.Dump);
        Assert.Equal(other.Texts, moved.Texts);
        Assert.Equal(Lines + 6, moved.Texts.Distinct().Count());
        Assert.Equal(Lines + 6, moved.Texts.Count);
    }

    [Fact]
    public async Task A_server_that_could_not_be_reached_in_one_way_is_tried_at_once_in_the_other()
    {
        using var byTls = new ServersByTls();
        using var server = FramedServer.Line();
        var front = byTls.Before(server.Port);
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        using var broadcaster = BroadcasterUnderTest.Start(LineSettings.Answered(Reply.Primary) with { ReconnectDelayMax = TimeSpan.FromHours(1) }, [$"tcp://{front.Name}"], byTls.Tls, time);
        using var client = await broadcaster.ConnectAsync();
        await client.SendAsync("one line that is longer than the head of a record\n");
        await Eventually.True(() => broadcaster.Of(front.Name) is { State: BackendState.Down, RetryIn: not null, Connections: 0 }, broadcaster.Dump);

        // The clock stands still: no backoff passes.
        broadcaster.Apply([front.Address]);
        await Eventually.Equal(BackendState.Up, () => broadcaster.Of(front.Name).State, broadcaster.Dump);
    }

    [Fact]
    public async Task A_server_is_asked_for_by_the_name_that_it_is_to_have()
    {
        using var byTls = new ServersByTls();
        using var server = FramedServer.Line();
        var front = byTls.Before(server.Port, byTls.Authority.Issue("redis.test", "127.0.0.1"));
        using var broadcaster = BroadcasterUnderTest.Start(LineSettings.Answered(Reply.Primary), [front.Address], byTls.Tls);
        await broadcaster.CurrentAsync(1);

        // An address is no name to be asked for.
        Assert.Equal([""], front.Names);
        broadcaster.Door.Apply(BackendSet.Of([BroadcasterUnderTest.Address(front.Address) with { CertifiedHost = "redis.test" }]));
        front.ResetAll();
        await Eventually.True(() => front.Names.Length > 1, broadcaster.Dump);
        Assert.Equal("redis.test", front.Names[^1]);
        await broadcaster.CurrentAsync(1);

        using var named = new ServersByTls(name: "redis.test");
        var other = named.Before(server.Port, named.Authority.Issue("redis.test"));
        using var second = BroadcasterUnderTest.Start(LineSettings.Answered(Reply.Primary), [other.Address], named.Tls);
        await second.CurrentAsync(1);
        Assert.Equal(["redis.test"], other.Names.Distinct());
    }

    [Fact]
    public async Task A_server_that_asks_for_a_certificate_is_shown_ours_and_the_next_one_when_the_file_has_changed()
    {
        using var byTls = new ServersByTls(showsCertificate: true);
        using var server = FramedServer.Line();
        var front = byTls.Before(server.Port, clients: byTls.Authority);
        using var broadcaster = BroadcasterUnderTest.Start(LineSettings.Answered(Reply.Primary), [front.Address], byTls.Tls);
        await broadcaster.CurrentAsync(1);

        // In TLS 1.3 a client is done before its server is.
        await Eventually.Equal(1, () => front.Shown, broadcaster.Dump);

        // One that this server does not take, and then a good one again.
        using var stranger = new TestAuthority("a stranger");
        byTls.Renew(stranger.Issue("the.broadcaster"));
        front.ResetAll();
        await Eventually.True(() => broadcaster.Of(front.Name).LastError?.Contains("backend_tls_certificate", StringComparison.Ordinal) == true, broadcaster.Dump);
        byTls.Renew(byTls.Authority.Issue("the.broadcaster"));
        await broadcaster.CurrentAsync(1);
    }

    [Fact]
    public async Task What_was_acknowledged_is_not_said_to_be_lost_and_what_was_not_is()
    {
        using var byTls = new ServersByTls();
        using var echo = ScriptedServer.Start(Echo);
        var front = byTls.Before(echo.Port);
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings { Reply = RawReply.Primary, ReconnectDelayMax = TimeSpan.FromSeconds(0.1) }, [front.Address], byTls.Tls);
        using (var client = await broadcaster.ConnectAsync())
        {
            byte[] bytes = new byte[100_000];
            await client.SendAsync(bytes);
            Assert.Equal(bytes, await client.ReadAsync(bytes.Length));

            // What has been answered has been acknowledged.
            front.ResetAll();
            await Eventually.Equal(1L, () => broadcaster.Of(front.Name).ConnectionsLost, broadcaster.Dump);
            Assert.Equal(0, broadcaster.Of(front.Name).UnacknowledgedBytes);
        }

        await broadcaster.NobodyLeftAsync();
        echo.PauseReading();
        using (var client = await broadcaster.ConnectAsync())
        {
            Task sending = client.SendAsync(new byte[32 << 20]);
            (long sent, int same) = (0, 0);
            await Eventually.True(
                () =>
                {
                    long now = broadcaster.Of(front.Name).SentBytes;
                    same = now > 200_000 && now == sent ? same + 1 : 0;
                    sent = now;
                    return same == 20;
                },
                broadcaster.Dump);
            front.ResetAll();
            await Eventually.Equal(2L, () => broadcaster.Of(front.Name).ConnectionsLost, broadcaster.Dump);
            Assert.InRange(broadcaster.Of(front.Name).UnacknowledgedBytes, 1, sent - 100_000);
            echo.ResumeReading();

            // It goes on, or its client is told that the only one whose replies count has broken off.
            await Task.WhenAny(sending);
        }
    }
}
