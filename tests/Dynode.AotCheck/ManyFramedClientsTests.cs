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

        // Some have come, asked and gone before: what the first ones make of code and buffers is nobody's.
        using (TestClient first = await dynode.ClientAsync())
        {
            await first.SendAsync("GET warm\r\n");
            Assert.Equal("+OK", await first.ReadLineAsync());
        }

        Close(Connect(dynode.Port, 2 * Batch));
        await Eventually.Equal(3 * (1 + (2 * Batch)), () => one.Requests.Count + two.Requests.Count + three.Requests.Count, dynode.Process.Dump);
        long before = dynode.Process.ResidentBytes;
        Socket[] all = Connect(dynode.Port, clients);
        try
        {
            long after = dynode.Process.ResidentBytes;
            long each = (after - before) / clients;
            string line = string.Create(
                CultureInfo.InvariantCulture,
                $"figure: resident for each of {clients} idle clients of protocol=redis: {each} bytes ({before >> 10} KiB before, {after >> 10} KiB after)");
            output.WriteLine(line);
            Console.Out.WriteLine(line);
            Assert.InRange(each, 0, BytesPerClientMax);
        }
        finally
        {
            Close(all);
        }
    }

    /// <summary>Connects so many, and has each send one request and read its answer.</summary>
    private static Socket[] Connect(int port, int count)
    {
        var all = new Socket[count];
        byte[] request = "*2\r\n$3\r\nGET\r\n$5\r\nkey:1\r\n"u8.ToArray();
        byte[] answer = new byte[5];
        for (int done = 0; done < count;)
        {
            int wanted = Math.Min(Batch, count - done);
            for (int i = done; i < done + wanted; i++)
            {
                all[i] = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = (int)Deadline.Default.TotalMilliseconds };
                all[i].Connect(IPAddress.Loopback, port);
                all[i].Send(request);
            }

            for (int i = done; i < done + wanted; i++)
            {
                for (int got = 0; got < answer.Length;)
                {
                    int read = all[i].Receive(answer, got, answer.Length - got, SocketFlags.None);
                    Assert.True(read > 0, "the broadcaster closed a client");
                    got += read;
                }
            }

            done += wanted;
        }

        return all;
    }

    private static void Close(Socket[] sockets) => Array.ForEach(sockets, socket => socket?.Dispose());
}
