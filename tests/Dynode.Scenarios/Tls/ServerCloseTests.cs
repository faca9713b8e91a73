using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Transport;
using Dynode.Scenarios.Framed;
using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Xunit;

namespace Dynode.Scenarios.Tls;

/// <summary>Connections by TLS to servers end at any moment and leave nothing, and are handed over to nobody.</summary>
[Collection(Alone.Name)]
public sealed class ServerCloseTests
{
    [Fact]
    public Task A_connection_that_is_closed_at_any_moment_leaves_no_place_no_descriptor_and_no_operation() => Seed.RunAsync(async random =>
    {
        const int Places = 2;
        const int Rounds = 60;
        const int AtOnce = 8;
        using var byTls = new ServersByTls();
        using var echo = ScriptedServer.Start(new() { Echo = true });
        using var silent = ScriptedServer.Start();
        using var plain = ScriptedServer.Start(new() { ReplyPerRead = static _ => "-ERR\r\n"u8.ToArray() });
        using var closing = ScriptedServer.Start(new() { OnRead = static (connection, _) => connection.Close() });
        using var refusing = ScriptedServer.Down();
        var front = byTls.Before(echo.Port);
        int[] ports = [front.Port, front.Port, front.Port, silent.Port, plain.Port, closing.Port, refusing.Port];
        using var places = new SemaphoreSlim(Places);
        var ends = new ConcurrentDictionary<string, int>();
        await RunAsync(front.Port, new Random(random.Next()), 100);
        await Eventually.Equal(0, () => front.Open + silent.OpenConnections.Count, front.Address.ToString);
        int before = Directory.GetFiles("/proc/self/fd").Length;
        for (int i = 0; i < Rounds; i++)
            await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => new Random(random.Next())).Select(own => Task.Run(() => RunAsync(ports[own.Next(ports.Length)], own, own.Next(6)))));
        await Eventually.Equal(Places, () => places.CurrentCount, () => $"{places.CurrentCount} places");
        await Eventually.Equal(0, () => front.Open + silent.OpenConnections.Count + plain.OpenConnections.Count, silent.Dump);
        await Eventually.True(() => Directory.GetFiles("/proc/self/fd").Length <= before + 4, () => $"{before} descriptors before, {Directory.GetFiles("/proc/self/fd").Length} now");

        // The test has seen all of it: closed in TCP's part, in the handshake, and behind it.
        Assert.True(ends.ContainsKey("connecting") && ends.ContainsKey("open") && ends.ContainsKey("failed"), string.Join(' ', ends));

        async Task RunAsync(int port, Random own, int turns)
        {
            using var turn = new Turn();
            var endPoint = new IPEndPoint(IPAddress.Loopback, port);
            var transport = new TlsTransport(
                new TlsSession(SocketTuning.BackendSocket(AddressFamily.InterNetwork, TimeSpan.FromSeconds(60))), turn, new ServerHandshake(byTls.Tls, "127.0.0.1", places));
            bool isOver = transport.Connect(endPoint);
            for (int i = 0; i < turns && !isOver; i++)
            {
                // Not before something has happened, or not waiting for that.
                if (own.Next(3) > 0 && port == front.Port)
                    await turn.WaitAsync();
                else
                    await Task.Yield();
                isOver = transport.TakeReceive();
            }

            string end = "connecting";
            if (isOver)
            {
                end = transport.ConnectFault() is null ? "open" : "failed";
                if (end == "open" && own.Next(2) == 0)
                    transport.Send(new byte[own.Next(1, 40_000)], int.MaxValue, out int _);
                if (end == "open" && own.Next(2) == 0)
                    _ = transport.Receive(new byte[100]);
            }

            ends.AddOrUpdate(end, 1, static (_, count) => count + 1);
            transport.Close();
            await Eventually.True(
                () =>
                {
                    if (transport.IsSending)
                        transport.TakeSend(out int _, out var _);
                    return (!transport.IsReceiving || transport.TakeReceive()) && !transport.IsSending;
                },
                () => $"{end}: receiving {transport.IsReceiving}, sending {transport.IsSending}");
            ((IDisposable)transport).Dispose();
        }
    });

    [Fact]
    public async Task Where_one_goes_over_to_another_a_server_by_TLS_that_owes_has_a_gap_and_its_connection_goes_nowhere()
    {
        using var byTls = new ServersByTls();
        using var owing = FramedServer.Redis(new() { Answer = Asking.Echoing.Answer });
        using var good = FramedServer.Redis(new() { Answer = Asking.Echoing.Answer });
        var slow = byTls.Before(owing.Port);
        var quick = byTls.Before(good.Port);
        string[] servers = [quick.Address, slow.Address];
        using var old = BroadcasterUnderTest.Start(Asking.Redis with { StallTimeout = TimeSpan.Zero }, servers, byTls.Tls);
        await Eventually.Equal(2, () => old.Snapshot.Backends.Count(static backend => backend.Standing is { IsCurrent: true }), old.Dump);
        using var client = await old.ConnectAsync();
        Assert.Equal("+OK", await client.AskAsync("SET before 1"));
        await owing.RequestsAsync(1);
        owing.HoldAnswers();
        Assert.Equal("+OK", await client.AskAsync("SET owed 1"));
        await owing.RequestsAsync(2);
        var whole = new ConcurrentQueue<BackendAddress>();
        var handed = await old.Door.HandOverAsync(TimeSpan.FromSeconds(0.3), whole.Enqueue);
        Assert.Equal([BroadcasterUnderTest.Address(quick.Address)], whole);
        Assert.All(handed.Servers, static server => Assert.Null(server.Connection));
        Assert.Equal([null, DropReason.Shutdown], handed.Servers.Select(static server => server.Gap));
        Assert.All(handed.Servers, static server => Assert.Equal(true, server.Address.ByTls));
        await old.DrainAsync();
        await Eventually.Equal(0, () => slow.Open, old.Dump);
        Assert.Equal(0, owing.HalfRequestBytes(0));
        owing.ReleaseAnswers();
        using var next = BroadcasterUnderTest.Start(Asking.Redis, servers, byTls.Tls, before: handed);
        await Eventually.Equal(2, () => next.Snapshot.Backends.Count(static backend => backend.Standing is { IsCurrent: true }), next.Dump);
        using var again = await next.ConnectAsync();
        Assert.Equal("+OK", await again.AskAsync("SET after 1"));
        await owing.TextsAsync(["SET before 1", "SET owed 1", "SET after 1"]);
        await good.TextsAsync(["SET before 1", "SET owed 1", "SET after 1"]);
        Assert.Equal(["Shutdown"], next.Snapshot.Backends.Where(static backend => backend.Standing!.Gap is not null).Select(static backend => backend.Standing!.Gap));
    }

    /// <summary>Leaves word, as a turn's owner does.</summary>
    private sealed class Turn : ITurnOwner, IDisposable
    {
        private readonly SemaphoreSlim _word = new(0);

        public void Signal() => _word.Release();

        public async Task WaitAsync() => await _word.WaitAsync(Deadline.Default);

        public void Dispose()
        {
            // Word may still come of what was closed; and nobody waits by a handle.
        }
    }
}
