using System.Net;
using System.Net.Sockets;
using Dynode.Broadcast.Plane;
using Xunit;

namespace Dynode.Scenarios.Framed.Limits;

/// <summary>
/// Bytes allocated for a request of one of a thousand clients, once all are warm: 0. Servers and clients are threads on blocking sockets
/// in buffers of their own, so that in this process nobody but the broadcaster could allocate.
/// </summary>
[Collection(Alone.Name)]
public sealed class AllocationTests(ITestOutputHelper output)
{
    private const int Clients = 1_000;
    private const int Servers = 3;
    private const int WindowsMax = 30;

    /// <summary>What timers of the data plane, the test runner and the runtime's tiering allocate beside it in a few seconds; far below one object for each request.</summary>
    private const double BytesPerRequestMax = 0.5;

    [Theory]
    [InlineData(FramedReply.Primary, 1)]
    [InlineData(FramedReply.Primary, 16)]
    [InlineData(FramedReply.Fastest, 1)]
    [InlineData(FramedReply.Every, 1)]
    [InlineData(FramedReply.Every, 16)]
    [InlineData(FramedReply.Majority, 16)]
    [InlineData(FramedReply.All, 16)]
    [InlineData(FramedReply.None, 16)]
    [InlineData(FramedReply.Primary, 16, 1_000_000)]
    public void A_request_of_one_of_a_thousand_clients_allocates_nothing(FramedReply reply, int inFlight, int requestRate = 0)
    {
        using var servers = new BlockingServers(Servers, BlockingServers.Redis);
        using var broadcaster = BroadcasterUnderTest.Start(
            AtRest.Settings(256 << 20, 1 << 20) with { FramedReply = reply, RequestRate = requestRate, IdleTimeout = TimeSpan.Zero, AcceptBacklog = Clients }, servers.Addresses);
        Socket[] clients = [.. Enumerable.Range(0, Clients).Select(_ => Connect(broadcaster.Port))];

        // All that is in flight of a client fits into a small page: a large one for each would be slabs that come and go with the load.
        byte[] requests = Resp.Request("GET", "k").Times(inFlight);
        int answers = reply switch { FramedReply.None => 0, FramedReply.All => Servers, _ => 1 };
        Func<string> dump = broadcaster.Dump;
        byte[] answer = new byte["+OK\r\n".Length * answers * inFlight];
        void Round()
        {
            foreach (var client in clients)
                client.Send(requests);
            if (answers == 0)
                servers.AwaitMore(requests.Length * Clients, dump);
            else
                Array.ForEach(clients, client => ReceiveAll(client, answer));
        }

        double each = PerRound(Round, 40 / Math.Min(4, inFlight), BytesPerRequestMax * Clients * inFlight) / (Clients * inFlight);
        output.WriteLine($"{reply}, {inFlight} in flight, request_rate={requestRate}: {each} bytes allocated for each request");
        Assert.InRange(each, 0, BytesPerRequestMax);
        Array.ForEach(clients, client => client.Dispose());
    }

    /// <summary>Bytes; looked at no more where they are few enough.</summary>
    private static double PerRound(Action round, int rounds, double enough)
    {
        for (int i = 0; i < rounds; i++)
            round();

        // What each request allocates shows in every window; a slab more, or a thread of the pool, in one.
        double least = double.MaxValue;
        for (int window = 0; window < WindowsMax && least > enough; window++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            for (int i = 0; i < rounds; i++)
                round();
            least = Math.Min(least, (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)rounds);
        }

        return least;
    }

    private static Socket Connect(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(IPAddress.Loopback, port);
        return socket;
    }

    private static void ReceiveAll(Socket socket, byte[] buffer)
    {
        for (int got = 0; got < buffer.Length;)
        {
            int count = socket.Receive(buffer, got, buffer.Length - got, SocketFlags.None, out var error);
            if (count == 0 || error != SocketError.Success)
                throw new InvalidOperationException($"the broadcaster ended the connection: {error}");
            got += count;
        }
    }
}
