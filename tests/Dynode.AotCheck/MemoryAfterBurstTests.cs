using System.Globalization;
using System.Text;
using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Xunit;

namespace Dynode.AotCheck;

/// <summary>What a busy time took goes back to the system when it is over, whoever held it.</summary>
public sealed class MemoryAfterBurstTests(ITestOutputHelper output)
{
    private const int Clients = 50;
    private const int RequestsEach = 20;
    private const string Answer = "+OK\r\n";
    private const long BeyondIdleBytesMax = 4 << 20;

    [Theory]
    [InlineData("raw")]
    [InlineData("redis")]
    public async Task Within_a_minute_of_quiet_it_holds_at_most_4_MiB_more_than_before(string protocol)
    {
        using FramedServer one = FramedServer.Redis();
        using FramedServer two = FramedServer.Redis();
        string[] more = protocol == "raw" ? ["protocol=raw", "reply=primary"] : ["protocol=redis"];
        using RunningDynode dynode = RunningDynode.Start([one.Tcp, two.Tcp], more);
        using (TestClient first = await dynode.ClientAsync())
            await AskAsync(first, "GET warm\r\n", 1);
        long before = dynode.Process.ResidentBytes;

        string request = $"*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$100000\r\n{new string('x', 100_000)}\r\n";
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(async _ =>
        {
            using TestClient client = await TestClient.ConnectAsync(dynode.Port);
            await AskAsync(client, request, RequestsEach);
        }));
        await two.RequestsAsync((Clients * RequestsEach) + 1);
        long after = dynode.Process.ResidentBytes;
        await Eventually.True(
            () => dynode.Process.ResidentBytes - before <= BeyondIdleBytesMax,
            () => $"{before >> 10} KiB before, {after >> 10} after, and now {dynode.Process.ResidentBytes >> 10}",
            TimeSpan.FromSeconds(60));
        string line = string.Create(
            CultureInfo.InvariantCulture,
            $"figure: resident with protocol={protocol} before, after 100 MB at once, and when it was quiet: {before >> 10}, {after >> 10}, {dynode.Process.ResidentBytes >> 10} KiB");
        output.WriteLine(line);
        Console.Out.WriteLine(line);
    }

    private static async Task AskAsync(TestClient client, string request, int count)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(request, count)));
        Task sent = client.SendAsync(bytes);
        await client.ReadAsync(count * Answer.Length);
        await sent;
    }
}
