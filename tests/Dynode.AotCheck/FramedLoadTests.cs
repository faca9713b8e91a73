using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Dynode.TestKit;
using Xunit;

namespace Dynode.AotCheck;

/// <summary>What a request costs the native binary in front of three real redis-servers, and that nothing of it stays.</summary>
public sealed class FramedLoadTests(ITestOutputHelper output)
{
    private const int Clients = 50;
    private const int Rounds = 1_000;
    private const int Windows = 5;

    /// <summary>
    /// From one window to the next, in the steadiest pair of them: 10 bytes a request would be five times as much. A busy machine lets
    /// a server lag for once, and what the log holds for it then stays for a while.
    /// </summary>
    private const long GrowthBytesMax = 512 << 10;

    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    public async Task Under_steady_load_it_grows_no_more(int inFlight)
    {
        using RealServer one = await RedisServer.StartAsync("--appendonly", "no");
        using RealServer two = await RedisServer.StartAsync("--appendonly", "no");
        using RealServer three = await RedisServer.StartAsync("--appendonly", "no");
        string servers = string.Join(',', one.Address, two.Address, three.Address);
        using RunningDynode dynode = RunningDynode.Start([], ["protocol=redis", $"servers={servers}"]);
        using (TestClient first = await dynode.ClientAsync())
        {
            await first.SendAsync("SET key value\r\n");
            Assert.Equal("+OK", await first.ReadLineAsync());
        }

        Socket[] clients = [.. Enumerable.Range(0, Clients).Select(_ => Connect(dynode.Port))];
        try
        {
            long before = 0;
            long least = long.MaxValue;
            for (int window = 0; window < Windows; window++)
            {
                TimeSpan cpu = dynode.Process.CpuTime;
                long began = Stopwatch.GetTimestamp();
                for (int i = 0; i < Rounds; i++) Round(clients, inFlight);
                double requests = (double)Rounds * Clients * inFlight;
                double each = (dynode.Process.CpuTime - cpu).TotalMicroseconds / requests;
                long resident = dynode.Process.ResidentBytes;
                Print($"protocol=redis, {Clients} clients, {inFlight} in flight each: {requests / Stopwatch.GetElapsedTime(began).TotalSeconds:F0} requests a second, {each:F2} us of CPU a request, {resident >> 10} KiB resident");
                if (window > 0) least = Math.Min(least, resident - before);
                before = resident;
            }

            Assert.InRange(least, long.MinValue, GrowthBytesMax);
        }
        finally
        {
            Array.ForEach(clients, client => client.Dispose());
        }

        Assert.Equal("value", await three.AskAsync("GET key"));
    }

    private static void Round(Socket[] clients, int inFlight)
    {
        byte[] requests = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$5\r\nvalue\r\n", inFlight)));
        byte[] answers = new byte["+OK\r\n".Length * inFlight];
        foreach (Socket client in clients) client.Send(requests);
        foreach (Socket client in clients)
        {
            for (int got = 0; got < answers.Length;)
            {
                int read = client.Receive(answers, got, answers.Length - got, SocketFlags.None);
                if (read == 0) throw new ExpectationException("the broadcaster closed a client");
                got += read;
            }

            if (answers[0] != '+') throw new ExpectationException(Encoding.ASCII.GetString(answers));
        }
    }

    private static Socket Connect(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = (int)Deadline.Default.TotalMilliseconds };
        socket.Connect(IPAddress.Loopback, port);
        return socket;
    }

    private void Print(FormattableString figure)
    {
        string line = "figure: " + figure.ToString(CultureInfo.InvariantCulture);
        output.WriteLine(line);
        Console.Out.WriteLine(line);
    }
}
