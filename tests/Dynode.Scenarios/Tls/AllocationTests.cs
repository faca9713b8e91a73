using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Dynode.Broadcast.Plane;
using Dynode.Scenarios.Framed.Limits;
using Xunit;
using Reply = Dynode.Broadcast.Plane.FramedReply;

namespace Dynode.Scenarios.Tls;

/// <summary>
/// Bytes allocated for a request by TLS and its reply, once all is warm: 0, those of the client's own TLS included, which is in this process too. The
/// server is a thread on a blocking socket in buffers of its own.
/// </summary>
[Collection(Alone.Name)]
public sealed class AllocationTests
{
    private const int WarmUpRequests = 3_000;

    /// <summary>Few: what timers allocate meanwhile falls into other windows.</summary>
    private const int Requests = 500;

    private const int WindowsMax = 200;

    /// <summary>
    /// What timers of the data plane, the test runner and the runtime's tiering allocate beside it, and where a turn runs on another thread than the one before, for that thread: far below one object for each
    /// request, of which none is smaller than 24 bytes.
    /// </summary>
    private const double BytesPerRequestMax = 4;

    [Theory]
    [InlineData(Protocol.Raw, SslProtocols.Tls12, 40)]
    [InlineData(Protocol.Raw, SslProtocols.Tls13, 40)]
    [InlineData(Protocol.Raw, SslProtocols.Tls13, 40_000)]
    [InlineData(Protocol.Redis, SslProtocols.Tls12, 0)]
    [InlineData(Protocol.Redis, SslProtocols.Tls13, 0)]
    public void A_request_and_its_reply_allocate_nothing(Protocol protocol, SslProtocols version, int bytes)
    {
        bool isFramed = protocol == Protocol.Redis;
        using var servers = new BlockingServers(1, isFramed ? BlockingServers.Redis : BlockingServers.Echo);
        var settings = isFramed
            ? AtRest.Settings(64 << 20, 1 << 20) with { FramedReply = Reply.Primary, IdleTimeout = TimeSpan.Zero }
            : new BroadcastSettings { IdleTimeout = TimeSpan.Zero };
        using var tls = new TlsUnderTest(settings, servers.Addresses);
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(IPAddress.Loopback, tls.Port);
        using var client = new SslStream(new NetworkStream(socket));
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(tls.Authority.Root);
        client.AuthenticateAsClient(new SslClientAuthenticationOptions { TargetHost = "localhost", EnabledSslProtocols = version, CertificateChainPolicy = policy });
        byte[] request = isFramed ? Resp.Request("GET", "k") : new byte[bytes];
        byte[] reply = new byte[isFramed ? "+OK\r\n".Length : bytes];
        Assert.InRange(PerRequest(() =>
        {
            client.Write(request);
            for (int got = 0; got < reply.Length;)
                got += client.Read(reply, got, reply.Length - got);
        }), 0, BytesPerRequestMax);
    }

    private static double PerRequest(Action ask)
    {
        for (int i = 0; i < WarmUpRequests; i++)
            ask();

        // What each request allocates shows in every window; a slab more, or a thread of the pool, in one.
        double least = double.MaxValue;
        for (int window = 0; window < WindowsMax && least > BytesPerRequestMax; window++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            for (int i = 0; i < Requests; i++)
                ask();
            least = Math.Min(least, (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)Requests);
        }

        return least;
    }
}
