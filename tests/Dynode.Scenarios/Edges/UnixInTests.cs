using System.Net.Sockets;
using Dynode.Broadcast.Listening;
using Dynode.Broadcast.Plane;
using Dynode.Scenarios.Coming;
using Dynode.Scenarios.Framed;
using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Dynode.Scenarios.Edges;

/// <summary>Clients that come by a unix socket, besides those that come by the port.</summary>
public sealed class UnixInTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string SocketPath => Path.Combine(_folder.Path, "clients.sock");

    [Theory]
    [InlineData(Protocol.Raw)]
    [InlineData(Protocol.Redis)]
    public async Task They_are_served_beside_others_and_what_is_said_of_addresses_is_not_for_them(Protocol protocol)
    {
        using (var comers = await StartAsync(protocol, new BroadcastSettings
        {
            ClientsAllow = Comers.Networks("127.0.0.1"),
            ClientsDeny = Comers.Networks("127.0.0.2"),
            ClientsPerAddressMax = 1,
            ProxyVersions = ProxyVersions.Any,
            ProxyFrom = Comers.Networks("0.0.0.0/0"),
        }))
        {
            List<TestClient> clients = [];
            for (int i = 0; i < 3; i++)
            {
                clients.Add(TestClient.ConnectUnix(SocketPath));
                await Comers.IsServedAsync(clients[i]);
            }

            Assert.Equal(["unix", "unix", "unix"], comers.Broadcaster.Door.Clients().Select(static client => client.Address!.ToString()));
            using (var other = await comers.ConnectAsync())
            {
                await other.SendAsync(Headers.Local(1));
                await Comers.IsServedAsync(other);
            }

            Assert.Equal(default, comers.Door);
            Assert.Contains(comers.Broadcaster.Log.Of(1001), line => line == $"listening on unix:{SocketPath}");
            clients[0].Dispose();
            clients[1].Reset();
            clients[2].ShutdownSend();
            Assert.Equal("", (await clients[2].ReadToEndAsync()).Text);
            clients[2].Dispose();
            await comers.ClientsAsync(0);
        }

        Assert.False(File.Exists(SocketPath));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Theory]
    [InlineData(UnixFileMode.UserRead | UnixFileMode.UserWrite)]
    [InlineData(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite)]
    public async Task The_file_has_its_mode(UnixFileMode mode)
    {
        using var comers = await StartAsync(Protocol.Raw, new BroadcastSettings { ListenUnixMode = mode });
        if (!OperatingSystem.IsWindows())
            Assert.Equal(mode, File.GetUnixFileMode(SocketPath));
    }

    [Fact]
    public async Task One_that_a_dead_one_has_left_is_replaced()
    {
        Listening(SocketPath).Dispose();
        Assert.True(File.Exists(SocketPath));
        File.WriteAllText(SocketPath + ".new", "of one that died sooner");
        using var comers = await StartAsync(Protocol.Redis, new BroadcastSettings());
        using var client = TestClient.ConnectUnix(SocketPath);
        await Comers.IsServedAsync(client);
    }

    [Fact]
    public async Task One_that_answers_is_anothers_and_stays()
    {
        using var live = Listening(SocketPath);
        var fault = await Assert.ThrowsAsync<ListenException>(() => StartAsync(Protocol.Redis, new BroadcastSettings()));
        Assert.Equal($"cannot listen on unix:{SocketPath}: another process listens there", fault.Message);
        TestClient.ConnectUnix(SocketPath).Dispose();
    }

    [Fact]
    public async Task What_is_no_socket_stays()
    {
        File.WriteAllText(SocketPath, "mine");
        var fault = await Assert.ThrowsAsync<ListenException>(() => StartAsync(Protocol.Redis, new BroadcastSettings()));
        Assert.Equal($"cannot listen on unix:{SocketPath}: what is there is no socket, or not this user's", fault.Message);
        Assert.Equal("mine", File.ReadAllText(SocketPath));
    }

    [Fact]
    public async Task A_folder_that_is_not_there_is_named()
    {
        string path = Path.Combine(_folder.Path, "none", "clients.sock");
        var fault = await Assert.ThrowsAsync<ListenException>(() => Comers.StartAsync(Protocol.Redis, new BroadcastSettings { ListenUnix = path }));
        Assert.StartsWith($"cannot listen on unix:{path}: ", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task At_the_end_what_another_has_put_there_stays()
    {
        using (var comers = await StartAsync(Protocol.Redis, new BroadcastSettings()))
        {
            File.Delete(SocketPath);
            Listening(SocketPath).Dispose();
        }

        Assert.True(File.Exists(SocketPath));
    }

    /// <summary>More than any buffer on the way has room for.</summary>
    [Fact]
    public async Task Much_comes_whole_in_both_directions()
    {
        const int Bytes = 8 << 20;
        using var server = ScriptedServer.Start(new ServerScript { Echo = true });
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings { ListenUnix = SocketPath }, server);
        using var client = TestClient.ConnectUnix(SocketPath);
        byte[] sent = new byte[Bytes];
        new Random(27).NextBytes(sent);
        Task sending = client.SendAsync(sent);
        Assert.Equal(sent, await client.ReadAsync(Bytes));
        await sending;
        client.ShutdownSend();
        Assert.Empty((await client.ReadToEndAsync()).Bytes);
        await broadcaster.NobodyLeftAsync();
    }

    /// <summary>What a client reads is seen by what the kernel has of it, though there is no room for more yet.</summary>
    [Fact]
    public async Task One_that_reads_slowly_is_not_one_that_refuses()
    {
        const int Bytes = 4 << 20;

        // The kernel holds what was written in pieces of up to 36 KiB, and has less of it when one of them was read whole.
        const int OnePiece = 40 << 10;
        var time = new FakeTimeProvider();
        using var server = ScriptedServer.Start(new ServerScript { Greeting = new byte[Bytes] });
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings { ListenUnix = SocketPath, ReplyTimeout = TimeSpan.Zero, IdleTimeout = TimeSpan.Zero }, time, server);
        using var client = TestClient.ConnectUnix(SocketPath);
        await client.SendAsync("x");
        long relayed = 0;
        int read = 0;
        for (int i = 0; i < 3; i++)
        {
            await Eventually.True(() => broadcaster.Snapshot.RelayedBytes == relayed || (relayed = broadcaster.Snapshot.RelayedBytes) < 0, broadcaster.Dump);

            // More than the test has already had of the kernel.
            read += (await client.ReadAsync((int)client.ReceivedBytes - read + OnePiece)).Length;
            time.Advance(TimeSpan.FromSeconds(60));
            Assert.Equal(1, broadcaster.Snapshot.Clients);
        }

        Assert.Equal(Bytes - read, (await client.ReadAsync(Bytes - read)).Length);
        Assert.Equal(1, broadcaster.Snapshot.Clients);
    }

    [Fact]
    public async Task Whoever_goes_on_has_the_socket_and_nobody_is_refused()
    {
        using var server = FramedServer.Redis();
        var settings = Asking.Redis with { ListenUnix = SocketPath };
        using var old = BroadcasterUnderTest.Start(settings, [server.Address]);
        await old.CurrentAsync(server);
        using var before = TestClient.ConnectUnix(SocketPath);
        Assert.Equal("+OK", await before.AskAsync("SET a 1"));
        var listeners = old.Door.DuplicateListeners(inThisProcess: true);
        var handed = await old.Door.HandOverAsync(settings.DrainTimeout, static _ => { });
        old.Door.LeaveListeners();
        await old.DrainAsync();
        Assert.False((await before.ReadToEndAsync()).WasReset);

        // Nobody lets clients in at this moment.
        using var waiting = TestClient.ConnectUnix(SocketPath);
        await waiting.SendAsync("SET b 2\r\n");
        using (var next = BroadcasterUnderTest.GoOn(settings, handed, listeners, [server.Address]))
        {
            Assert.Equal("+OK", await waiting.ReadLineAsync());
            using var last = TestClient.ConnectUnix(SocketPath);
            Assert.Equal("+OK", await last.AskAsync("SET c 3"));
            Assert.Equal(["SET a 1", "SET b 2", "SET c 3"], server.Texts);
        }

        Assert.False(File.Exists(SocketPath));
    }

    public void Dispose() => _folder.Dispose();

    private Task<Comers> StartAsync(Protocol protocol, BroadcastSettings settings) => Comers.StartAsync(protocol, settings with { ListenUnix = SocketPath });

    /// <summary>The framework removes the file by the name that the socket was bound by; so does no process that is killed.</summary>
    private static Socket Listening(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path + ".other"));
        socket.Listen(4);
        File.Move(path + ".other", path, overwrite: true);
        return socket;
    }
}
