using System.Net;
using System.Net.Sockets;
using Dynode.Broadcast.Plane;
using Xunit;

namespace Dynode.Scenarios.Raw;

/// <summary>
/// Bytes allocated per relayed read in steady state: 0. Servers and client are threads on blocking sockets in buffers of their
/// own, so that in this process nobody but the broadcaster could allocate.
/// </summary>
[Collection(Alone.Name)]
public sealed class AllocationTests
{
    private const int Reads = 5_000;
    private const int WarmUpReads = 2_000;
    private const int WindowsMax = 30;

    /// <summary>What timers of the data plane, the test runner and the runtime's tiering allocate beside it in a few seconds; far below one object for each read.</summary>
    private const double BytesPerReadMax = 0.5;

    [Theory]
    [InlineData(RawReply.All, 3)]
    [InlineData(RawReply.Primary, 3)]
    [InlineData(RawReply.None, 3)]
    [InlineData(RawReply.All, 1)]
    public void A_request_and_its_replies_allocate_nothing(RawReply reply, int servers)
    {
        using var echoes = new BlockingServers(servers, BlockingServers.Echo);
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings { Reply = reply }, echoes.Addresses);
        using var client = Connect(broadcaster.Port);
        Func<string> dump = broadcaster.Dump;
        byte[] request = new byte[40];
        byte[] replies = new byte[request.Length];
        int answers = reply switch { RawReply.All => servers, RawReply.Primary => 1, _ => 0 };

        Assert.InRange(PerRead(() =>
        {
            client.Send(request);
            for (int i = 0; i < answers; i++)
                ReceiveAll(client, replies);
            if (answers == 0)
                echoes.AwaitMore(request.Length, dump);
        }), 0, BytesPerReadMax);
    }

    [Theory]
    [InlineData(RawReply.All)]
    [InlineData(RawReply.None)]
    public void Bulk_that_fills_backlogs_and_buffers_allocates_nothing(RawReply reply)
    {
        const int PieceBytes = 1 << 20;
        using var echoes = new BlockingServers(3, BlockingServers.Echo);
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings { Reply = reply }, echoes.Addresses);
        using var client = Connect(broadcaster.Port);
        Func<string> dump = broadcaster.Dump;
        byte[] piece = new byte[PieceBytes];
        byte[] replies = new byte[3 * PieceBytes];
        var sender = new Sender(client, piece);

        // Of one piece, the broadcaster reads at most a page at once: so many reads at the least.
        const int ReadsPerPiece = PieceBytes / (64 << 10);
        double perPiece = PerRead(() =>
        {
            sender.Begin();
            if (reply == RawReply.All)
                ReceiveAll(client, replies);
            else
                echoes.AwaitMore(PieceBytes, dump);
            sender.AwaitSent();
        }, Reads / 50);
        sender.Dispose();
        Assert.InRange(perPiece / ReadsPerPiece, 0, BytesPerReadMax);
    }

    private static double PerRead(Action read, int reads = Reads)
    {
        for (int i = 0; i < Math.Max(WarmUpReads * reads / Reads, 50); i++)
            read();

        // What each read allocates shows in every window; a slab more, or a thread of the pool, in one.
        double least = double.MaxValue;
        for (int window = 0; window < WindowsMax && least > BytesPerReadMax; window++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            for (int i = 0; i < reads; i++)
                read();
            least = Math.Min(least, (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)reads);
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

    /// <summary>Sends the same piece whenever it is told, on a thread of its own: the client's own thread has replies to read.</summary>
    private sealed class Sender : IDisposable
    {
        private readonly SemaphoreSlim _begin = new(0);
        private readonly SemaphoreSlim _sent = new(0);
        private readonly Thread _thread;
        private volatile bool _ended;

        public Sender(Socket socket, byte[] piece)
        {
            _thread = new Thread(() =>
            {
                while (true)
                {
                    _begin.Wait();
                    if (_ended)
                        return;
                    socket.Send(piece);
                    _sent.Release();
                }
            });
            _thread.Start();
        }

        public void Begin() => _begin.Release();

        public void AwaitSent() => _sent.Wait();

        public void Dispose()
        {
            _ended = true;
            _begin.Release();
            _thread.Join();
            _begin.Dispose();
            _sent.Dispose();
        }
    }
}
