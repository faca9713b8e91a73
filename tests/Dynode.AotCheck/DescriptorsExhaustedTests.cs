using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Xunit;

namespace Dynode.AotCheck;

/// <summary>No descriptors left: who is in goes on, who comes waits, and everything recovers when some are free.</summary>
public sealed class DescriptorsExhaustedTests
{
    [Fact]
    public async Task Raw_accepting_pauses_and_goes_on_and_nobody_who_is_in_notices()
    {
        using ScriptedServer server = ScriptedServer.Start(new() { Echo = true });
        using RunningDynode dynode = RunningDynode.Start([server], ["reconnect_delay_timeout=0.1"]);
        using TestClient present = await dynode.ClientAsync();
        await AnsweredAsync(present, "?", "?");
        var leaks = LeakCheck.OfProcess(dynode.Process.Id);
        using (TestClient warm = await TestClient.ConnectAsync(dynode.Port))
            await AnsweredAsync(warm, "?", "?");
        await Eventually.Equal(1, () => server.OpenConnections.Count, server.Dump);

        // Its connection to the server has a descriptor for a moment after the server has seen its end.
        await leaks.NothingLeftAsync();
        using (var exhausted = ExhaustedDescriptors.Of(dynode.Process.Id))
        {
            using TestClient comes = await TestClient.ConnectAsync(dynode.Port);
            await dynode.Process.LineAsync("no descriptors left for new clients");
            await AnsweredAsync(present, "?", "?");

            // One for the client is there, and none to reach the server with.
            await comes.SendAsync("waits");
            exhausted.Free(1);
            await dynode.Process.LineAsync("is down: ");
            await AnsweredAsync(present, "?", "?");
            Assert.Single(server.OpenConnections);

            exhausted.Free(1);
            Assert.Equal("waits", await comes.ReadTextAsync(5));
        }

        Assert.False(dynode.Process.HasExited);
        using (TestClient after = await TestClient.ConnectAsync(dynode.Port))
            await AnsweredAsync(after, "?", "?");
        await leaks.NothingLeftAsync();
    }

    [Theory]
    [InlineData("redis", "GET a\r\n")]
    [InlineData("memcached", "get a\r\n")]
    public async Task Framed_accepting_pauses_and_goes_on_and_nobody_who_is_in_notices(string protocol, string request)
    {
        using FramedServer server = protocol == "redis" ? FramedServer.Redis() : FramedServer.Memcached();
        using RunningDynode dynode = RunningDynode.Start([server.Tcp], [$"protocol={protocol}", "reconnect_delay_timeout=0.1"]);
        using TestClient present = await dynode.ClientAsync();
        string answer = await FirstAsync(present, request);
        var leaks = LeakCheck.OfProcess(dynode.Process.Id);
        using (var exhausted = ExhaustedDescriptors.Of(dynode.Process.Id))
        {
            using TestClient comes = await TestClient.ConnectAsync(dynode.Port);
            await comes.SendAsync(request);
            await dynode.Process.LineAsync("no descriptors left for new clients");
            await AnsweredAsync(present, request, answer);
            exhausted.Free(1);
            Assert.Equal(answer, await comes.ReadTextAsync(answer.Length));
            Assert.Equal(1, server.Tcp.Accepted);
        }

        Assert.False(dynode.Process.HasExited);
        await leaks.NothingLeftAsync();
    }

    private static async Task<string> FirstAsync(TestClient client, string request)
    {
        await client.SendAsync(request);
        return await client.ReadLineAsync() + "\r\n";
    }

    private static async Task AnsweredAsync(TestClient client, string request, string answer)
    {
        await client.SendAsync(request);
        Assert.Equal(answer, await client.ReadTextAsync(answer.Length));
    }
}
