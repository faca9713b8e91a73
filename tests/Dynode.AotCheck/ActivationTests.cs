using System.Net;
using System.Net.Sockets;
using Dynode.TestKit;
using Xunit;

namespace Dynode.AotCheck;

/// <summary>Sockets of a service manager (LISTEN_FDS): clients wait in them while one process ends and the next one starts.</summary>
public sealed class ActivationTests
{
    private const string Taken = "listening on what the service manager has opened: ";

    [Fact]
    public async Task Clients_that_came_before_the_start_are_served()
    {
        using ScriptedServer server = ScriptedServer.Start(new() { Echo = true });
        Socket socket = ActivatedDynode.Listening(IPAddress.Loopback);
        int port = ActivatedDynode.PortOf(socket);
        using var dynode = new ActivatedDynode([socket], $"port={port}", $"servers={server.Address}");
        using TestClient one = await TestClient.ConnectAsync(port), two = await TestClient.ConnectAsync(port);
        await one.SendAsync("first");
        await two.SendAsync("other");
        dynode.Start();
        Assert.Equal(("first", "other"), (await one.ReadTextAsync(5), await two.ReadTextAsync(5)));
        Assert.EndsWith($"{Taken}127.0.0.1:{port}", await dynode.Process.LineAsync(Taken), StringComparison.Ordinal);
        using ProcessUnderTest health = ProcessUnderTest.Start(Binary.Path, ["health", "--ready", "-c", dynode.ConfigurationPath]);
        Assert.Equal(0, await health.ExitAsync());
        Assert.Equal(0, await dynode.StopAsync());
    }

    [Theory]
    [InlineData("protocol=raw")]
    [InlineData("protocol=line", "line_replies=1", "reply=primary")]
    public async Task No_restart_refuses_or_resets_a_client(params string[] lines)
    {
        const int Restarts = 5, Callers = 4;
        using ScriptedServer server = ScriptedServer.Start(new() { Echo = true });
        Socket socket = ActivatedDynode.Listening(IPAddress.Loopback);
        int port = ActivatedDynode.PortOf(socket);
        using var dynode = new ActivatedDynode([socket], [$"port={port}", $"servers={server.Address}", .. lines]);
        dynode.Start();
        var answered = new int[Callers];
        var faults = new List<string>();
        using var enough = new CancellationTokenSource();
        Task[] calling = [.. Enumerable.Range(0, Callers).Select(caller => Task.Run(() => CallAsync(port, faults, () => answered[caller]++, enough.Token)))];
        for (int i = 0; i < Restarts; i++)
        {
            int[] before = [.. answered];
            await Eventually.True(() => Enumerable.Range(0, Callers).All(caller => answered[caller] > before[caller]), dynode.Process.Dump);

            // Of the second run and later ones: who is let in by one that goes on with the socket has its options.
            using TestClient stays = await TestClient.ConnectAsync(port);
            await stays.SendAsync("stay\n");
            Assert.Equal("stay\n", await stays.ReadTextAsync(5));
            Assert.Equal(0, await dynode.StopAsync());
            Assert.False((await stays.ReadToEndAsync()).WasReset);
            dynode.Start();
        }

        int[] last = [.. answered];
        await Eventually.True(() => Enumerable.Range(0, Callers).All(caller => answered[caller] > last[caller]), dynode.Process.Dump);
        await enough.CancelAsync();
        await Task.WhenAll(calling);
        Assert.Empty(faults);
    }

    [Fact]
    public async Task One_that_was_killed_leaves_the_socket_to_the_next()
    {
        using ScriptedServer server = ScriptedServer.Start(new() { Echo = true });
        Socket socket = ActivatedDynode.Listening(IPAddress.Loopback);
        int port = ActivatedDynode.PortOf(socket);
        using var dynode = new ActivatedDynode([socket], $"port={port}", $"servers={server.Address}");
        dynode.Start();
        await dynode.Process.LineAsync("accepting clients");
        await dynode.Process.KillAsync();
        using TestClient client = await TestClient.ConnectAsync(port);
        await client.SendAsync("waits");
        dynode.Start();
        Assert.Equal("waits", await client.ReadTextAsync(5));
    }

    [Fact]
    public async Task Both_families_sockets_are_served()
    {
        using ScriptedServer server = ScriptedServer.Start(new() { Echo = true });
        Socket[] sockets = BothFamilies();
        int port = ActivatedDynode.PortOf(sockets[0]);
        using var dynode = new ActivatedDynode(sockets, $"port={port}", $"servers={server.Address}");
        dynode.Start();
        foreach (IPAddress address in (IPAddress[])[IPAddress.Loopback, IPAddress.IPv6Loopback])
        {
            using TestClient client = await TestClient.ConnectAsync(new IPEndPoint(address, port));
            await client.SendAsync("hello");
            Assert.Equal("hello", await client.ReadTextAsync(5));
        }

        Assert.EndsWith($"{Taken}127.0.0.1:{port}, [::1]:{port}", await dynode.Process.LineAsync(Taken), StringComparison.Ordinal);
        Assert.Equal(0, await dynode.StopAsync());
    }

    [Fact]
    public async Task A_socket_of_another_port_is_a_fault()
    {
        using var lease = new PortLease();
        Socket socket = ActivatedDynode.Listening(IPAddress.Loopback);
        await IsRefusedAsync(socket, lease.Port, $"listens on port {ActivatedDynode.PortOf(socket)}, and port={lease.Port}");
    }

    /// <summary>Where a service manager holds sockets nothing else is listened on: clients of the other port would be refused in silence.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task One_port_without_a_socket_is_a_fault_where_another_has_one(bool hasTls)
    {
        using var lease = new PortLease();
        using var folder = new TemporaryFolder();
        using var authority = new TestAuthority();
        using ScriptedServer server = ScriptedServer.Start();
        var pair = authority.Issue("localhost");
        string file = folder.Write("both.pem", $"{pair.Certificate}\n{pair.Key}");
        Socket socket = ActivatedDynode.Listening(IPAddress.Loopback);
        int there = ActivatedDynode.PortOf(socket);
        using var dynode = new ActivatedDynode(
            [socket], "host=127.0.0.1", $"port={(hasTls ? lease.Port : there)}", $"tls_port={(hasTls ? there : lease.Port)}", $"tls_certificate={file}", $"servers={server.Address}");
        dynode.Start();
        Assert.Equal(78, await dynode.Process.ExitAsync());
        Assert.Contains($"is that of {(hasTls ? "port" : "tls_port")}={lease.Port}: add its ListenStream= to dynode.socket", dynode.Process.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_socket_that_does_not_listen_is_a_fault()
    {
        Socket socket = ActivatedDynode.Bound(IPAddress.Loopback);
        await IsRefusedAsync(socket, ActivatedDynode.PortOf(socket), "is no TCP socket that listens");
    }

    [Fact]
    public async Task A_datagram_socket_is_a_fault()
    {
        Socket socket = ActivatedDynode.Bound(IPAddress.Loopback, type: SocketType.Dgram);
        await IsRefusedAsync(socket, ActivatedDynode.PortOf(socket), "is no TCP socket that listens");
    }

    [Fact]
    public async Task A_unix_socket_is_a_fault()
    {
        using var folder = new TemporaryFolder();
        using var lease = new PortLease();
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(Path.Combine(folder.Path, "socket")));
        socket.Listen();
        await IsRefusedAsync(socket, lease.Port, "is no TCP socket that listens");
    }

    [Theory]
    [InlineData("2", "descriptor 4, which the service manager hands over (LISTEN_FDS), is no")]
    [InlineData("64", "descriptor 4, which the service manager hands over (LISTEN_FDS), is no")]
    [InlineData("65", "LISTEN_FDS=65 is no number of sockets from 0 to 64")]
    [InlineData("abc", "LISTEN_FDS=abc is no number of sockets from 0 to 64")]
    [InlineData("-1", "LISTEN_FDS=-1 is no number of sockets from 0 to 64")]
    // What was not open is not, or is the runtime's own by then: "is not open", "is no socket".
    public async Task A_number_that_is_none_of_these_sockets_is_a_fault(string number, string sentence)
    {
        Socket socket = ActivatedDynode.Listening(IPAddress.Loopback);
        await IsRefusedAsync(socket, ActivatedDynode.PortOf(socket), sentence, ("FDS", number));
    }

    [Theory]
    [InlineData("PID", "1")]
    [InlineData("PID", "me")]
    [InlineData("FDS", "0")]
    [InlineData("FDS", "")]
    public async Task Sockets_that_are_another_processs_are_left_alone(string variable, string value)
    {
        using ScriptedServer server = ScriptedServer.Start();
        using var lease = new PortLease();
        using var dynode = new ActivatedDynode([ActivatedDynode.Listening(IPAddress.Loopback)], "host=127.0.0.1", $"port={lease.Port}", $"servers={server.Address}");
        dynode.Start((variable, value));
        await dynode.Process.LineAsync("accepting clients");
        Assert.DoesNotContain(Taken, dynode.Process.Output, StringComparison.Ordinal);
        using TestClient client = await TestClient.ConnectAsync(lease.Port);
        await client.SendAsync("hello");
        await server.ReceivedTextAsync("hello");
    }

    private static async Task IsRefusedAsync(Socket socket, int port, string sentence, params (string Name, string Value)[] variables)
    {
        using ScriptedServer server = ScriptedServer.Down();
        using var dynode = new ActivatedDynode([socket], "host=127.0.0.1", $"port={port}", $"servers={server.Address}");
        dynode.Start(variables);
        Assert.Equal(78, await dynode.Process.ExitAsync());
        Assert.Contains(sentence, dynode.Process.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("accepting clients", dynode.Process.Output, StringComparison.Ordinal);
    }

    /// <summary>One client after another, until it is enough. Whose process ends gets a FIN in the place of an answer, and no more than that.</summary>
    private static async Task CallAsync(int port, List<string> faults, Action answered, CancellationToken enough)
    {
        while (!enough.IsCancellationRequested)
        {
            try
            {
                using TestClient client = await TestClient.ConnectAsync(port);
                await client.SendAsync("call\n");
                client.ShutdownSend();
                ReadToEnd read = await client.ReadToEndAsync();
                if (read.Text == "call\n" && !read.WasReset)
                    answered();
                else if (read.Text.Length > 0 || read.WasReset)
                    throw new ExpectationException($"'{read.Text}', {(read.WasReset ? "and a reset" : "and no more")}");
            }
            catch (Exception e) when (e is SocketException or ExpectationException)
            {
                lock (faults)
                    faults.Add(e.Message);
            }
        }
    }

    private static Socket[] BothFamilies()
    {
        // The system gives one that is free for IPv4, and it may be taken for IPv6.
        for (int i = 0; ; i++)
        {
            Socket four = ActivatedDynode.Listening(IPAddress.Loopback);
            try
            {
                return [four, ActivatedDynode.Listening(IPAddress.IPv6Loopback, ActivatedDynode.PortOf(four))];
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse && i < 20)
            {
                four.Dispose();
            }
        }
    }
}
