using System.Diagnostics;
using System.Globalization;
using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Xunit;

namespace Dynode.AotCheck;

/// <summary>The verb that asks a running broadcaster whether it works.</summary>
public sealed class HealthTests
{
    private const int Unhealthy = 1;

    [Theory]
    [InlineData("raw")]
    [InlineData("redis")]
    public async Task One_that_works_says_so_with_its_clients_and_servers_and_no_server_sees_the_question(string protocol)
    {
        using FramedServer up = FramedServer.Redis();
        using ScriptedServer down = ScriptedServer.Down();
        using RunningDynode dynode = RunningDynode.Start([up.Tcp, down], [$"protocol={protocol}"]);
        using TestClient client = await dynode.ClientAsync();
        await client.SendAsync("GET a\r\n");
        await up.RequestsAsync(1);
        int accepted = up.Tcp.Accepted;
        using var health = ProcessUnderTest.Start(Binary.Path, ["health", "-c", dynode.ConfigurationPath]);
        Assert.Equal(0, await health.ExitAsync());
        Assert.Equal("ok: 1 clients; servers connected: 1 of 2", Assert.Single(health.Lines));
        Assert.Equal(accepted, up.Tcp.Accepted);
    }

    [Fact]
    public async Task With_every_server_down_it_works_all_the_same()
    {
        using ScriptedServer down = ScriptedServer.Down();
        using RunningDynode dynode = RunningDynode.Start([down]);
        using TestClient client = await dynode.ClientAsync();
        using var health = ProcessUnderTest.Start(Binary.Path, ["health", "-c", dynode.ConfigurationPath]);
        Assert.Equal(0, await health.ExitAsync());
        Assert.EndsWith("servers connected: 0 of 1", Assert.Single(health.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_stands_still_is_not_healthy_within_seconds_and_healthy_when_it_goes_on()
    {
        using ScriptedServer server = ScriptedServer.Start();
        using RunningDynode dynode = RunningDynode.Start([server]);
        using TestClient client = await dynode.ClientAsync();
        dynode.Process.Send(UnixSignal.Stop);
        using (var health = ProcessUnderTest.Start(Binary.Path, ["health", "-c", dynode.ConfigurationPath]))
        {
            Assert.Equal(Unhealthy, await health.ExitAsync());
            Assert.Contains("no answer within 5 s", Assert.Single(health.Lines), StringComparison.Ordinal);
        }

        dynode.Process.Send(UnixSignal.Continue);
        using var again = ProcessUnderTest.Start(Binary.Path, ["health", "-c", dynode.ConfigurationPath]);
        Assert.Equal(0, await again.ExitAsync());
    }

    /// <summary>In raw what a server is owed may be no more than what is on its way: that is told by a past, which the broadcaster has.</summary>
    [Fact]
    public async Task In_raw_a_server_that_is_sent_something_at_every_moment_is_current_all_the_same()
    {
        using ScriptedServer server = ScriptedServer.Start(new() { Recording = Recording.Hash });
        using RunningDynode dynode = RunningDynode.Start([server], ["reply=none", "ready_servers=all"]);
        using TestClient client = await dynode.ClientAsync();
        using var end = new CancellationTokenSource();
        Task sending = Task.Run(
            async () =>
            {
                byte[] bytes = new byte[256 << 10];
                while (!end.IsCancellationRequested)
                    await client.SendAsync(bytes);
            },
            TestContext.Current.CancellationToken);
        await Eventually.True(() => server.ReceivedBytes > 64 << 20, server.Dump);

        // It looks once a second, and may have done so before the first client came, for whom it connects.
        int ready = 0;
        for (long began = Stopwatch.GetTimestamp(); ready < 10;)
        {
            using var health = ProcessUnderTest.Start(Binary.Path, ["health", "--ready", "--port", $"{dynode.Port}"]);
            if (await health.ExitAsync() == 0)
                ready++;
            else
                Assert.True(ready == 0 && Stopwatch.GetElapsedTime(began) < Deadline.Default, health.Dump());
        }

        await end.CancelAsync();
        await sending;
    }

    [Fact]
    public async Task Where_none_runs_it_says_so()
    {
        using var lease = new PortLease();
        string port = lease.Port.ToString(CultureInfo.InvariantCulture);
        using var health = ProcessUnderTest.Start(Binary.Path, ["health", "--set", $"port={port}"], new Dictionary<string, string?> { ["DYNODE__SERVERS"] = "127.0.0.1:1" });
        Assert.Equal(Unhealthy, await health.ExitAsync());
        Assert.Contains($"the broadcaster on port {port} does not work: none is running here", Assert.Single(health.Lines), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--set", "port=seven")]
    [InlineData("--set", "prot=9000")]
    [InlineData("--set", "port")]
    public async Task A_wrong_command_line_is_a_fault_of_its_own(params string[] arguments)
    {
        using var health = ProcessUnderTest.Start(Binary.Path, ["health", .. arguments]);
        Assert.Equal(78, await health.ExitAsync());
    }

    [Theory]
    [InlineData("severs=a:1\nstall_timeout=x\nclient_password=@/no/such/file\nport={0}\n")]
    [InlineData("port=seven\n")]
    [InlineData("port=1\n")]
    [InlineData("")]
    [InlineData("\0")]
    [InlineData(null)]
    public async Task Whatever_becomes_of_the_file_one_that_works_is_healthy(string? content)
    {
        using ScriptedServer down = ScriptedServer.Down();
        using RunningDynode dynode = RunningDynode.Start([down]);
        using TestClient client = await dynode.ClientAsync();
        if (content is null)
            File.Delete(dynode.ConfigurationPath);
        else
            File.WriteAllText(dynode.ConfigurationPath, content.Replace("{0}", $"{dynode.Port}", StringComparison.Ordinal));
        using var health = ProcessUnderTest.Start(Binary.Path, ["health", "-c", dynode.ConfigurationPath]);
        Assert.Equal(0, await health.ExitAsync());
        using var byPort = ProcessUnderTest.Start(Binary.Path, ["health", "--ready", "--port", $"{dynode.Port}"]);
        Assert.Equal(0, await byPort.ExitAsync());
    }
}
