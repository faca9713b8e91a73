using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Dynode.Broadcast;
using Dynode.Broadcast.Backends;
using Dynode.Native.Admin;
using Dynode.TestKit;
using Microsoft.Extensions.Time.Testing;

namespace Dynode.UnitTests.Native.Admin;

/// <summary>Probes: alive is who answers, ready is who should be sent clients, and no crowd keeps a probe out.</summary>
public sealed class HealthTests
{
    [Fact]
    public async Task It_is_alive_with_all_servers_dead_and_ready_as_ready_servers_says()
    {
        BroadcastSnapshot snapshot = AdminUnderTest.Snapshot(("10.0.0.1:1", BackendState.Up), ("10.0.0.2:1", BackendState.Up), ("10.0.0.3:1", BackendState.Down));
        foreach (var (ready, up, isReady) in new[] { ("0", 0, true), ("1", 0, false), ("1", 1, true), ("2", 1, false), ("2", 2, true), ("3", 2, false), ("majority", 1, false), ("majority", 2, true), ("all", 2, false), ("all", 3, true) })
        {
            snapshot = AdminUnderTest.Snapshot([.. Enumerable.Range(0, 3).Select(i => ($"10.0.0.{i}:1", i < up ? BackendState.Up : BackendState.Down))]);
            BroadcastSnapshot now = snapshot;
            using var admin = new AdminUnderTest(() => now, TimeProvider.System, $"ready_servers={ready}");
            Assert.Equal((200, "ok\n"), ((await admin.AskAsync("/healthz")).Status, (await admin.AskAsync("/livez")).Body));
            var (status, body, _) = await admin.AskAsync("/readyz");
            Assert.Equal(isReady ? (200, "ready\n") : (503, $"servers that are current: {up}; ready_servers: {(ready == "majority" ? "2" : ready == "all" ? "3" : ready)}\n"), (status, body));
        }
    }

    /// <summary>Whoever waited with the first client for a server that is reached for clients alone would wait for ever.</summary>
    [Theory]
    [InlineData("raw", BackendState.Unknown, 200)]
    [InlineData("raw", BackendState.Down, 503)]
    [InlineData("line", BackendState.Unknown, 503)]
    public async Task In_raw_a_server_that_nobody_has_asked_for_yet_counts_as_there(string protocol, BackendState state, int status)
    {
        BroadcastSnapshot snapshot = AdminUnderTest.Snapshot(("10.0.0.1:1", state));
        using var admin = new AdminUnderTest(() => snapshot, TimeProvider.System, "ready_servers=1", $"protocol={protocol}");
        Assert.Equal(status, (await admin.AskAsync("/readyz")).Status);
    }

    [Fact]
    public async Task It_is_not_ready_before_its_first_list_nor_when_it_ends()
    {
        using var admin = new AdminUnderTest();
        admin.IsAccepting = false;
        Assert.Equal((503, "no list of servers is there yet\n"), ((await admin.AskAsync("/readyz")).Status, (await admin.AskAsync("/readyz")).Body));
        Assert.Equal(200, (await admin.AskAsync("/healthz")).Status);
        admin.IsAccepting = true;
        Assert.Equal(200, (await admin.AskAsync("/readyz")).Status);
        admin.IsEnding = true;
        Assert.Equal((503, "it is ending\n"), ((await admin.AskAsync("/readyz")).Status, (await admin.AskAsync("/readyz")).Body));
        Assert.Contains("\"state\":\"draining\",\"ready\":false", (await admin.AskAsync("/status")).Body, StringComparison.Ordinal);
    }

    /// <summary>The look hangs: what is shown is the last sample with its age, and after five seconds it is not alive.</summary>
    [Fact]
    public async Task A_data_plane_that_hangs_is_shown_as_it_was_and_is_not_alive_after_five_seconds()
    {
        using var hang = new ManualResetEventSlim(initialState: true);
        var time = new FakeTimeProvider();
        using var admin = new AdminUnderTest(
            () =>
            {
                hang.Wait();
                return AdminUnderTest.Snapshot();
            },
            time);
        Assert.Equal(200, (await admin.AskAsync("/healthz")).Status);
        hang.Reset();
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(200, (await AskAsync("/healthz")).Status);
        time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(503, (await AskAsync("/healthz")).Status);
        Assert.Equal(503, (await AskAsync("/readyz")).Status);
        var (status, body, _) = await AskAsync("/status");
        Assert.Equal(200, status);
        double age = double.Parse(body.Split("\"sampled_seconds_ago\":")[1].Split(',')[0], CultureInfo.InvariantCulture);
        Assert.True(age >= 7, body);
        hang.Set();
        for (long began = Stopwatch.GetTimestamp(); (await AskAsync("/healthz")).Status != 200;)
            Assert.True(Stopwatch.GetElapsedTime(began) < Deadline.Default);

        // Who asks waits for a fresh sample, by the clock of the test.
        async Task<(int Status, string Body, HttpResponseMessage Response)> AskAsync(string path)
        {
            var asking = admin.AskAsync(path);
            while (!asking.IsCompleted)
            {
                // Not all at once: the wait begins some time after the question.
                await Task.WhenAny(asking, Task.Delay(TimeSpan.FromMilliseconds(50)));
                time.Advance(TimeSpan.FromSeconds(0.1));
            }

            return await asking;
        }
    }

    [Fact]
    public async Task A_storm_of_scrapes_looks_at_the_data_plane_once()
    {
        int looks = 0;
        var time = new FakeTimeProvider();
        using var admin = new AdminUnderTest(
            () =>
            {
                Interlocked.Increment(ref looks);
                return AdminUnderTest.Snapshot();
            },
            time);
        var answers = await Task.WhenAll(Enumerable.Range(0, OpenConnections.Most).Select(i => admin.AskAsync(i % 2 == 0 ? "/metrics" : "/status")));
        Assert.All(answers, answer => Assert.Equal(200, answer.Status));
        Assert.Equal(1, looks);
    }

    [Fact]
    public async Task Whoever_asks_after_an_order_sees_what_came_of_it()
    {
        int looks = 0;
        using var admin = new AdminUnderTest(() => AdminUnderTest.Snapshot() with { Clients = Interlocked.Increment(ref looks) }, new FakeTimeProvider());
        Assert.Contains("dynode_clients 1\n", (await admin.AskAsync("/metrics")).Body, StringComparison.Ordinal);
        Assert.Contains("dynode_clients 1\n", (await admin.AskAsync("/metrics")).Body, StringComparison.Ordinal);
        for (int i = 2; i < 5; i++)
        {
            Assert.Equal(200, (await admin.AskAsync("/reload", HttpMethod.Post, byControl: true)).Status);
            Assert.Contains($"dynode_clients {i}\n", (await admin.AskAsync("/metrics")).Body, StringComparison.Ordinal);
            Assert.Contains($"dynode_clients {i}\n", (await admin.AskAsync("/metrics")).Body, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_probe_is_answered_beside_as_many_connections_as_there_may_be_whether_they_scrape_or_say_nothing()
    {
        using var admin = new AdminUnderTest();
        var crowd = new List<Socket>();
        for (int i = 0; i < 2 * OpenConnections.Most; i++)
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(admin.Address);
            crowd.Add(socket);
            if (i % 2 == 0)
                continue;
            await socket.SendAsync("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray());
            Assert.True(await socket.ReceiveAsync(new byte[4096]) > 0);
        }

        for (int i = 0; i < 3; i++)
            Assert.Equal(200, (await admin.AskAsync("/healthz")).Status);

        // The first of them had to go, one way or the other.
        try
        {
            Assert.Equal(0, await crowd[0].ReceiveAsync(new byte[1]));
        }
        catch (SocketException e)
        {
            Assert.Equal(SocketError.ConnectionReset, e.SocketErrorCode);
        }

        crowd.ForEach(socket => socket.Dispose());
    }

    /// <summary>Sizes of a request's head, at the limit and one beyond.</summary>
    [Theory]
    [InlineData("line", 8_000, 200)]
    [InlineData("line", 8_300, 414)]
    [InlineData("headers", 8_000, 200)]
    [InlineData("headers", 8_300, 431)]
    [InlineData("count", 64, 200)]
    [InlineData("count", 65, 431)]
    [InlineData("body", 65_536, 405)]
    [InlineData("body", 65_537, 413)]
    public async Task What_is_too_long_is_refused_and_what_is_not_is_not(string what, int size, int status)
    {
        using var admin = new AdminUnderTest();
        string head = what switch
        {
            "line" => $"GET /healthz?{new string('x', size)} HTTP/1.1\r\nHost: x\r\n",
            "headers" => $"GET /healthz HTTP/1.1\r\nHost: x\r\nX: {new string('x', size)}\r\n",
            "count" => $"GET /healthz HTTP/1.1\r\nHost: x\r\n{string.Concat(Enumerable.Range(0, size - 1).Select(i => $"X{i}: y\r\n"))}",
            _ => $"POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n",
        };
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(admin.Address);
        await socket.SendAsync(Encoding.ASCII.GetBytes(head + "\r\n" + (what == "body" ? new string('b', size) : "")));
        byte[] answer = new byte[64];
        int count = await socket.ReceiveAsync(answer);
        Assert.StartsWith($"HTTP/1.1 {status} ", Encoding.ASCII.GetString(answer, 0, count), StringComparison.Ordinal);
    }
}
