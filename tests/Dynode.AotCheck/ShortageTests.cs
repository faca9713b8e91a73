using System.Text;
using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Xunit;

namespace Dynode.AotCheck;

/// <summary>Few threads, few addresses: it says what it needs and does not start, or it starts and stays. It never aborts.</summary>
public sealed class ShortageTests
{
    private const int NoResources = 71;
    private const int ConfigurationFault = 78;
    private const int MiB = 1 << 20;
    private const int Clients = 50;
    private const string Answer = "+OK\r\n";

    [Theory]
    [InlineData("raw")]
    [InlineData("redis")]
    public async Task With_16_threads_it_serves_reloads_and_ends_well(string protocol)
    {
        using FramedServer server = FramedServer.Redis();
        using var limited = new LimitedDynode();
        using ProcessUnderTest dynode = limited.Start("--nproc=16", [server.Tcp], $"protocol={protocol}");
        await ServesAsync(limited, dynode);
        dynode.Send(UnixSignal.Hangup);
        await dynode.LineAsync("configuration read again");
        await ServesAsync(limited, dynode);
        dynode.Send(UnixSignal.Terminate);
        Assert.Equal(0, await dynode.ExitAsync());
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("localhost")]
    public async Task With_any_number_of_threads_it_serves_or_says_how_many_it_needs(string host)
    {
        bool served = false;
        for (int threads = 2; threads <= 16; threads++)
        {
            using FramedServer server = FramedServer.Redis();
            using var limited = new LimitedDynode();
            using ProcessUnderTest dynode = limited.Start($"--nproc={threads}", [$"{host}:{server.Port}"]);
            await Eventually.True(() => dynode.HasExited || dynode.Output.Contains("accepting clients", StringComparison.Ordinal), dynode.Dump);
            if (dynode.HasExited)
            {
                Assert.False(served, $"it serves with fewer than {threads}");
                Assert.Equal(NoResources, await dynode.ExitAsync());
                Assert.Contains(dynode.Lines, line => line.Contains("threads, and it needs ", StringComparison.Ordinal));
                continue;
            }

            served = true;
            await ServesAsync(limited, dynode);
            dynode.Send(UnixSignal.Terminate);
            Assert.Equal(0, await dynode.ExitAsync());
        }

        Assert.True(served);
    }

    [Theory]
    [InlineData("raw")]
    [InlineData("redis")]
    public async Task When_there_are_no_more_threads_later_it_goes_on_with_those_that_it_has(string protocol)
    {
        using FramedServer server = FramedServer.Redis();
        using var limited = new LimitedDynode();
        using ProcessUnderTest dynode = limited.Start("--nproc=64", [server.Tcp], $"protocol={protocol}", "reconnect_delay_timeout=0.1");
        await ServesAsync(limited, dynode);
        await limited.LimitAsync(dynode, "--nproc=1");

        // What makes the runtime want another: much at once, timers, servers that go and come, a list that is to be asked for.
        TestClient[] clients = [.. await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => TestClient.ConnectAsync(limited.Port)))];
        await Task.WhenAll(clients.Select(client => AskAsync(client)));
        foreach (TestClient client in clients)
            client.Dispose();
        await File.AppendAllTextAsync(limited.ConfigurationPath, "servers_autoupdate=true\nservers_autoupdate_url=http://127.0.0.1:1/\n");
        dynode.Send(UnixSignal.Hangup);
        await dynode.LineAsync("no thread to ask the list URL by");
        await ServesAsync(limited, dynode);
        dynode.Send(UnixSignal.Terminate);
        Assert.Equal(0, await dynode.ExitAsync());
    }

    [Theory]
    [InlineData("raw", 300)]
    [InlineData("raw", 500)]
    [InlineData("redis", 300)]
    [InlineData("redis", 500)]
    public async Task In_a_bounded_address_space_memory_is_spent_to_its_bound_and_the_broadcaster_lives(string protocol, int mebibytes)
    {
        using FramedServer healthy = FramedServer.Redis();
        using ScriptedServer stopped = ScriptedServer.Start(new() { ReadPaused = true });
        using var limited = new LimitedDynode();
        using ProcessUnderTest dynode = limited.Start($"--as={(long)mebibytes * MiB}", [healthy.Tcp, stopped], $"protocol={protocol}", "stall_timeout=0.1");
        await ServesAsync(limited, dynode);

        // More than all of the backlog, which is an eighth, by many at once; what does not fit is dropped for the one that takes nothing.
        string request = $"*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$16384\r\n{new string('x', 16_384)}\r\n";
        int each = mebibytes / 5 * MiB / request.Length / Clients;
        byte[] all = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(request, each)));
        TestClient[] clients = [.. await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => TestClient.ConnectAsync(limited.Port)))];
        await Task.WhenAll(clients.Select(async client =>
        {
            Task sent = client.SendAsync(all);
            await client.ReadAsync(each * Answer.Length, TimeSpan.FromSeconds(60));
            await sent;
        }));
        foreach (TestClient client in clients)
            client.Dispose();
        await ServesAsync(limited, dynode);
        dynode.Send(UnixSignal.Terminate);
        Assert.Equal(0, await dynode.ExitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task With_any_address_space_it_serves_or_says_what_it_needs()
    {
        for (int mebibytes = 100; mebibytes <= 1200; mebibytes += 100)
        {
            using FramedServer server = FramedServer.Redis();
            using var limited = new LimitedDynode();
            using ProcessUnderTest dynode = await BegunAsync(limited, mebibytes, server);
            if (dynode.HasExited)
            {
                Assert.True(mebibytes < 288, dynode.Dump());
                Assert.Equal(NoResources, await dynode.ExitAsync());
                Assert.Contains(dynode.Lines, line => line.Contains("it needs at least", StringComparison.Ordinal));
                continue;
            }

            await ServesAsync(limited, dynode);
            dynode.Send(UnixSignal.Terminate);
            Assert.Equal(0, await dynode.ExitAsync());
        }
    }

    /// <summary>Where things lie in so few addresses is chance: now and then the runtime itself finds no room to begin, and ends before anything of the program runs.</summary>
    private static async Task<ProcessUnderTest> BegunAsync(LimitedDynode limited, int mebibytes, FramedServer server)
    {
        const int startsMax = 5, runtimeCannotBegin = 255;
        for (int starts = 1; ; starts++)
        {
            ProcessUnderTest dynode = limited.Start($"--as={(long)mebibytes * MiB}", [server.Tcp]);
            await Eventually.True(() => dynode.HasExited || dynode.Output.Contains("accepting clients", StringComparison.Ordinal), dynode.Dump);
            if (starts == startsMax || !dynode.HasExited || await dynode.ExitAsync() != runtimeCannotBegin || dynode.Output.Length > 0)
                return dynode;
            dynode.Dispose();
        }
    }

    [Fact]
    public async Task Memory_that_the_addresses_have_no_room_for_is_a_fault_with_its_place()
    {
        using ScriptedServer server = ScriptedServer.Start();
        using var limited = new LimitedDynode();
        using ProcessUnderTest dynode = limited.Start($"--as={400 * MiB}", [server], "memory_max=151m");
        Assert.Equal(ConfigurationFault, await dynode.ExitAsync());
        Assert.Contains(dynode.Lines, line => line.Contains("configuration:4: memory_max=151m does not fit into the addresses", StringComparison.Ordinal));
    }

    private static async Task ServesAsync(LimitedDynode limited, ProcessUnderTest dynode)
    {
        await dynode.LineAsync("accepting clients");
        using TestClient client = await TestClient.ConnectAsync(limited.Port);
        await AskAsync(client);
    }

    private static async Task AskAsync(TestClient client)
    {
        await client.SendAsync("GET a\r\n");
        Assert.Equal(Answer, await client.ReadTextAsync(Answer.Length));
    }
}
