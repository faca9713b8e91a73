using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Xunit;

namespace Dynode.AotCheck;

/// <summary>Descriptors and the admin side: it waits for them without using the processor, and takes none of the clients'.</summary>
public sealed class AdminDescriptorsTests
{
    private static readonly byte[] Scrape = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray();

    /// <summary>Time is the subject: for so long it is watched.</summary>
    private static readonly TimeSpan Watched = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task Where_there_are_none_who_asks_waits_in_the_kernel_and_is_answered_when_there_are_some()
    {
        using FramedServer server = FramedServer.Redis();
        using RunningDynode dynode = RunningDynode.Start([server.Tcp], ["protocol=redis"]);
        using TestClient present = await dynode.ClientAsync();
        await AnsweredAsync(present);
        using (Socket warm = await AskAsync(dynode.Port))
            Assert.StartsWith("HTTP/1.1 200 ", await AnswerAsync(warm), StringComparison.Ordinal);
        Socket[] asking = [];
        var exhausted = ExhaustedDescriptors.Of(dynode.Process.Id);
        try
        {
            asking = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => AskAsync(dynode.Port)));
            for (long began = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(began) < Watched;)
                await AnsweredAsync(present);
            for (long began = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(began) < Watched;)
                await Task.Delay(TimeSpan.FromSeconds(0.1), TestContext.Current.CancellationToken);
            TimeSpan idle = dynode.Process.CpuTime;
            for (long began = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(began) < Watched;)
                await Task.Delay(TimeSpan.FromSeconds(0.1), TestContext.Current.CancellationToken);
            Assert.InRange((dynode.Process.CpuTime - idle) / Watched, 0, 0.25);

            // What was open for a moment when they were spent may have been one or two.
            Assert.InRange(asking.Count(static socket => socket.Available == 0), 1, asking.Length);
        }
        finally
        {
            exhausted.Dispose();
        }

        foreach (Socket socket in asking)
        {
            Assert.StartsWith("HTTP/1.1 200 ", await AnswerAsync(socket), StringComparison.Ordinal);
            socket.Dispose();
        }

        await AnsweredAsync(present);
    }

    /// <summary>As many clients as it lets in, and as many who ask on and on and never read: neither takes a descriptor from the other.</summary>
    [Fact]
    public async Task Clients_and_whoever_scrapes_do_not_take_each_other_s()
    {
        const int descriptors = 256, scrapers = 100;
        using FramedServer server = FramedServer.Redis();
        using var admin = new PortLease();
        using var limited = new LimitedDynode();
        using ProcessUnderTest dynode = limited.Start($"--nofile={descriptors}", [server.Tcp], "protocol=redis", "max_clients=1000", $"admin=127.0.0.1:{admin.Port}");
        await dynode.LineAsync("accepting clients");
        await dynode.LineAsync("clients at once lowered from 1000 to 123: ");
        List<TestClient> clients = [];
        for (int i = 0; i < 122; i++)
        {
            clients.Add(await TestClient.ConnectAsync(limited.Port));
            await AnsweredAsync(clients[^1]);
        }

        byte[] requests = [.. Enumerable.Repeat(Scrape, 200).SelectMany(static scrape => scrape)];
        List<Socket> crowd = [];
        for (int i = 0; i < scrapers; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(IPAddress.Loopback, admin.Port);
            socket.Blocking = false;
            socket.Send(requests, SocketFlags.None, out _);
            crowd.Add(socket);
        }

        clients.Add(await TestClient.ConnectAsync(limited.Port));
        foreach (TestClient client in clients)
            await AnsweredAsync(client);
        using (TestClient oneTooMany = await TestClient.ConnectAsync(limited.Port))
            Assert.Contains("max number of clients reached", await oneTooMany.ReadLineAsync(), StringComparison.Ordinal);
        Assert.DoesNotContain("no descriptors left", dynode.Output, StringComparison.Ordinal);
        crowd.ForEach(static socket => socket.Dispose());
        clients.ForEach(static client => client.Dispose());
    }

    private static async Task<Socket> AskAsync(int port)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(ControlServer.NameOf(port));
        await socket.SendAsync(Scrape);
        return socket;
    }

    private static async Task<string> AnswerAsync(Socket socket)
    {
        byte[] answer = new byte[64];
        using var deadline = new CancellationTokenSource(Deadline.Default);
        return Encoding.ASCII.GetString(answer, 0, await socket.ReceiveAsync(answer, SocketFlags.None, deadline.Token));
    }

    private static async Task AnsweredAsync(TestClient client)
    {
        await client.SendAsync("SET a 1\r\n");
        Assert.Equal("+OK", await client.ReadLineAsync());
    }
}
