using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;
using Dynode.TestKit;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Dynode.Scenarios.Raw;

/// <summary>One backoff for each backend, not for each connection: a server that is down is probed by one session at a time.</summary>
public sealed class BackoffTests
{
    private const int SessionsCount = 50;

    private static readonly BroadcastSettings Settings = new() { IdleTimeout = TimeSpan.Zero };

    [Fact]
    public async Task Many_sessions_probe_a_server_that_is_down_one_at_a_time()
    {
        var time = new FakeTimeProvider();
        using var up = ScriptedServer.Start();
        using var down = ScriptedServer.Down();
        using var broadcaster = BroadcasterUnderTest.Start(Settings, time, up, down);
        List<TestClient> clients = [];
        try
        {
            // The first one learns that it is down: its connect and its retry, both at once.
            clients.Add(await SendingAsync(broadcaster, up, 0));
            await Eventually.Equal(2, () => broadcaster.Of(down).ConnectFailures, broadcaster.Dump);
            for (int i = 1; i < SessionsCount; i++)
                clients.Add(await SendingAsync(broadcaster, up, i));

            // The clock stands: however many want to, nobody may try. Each step beyond the longest wait is one attempt.
            for (int attempts = 3; attempts < 10; attempts++)
            {
                time.Advance(Settings.ReconnectDelayMax + TimeSpan.FromSeconds(1));
                int expected = attempts;
                await Eventually.Equal(expected, () => broadcaster.Of(down).ConnectFailures, broadcaster.Dump);
            }

            // Its return is everybody's.
            down.Listen();
            time.Advance(Settings.ReconnectDelayMax + TimeSpan.FromSeconds(1));
            await Eventually.Equal(SessionsCount, () => down.Accepted, broadcaster.Dump);
            await down.ReceivedBytesAsync(SessionsCount * 100);
            Assert.Equal(9, broadcaster.Of(down).ConnectFailures);
            Assert.Equal(0, broadcaster.Of(down).DroppedBytes);
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
        }
    }

    [Fact]
    public async Task The_waits_between_attempts_grow_to_the_longest_and_no_further()
    {
        var time = new FakeTimeProvider();
        using var down = ScriptedServer.Down();
        using var broadcaster = BroadcasterUnderTest.Start(Settings, time, down);
        using var client = await broadcaster.ConnectAsync();
        await client.SendAsync(Burst.Of(0, 0));
        await Eventually.Equal(2, () => broadcaster.Of(down).ConnectFailures, broadcaster.Dump);

        for (int attempt = 3; attempt < 14; attempt++)
        {
            var grown = Backoff.First * Math.Pow(2, attempt - 3);
            var longest = grown < Settings.ReconnectDelayMax ? grown : Settings.ReconnectDelayMax;

            // Never sooner than half of it: the step after is waited for, so a step too much would be seen there.
            time.Advance((longest / 2) - TimeSpan.FromMilliseconds(1));
            Assert.Equal(attempt - 1, broadcaster.Of(down).ConnectFailures);
            time.Advance((longest / 2) + TimeSpan.FromMilliseconds(3));
            int expected = attempt;
            await Eventually.Equal(expected, () => broadcaster.Of(down).ConnectFailures, broadcaster.Dump);
        }
    }

    [Theory]
    [InlineData(AcceptThen.Reset)]
    [InlineData(AcceptThen.Close)]
    public async Task A_server_that_ends_every_connection_at_once_is_met_by_growing_waits_not_by_a_storm(AcceptThen then)
    {
        var time = new FakeTimeProvider();
        using var up = ScriptedServer.Start();
        using var bad = ScriptedServer.Start(new ServerScript { OnAccept = then });
        using var broadcaster = BroadcasterUnderTest.Start(Settings, time, up, bad);
        List<TestClient> clients = [];
        try
        {
            for (int i = 0; i < SessionsCount; i++)
                clients.Add(await SendingAsync(broadcaster, up, i));
            await QuietAsync(broadcaster, bad);

            // A wave may take all sessions once; another comes only when time has passed.
            long before = bad.Accepted;
            for (int wave = 0; wave < 5; wave++)
            {
                await OweAsync(clients, up);
                time.Advance(Settings.ReconnectDelayMax + TimeSpan.FromSeconds(1));
                await Eventually.True(() => bad.Accepted > before, broadcaster.Dump);
                await QuietAsync(broadcaster, bad);
                Assert.InRange(bad.Accepted - before, 1, SessionsCount + 1);
                before = bad.Accepted;
            }

            // Its state changes with each wave, not with each connection; so do the lines about it.
            Assert.InRange(broadcaster.Log.Count(1102), 1, 30);
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
        }
    }

    [Fact]
    public async Task A_wave_of_connections_that_fail_counts_as_one_failure()
    {
        var time = new FakeTimeProvider();
        using var up = ScriptedServer.Start();
        using var bad = ScriptedServer.Start(new ServerScript { OnAccept = AcceptThen.Reset });
        using var broadcaster = BroadcasterUnderTest.Start(Settings, time, up, bad);
        List<TestClient> clients = [];
        try
        {
            for (int i = 0; i < SessionsCount; i++)
                clients.Add(await SendingAsync(broadcaster, up, i));
            await QuietAsync(broadcaster, bad);

            // Had each connection counted, the wait would be the longest by now; it is a few tenths of a second.
            await OweAsync(clients, up);
            long before = bad.Accepted;
            time.Advance(TimeSpan.FromSeconds(1));
            await Eventually.True(() => bad.Accepted > before, broadcaster.Dump, TimeSpan.FromSeconds(10));
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
        }
    }

    [Fact]
    public async Task A_connection_that_answered_starts_the_backoff_anew_and_one_that_did_not_does_not()
    {
        var time = new FakeTimeProvider();
        using var server = ScriptedServer.Down();
        using var broadcaster = BroadcasterUnderTest.Start(Settings, time, server);
        using var client = await broadcaster.ConnectAsync();
        await client.SendAsync(Burst.Of(0, 0));
        await Eventually.Equal(2, () => broadcaster.Of(server).ConnectFailures, broadcaster.Dump);
        for (int attempts = 3; attempts < 12; attempts++)
        {
            time.Advance(TimeSpan.FromSeconds(11));
            int expected = attempts;
            await Eventually.Equal(expected, () => broadcaster.Of(server).ConnectFailures, broadcaster.Dump);
        }

        // Connected, took the burst, answered nothing, and died within the second: the next wait is the longest still.
        server.Listen();
        time.Advance(TimeSpan.FromSeconds(11));
        await server.ReceivedBytesAsync(100);
        server.ResetAll();
        await Eventually.Equal(1, () => broadcaster.Of(server).ConnectionsLost, broadcaster.Dump);
        await broadcaster.BurstAsync(client, Burst.Of(0, 1), cursors: 1);
        time.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal(1, server.Accepted);
        server.Script = server.Script with { Echo = true };
        time.Advance(TimeSpan.FromSeconds(7));
        await server.ReceivedBytesAsync(200);
        await client.ReadAsync(100);

        // This one has answered: after its end the first retry is at once, with a clock that stands.
        server.ResetAll();
        await Eventually.Equal(2, () => broadcaster.Of(server).ConnectionsLost, broadcaster.Dump);
        await client.SendAsync(Burst.Of(0, 2));
        await server.ReceivedBytesAsync(300);
    }

    [Fact]
    public async Task A_connection_that_lasted_a_second_starts_the_backoff_anew_without_an_answer()
    {
        var time = new FakeTimeProvider();
        using var server = ScriptedServer.Start();
        using var broadcaster = BroadcasterUnderTest.Start(Settings, time, server);
        using var client = await broadcaster.ConnectAsync();
        for (int i = 0; i < 10; i++)
        {
            await client.SendAsync(Burst.Of(0, i));
            await server.ReceivedBytesAsync((i + 1) * 100);
            time.Advance(TimeSpan.FromSeconds(1));
            server.ResetAll();
            int expected = i + 1;
            await Eventually.Equal(expected, () => broadcaster.Of(server).ConnectionsLost, broadcaster.Dump);
        }

        Assert.Equal(10, server.Accepted);
        Assert.Equal(0, broadcaster.Log.Count(1102));
    }

    [Fact]
    public async Task No_more_than_64_connects_to_one_server_are_in_flight()
    {
        using var up = ScriptedServer.Start();
        using var hangs = ScriptedServer.Start(new ServerScript { AcceptPaused = true, ListenBacklog = 1 });
        hangs.FillBacklog();
        using var broadcaster = BroadcasterUnderTest.Start(Settings, new FakeTimeProvider(), up, hangs);
        List<TestClient> clients = [];
        try
        {
            for (int i = 0; i < Backend.ConnectsMax + 36; i++)
                clients.Add(await SendingAsync(broadcaster, up, i));
            Assert.Equal(Backend.ConnectsMax, SocketTable.ConnectingTo(hangs.Port));
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
        }
    }

    /// <summary>A client that has sent a burst, which <paramref name="up"/> has got.</summary>
    private static async Task<TestClient> SendingAsync(BroadcasterUnderTest broadcaster, ScriptedServer up, int index)
    {
        var client = await broadcaster.ConnectAsync();
        await client.SendAsync(Burst.Of(0, index));
        await up.ReceivedBytesAsync((index + 1) * 100);
        return client;
    }

    /// <summary>
    /// One more burst of each client: a server that ends every connection may still have had a connection's kernel take what was
    /// owed before, and nobody knocks for nothing.
    /// </summary>
    private static async Task OweAsync(List<TestClient> clients, ScriptedServer up)
    {
        long before = up.ReceivedBytes;
        for (int i = 0; i < clients.Count; i++)
            await clients[i].SendAsync(Burst.Of(1, i));
        await up.ReceivedBytesAsync(before + (clients.Count * 100));
    }

    /// <summary>With a clock that stands, what may be tried now has been tried: every connection has ended and nobody has made another.</summary>
    private static async Task QuietAsync(BroadcasterUnderTest broadcaster, ScriptedServer bad)
    {
        long seen = -1;
        await Eventually.True(
            () =>
            {
                long now = bad.Accepted;
                bool same = now == seen
                    && broadcaster.Of(bad) is { State: BackendState.Down, Connections: 0 } of && of.Connects + of.ConnectFailures == now
                    && SocketTable.HeldTo(bad.Port) == 0;
                seen = now;
                return same;
            },
            () => $"{bad.Dump()}\n{broadcaster.Dump()}");
    }
}
