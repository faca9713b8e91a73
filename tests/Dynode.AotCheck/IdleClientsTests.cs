using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Xunit;

namespace Dynode.AotCheck;

/// <summary>What a client costs that has sent a request and sends no more: its end is here, the broadcaster's in its own process.</summary>
[Collection(ManyDescriptors.Name)]
public sealed class IdleClientsTests(ITestOutputHelper output)
{
    private static readonly byte[] Answer = "+OK\r\n"u8.ToArray();

    /// <summary>Fewer would measure the noise of the process and not the clients.</summary>
    private const int ClientsLeast = 1_000;

    /// <summary>Who connects and asks at the same moment.</summary>
    private const int Batch = 100;

    /// <summary>What a process has open beside its clients.</summary>
    private const int DescriptorsBeside = 500;

    [Theory]
    [InlineData("redis", 10_000, 3, 2 << 10)]
    [InlineData("raw", 4_000, 2, 8 << 10)]
    public async Task It_keeps_no_more_resident_than_is_promised(string protocol, int clientsMax, int serverCount, long bytesPerClientMax)
    {
        // In raw the servers' ends of its connections are ours too, and each server answers.
        bool isRaw = protocol == "raw";
        int clients = Math.Min(clientsMax, (Descriptors.Max() - DescriptorsBeside) / (isRaw ? 1 + serverCount : 1));
        int answerBytes = Answer.Length * (isRaw ? serverCount : 1);
        Assert.True(clients >= ClientsLeast, $"{clients} clients are too few to measure");
        FramedServer[] servers = [.. Enumerable.Range(0, serverCount).Select(_ => FramedServer.Redis())];
        using RunningDynode dynode = RunningDynode.Start(servers.Select(server => server.Tcp), [$"protocol={protocol}", "read_idle_timeout=0", "backlog_size=1024"]);
        List<Socket> all = [];
        try
        {
            // What the first fifth makes is made once, of threads, code and tables: it is the process's, and the others' is theirs.
            using (TestClient first = await dynode.ClientAsync())
            {
                await first.SendAsync("GET warm\r\n");
                await first.ReadAsync(answerBytes);
            }

            long idle = dynode.Process.ResidentBytes;
            Connect(dynode.Port, clients / 5, answerBytes, all);
            long before = dynode.Process.ResidentBytes;
            Connect(dynode.Port, clients - all.Count, answerBytes, all);

            // What their coming has left in the heap is given back once they are quiet; that is what an idle client keeps.
            long after = dynode.Process.ResidentBytes;
            await Eventually.True(() => (after = Math.Min(after, dynode.Process.ResidentBytes)) - before <= bytesPerClientMax * (clients - (clients / 5L)), () => $"{after >> 10} KiB resident");
            long each = (after - before) / (clients - (clients / 5));
            string line = string.Create(
                CultureInfo.InvariantCulture,
                $"figure: resident for each of {clients} idle clients of protocol={protocol}: {each} bytes ({idle >> 10} KiB with none, {before >> 10} with {clients / 5}, {after >> 10} with all)");
            output.WriteLine(line);
            Console.Out.WriteLine(line);
            Assert.InRange(each, 0, bytesPerClientMax);
        }
        finally
        {
            all.ForEach(client => client.Dispose());
            Array.ForEach(servers, server => server.Dispose());
        }
    }

    /// <summary>Connects so many, and has each send one request and read its answers.</summary>
    private static void Connect(int port, int count, int answerBytes, List<Socket> all)
    {
        byte[] request = "*2\r\n$3\r\nGET\r\n$5\r\nkey:1\r\n"u8.ToArray();
        byte[] answer = new byte[answerBytes];
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
