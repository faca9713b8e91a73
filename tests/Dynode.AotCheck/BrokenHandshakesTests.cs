using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Xunit;

namespace Dynode.AotCheck;

/// <summary>Handshakes that break off, of each kind and many: nothing of them stays.</summary>
public sealed class BrokenHandshakesTests(ITestOutputHelper output) : IDisposable
{
    private const int Counted = 2_000;
    private const double MiB = 1 << 20;

    /// <summary>What an allocator does between two readings of the same state; a handshake's own state, kept 2,000 times, would be over 20 MiB.</summary>
    private const double LeftMiBMax = 3;

    private readonly TemporaryFolder _folder = new();
    private readonly TestAuthority _authority = new(), _stranger = new("a stranger");
    private readonly PortLease _port = new();

    [Fact]
    public async Task Nothing_of_two_thousand_stays()
    {
        IssuedPair pair = _authority.Issue("localhost");
        using FramedServer server = FramedServer.Redis();
        using RunningDynode dynode = RunningDynode.Start(
            [server.Tcp], ["protocol=redis", $"tls_port={_port.Port}", $"tls_certificate={_folder.Write("dynode.pem", pair.Certificate)}", $"tls_key={_folder.Write("dynode.key", pair.Key)}"]);
        await dynode.Process.LineAsync($"listening on 127.0.0.1:{_port.Port}");
        byte[] hello = await HelloAsync();

        // What is made once, at the first ones.
        await BreakAsync(Counted / 2, hello);
        await WorksAsync();
        LeakCheck leaks = LeakCheck.OfProcess(dynode.Process.Id);
        double before = dynode.Process.ResidentBytes / MiB;
        await BreakAsync(Counted, hello);
        await leaks.NothingLeftAsync();
        double after = 0;
        await Eventually.True(() => (after = dynode.Process.ResidentBytes / MiB) <= before + LeftMiBMax, () => $"{after:F2} MiB resident, {before:F2} before");
        await WorksAsync();
        output.WriteLine($"{Counted} broken handshakes: {before:F2} MiB resident before, {after:F2} behind them; no descriptor left");
    }

    public void Dispose()
    {
        _folder.Dispose();
        _authority.Dispose();
        _stranger.Dispose();
        _port.Dispose();
    }

    private async Task WorksAsync()
    {
        using TlsClient client = await TlsClient.ConnectAsync(_port.Port, _authority, new());
        await client.SendAsync("PING\r\n");
        Assert.Equal("+PONG\r\n", await client.ReadTextAsync("+PONG\r\n".Length));
    }

    private async Task BreakAsync(int count, byte[] hello)
    {
        for (int i = 0; i < count; i++)
        {
            if (i % 5 == 4)
            {
                // It breaks off where it has seen whose certificate it is shown.
                await Assert.ThrowsAnyAsync<Exception>(async () =>
                {
                    using TlsClient refusing = await TlsClient.ConnectAsync(_port.Port, _stranger, new());
                });
                continue;
            }

            using TestClient client = await TestClient.ConnectAsync(_port.Port);
            switch (i % 5)
            {
                case 0: break;
                case 1: await client.SendAsync("GET / HTTP/1.1\r\n\r\n"); break;
                case 2: await client.SendAsync(hello.AsMemory(0, 1 + (i % (hello.Length - 1)))); break;

                // All that it says first, and one byte of the answer: then it is gone.
                default:
                    await client.SendAsync(hello);
                    await client.ReadAsync(1);
                    break;
            }
        }
    }

    /// <summary>What a client says first.</summary>
    private static async Task<byte[]> HelloAsync()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
        using TcpClient accepted = await listener.AcceptTcpClientAsync();
        await using var ssl = new SslStream(client.GetStream());
        Task saying = ssl.AuthenticateAsClientAsync("localhost");

        // A record: its kind and version, and how long it is.
        byte[] head = new byte[5];
        await accepted.GetStream().ReadExactlyAsync(head);
        byte[] rest = new byte[(head[3] << 8) | head[4]];
        await accepted.GetStream().ReadExactlyAsync(rest);
        accepted.Close();
        await Assert.ThrowsAnyAsync<Exception>(() => saying);
        return [.. head, .. rest];
    }
}
