using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Xunit;

namespace Dynode.AotCheck;

/// <summary>What a client of a framed protocol costs that sends nothing: its end is here, the broadcaster's in its own process.</summary>
public sealed class ManyFramedClientsTests(ITestOutputHelper output)
{
    private const int ClientsMax = 10_000;

    /// <summary>Fewer would measure the noise of the process and not the clients.</summary>
    private const int ClientsLeast = 1_000;

    private const long BytesPerClientMax = 2 << 10;

    /// <summary>Who connects and asks at the same moment.</summary>
    private const int Batch = 100;

    /// <summary>What a process has open beside its clients.</summary>
    private const int DescriptorsBeside = 500;

    [Fact]
    public async Task An_idle_client_that_has_sent_a_request_keeps_at_most_2_KiB_resident()
    {
        int clients = Math.Min(ClientsMax, Descriptors.Max() - DescriptorsBeside);
        Assert.True(clients >= ClientsLeast, $"{clients} clients are too few to measure");
        using FramedServer one = FramedServer.Redis();
        using FramedServer two = FramedServer.Redis();
        using FramedServer three = FramedServer.Redis();
        string servers = string.Join(',', one.Address, two.Address, three.Address);
        using RunningDynode dynode = RunningDynode.Start([], ["protocol=redis", $"servers={servers}", "read_idle_timeout=0", "backlog_size=1024"]);

        // What the first fifth makes is made once, of threads, code and tables: it is the process's, and the others' is theirs.
        using (TestClient first = await dynode.ClientAsync())
        {
            await first.SendAsync("GET warm\r\n");
            Assert.Equal("+OK", await first.ReadLineAsync());
        }

        long idle = dynode.Process.ResidentBytes;
        List<Socket> all = [];
        try
        {
            Connect(dynode.Port, clients / 5, all);
            long before = dynode.Process.ResidentBytes;
            Connect(dynode.Port, clients - all.Count, all);

            // What their coming has left in the heap is given back once they are quiet; that is what an idle client keeps.
            long after = dynode.Process.ResidentBytes;
            await Eventually.True(() => (after = Math.Min(after, dynode.Process.ResidentBytes)) - before <= BytesPerClientMax * (clients - (clients / 5L)), () => $"{after >> 10} KiB resident");
            long each = (after - before) / (clients - (clients / 5));
            string line = string.Create(
                CultureInfo.InvariantCulture,
                $"figure: resident for each of {clients} idle clients of protocol=redis: {each} bytes ({idle >> 10} KiB with none, {before >> 10} with {clients / 5}, {after >> 10} with all)");
            output.WriteLine(line);
            Console.Out.WriteLine(line);
            Assert.InRange(each, 0, BytesPerClientMax);
        }
        finally
        {
            all.ForEach(client => client.Dispose());
        }
    }

    /// <summary>Connects so many, and has each send one request and read its answer.</summary>
    private static void Connect(int port, int count, List<Socket> all)
    {
        byte[] request = "*2\r\n$3\r\nGET\r\n$5\r\nkey:1\r\n"u8.ToArray();
        byte[] answer = new byte[5];
        for (int end = all.Count + count; all.Count < end;)
        {
            int first = all.Count;
            while (all.Count < Math.Min(first + Batch, end))
            {
                var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = (int)Deadline.Default.TotalMilliseconds };
                all.Add(client);
                client.Connect(IPAddress.Loopback, port);
                client.Send(request);
            }

            for (int i = first; i < all.Count; i++)
            {
                for (int got = 0; got < answer.Length;)
                {
                    int read = all[i].Receive(answer, got, answer.Length - got, SocketFlags.None);
                    Assert.True(read > 0, "the broadcaster closed a client");
                    got += read;
                }
            }
        }
    }
}
