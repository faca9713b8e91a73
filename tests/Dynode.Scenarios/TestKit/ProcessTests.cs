using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.TestKit;

public sealed class ProcessTests
{
    [Fact]
    public async Task Lines_of_both_streams_and_the_exit_status_are_seen()
    {
        using var process = ProcessUnderTest.Start("sh", ["-c", "echo out $WORD; echo err >&2; exit 7"], new Dictionary<string, string?> { ["WORD"] = "there" });
        await process.LineAsync("out there");
        await process.LineAsync("err");
        Assert.Equal(7, await process.ExitAsync());
    }

    [Fact]
    public async Task A_line_that_can_no_longer_come_is_not_waited_for()
    {
        using var process = ProcessUnderTest.Start("sh", ["-c", "echo something else"]);
        ExpectationException failed = await Assert.ThrowsAsync<ExpectationException>(() => process.LineAsync("never", deadline: TimeSpan.FromDays(1)));
        Assert.Contains("something else", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Signals_reach_it()
    {
        using var process = ProcessUnderTest.Start("sh", ["-c", "trap 'echo hung up' HUP; trap 'exit 3' TERM; echo ready; while :; do sleep 0.05; done"]);
        await process.LineAsync("ready");
        process.Send(UnixSignal.Hangup);
        await process.LineAsync("hung up");
        process.Send(UnixSignal.Terminate);
        Assert.Equal(3, await process.ExitAsync());
    }

    [Fact]
    public async Task Killed_it_is_gone_and_its_status_says_so()
    {
        using var process = ProcessUnderTest.Start("sleep", ["1000"]);
        Assert.True(process.ResidentBytes > 0);
        Assert.True(process.OpenDescriptors > 0);
        process.Send(UnixSignal.Stop);
        await process.KillAsync();
        Assert.Equal(128 + (int)UnixSignal.Kill, process.ExitCode);
    }

    [Fact]
    public void What_a_test_started_ends_with_it()
    {
        int pid;
        using (var process = ProcessUnderTest.Start("sleep", ["1000"])) pid = process.Id;
        Assert.False(Directory.Exists($"/proc/{pid}"));
    }

    [Fact]
    [Trait("Server", "redis")]
    public async Task Redis_comes_back_on_its_port_with_all_that_it_confirmed()
    {
        using RealServer redis = await RedisServer.StartAsync();
        int port = redis.Port;
        Assert.Equal("+OK", await redis.AskAsync("SET kit works"));
        string digest = await redis.DataDigestAsync();
        await redis.KillAsync();
        await redis.StartAsync();
        Assert.Equal(port, redis.Port);
        Assert.Equal("works", await redis.AskAsync("GET kit"));
        Assert.Equal(digest, await redis.DataDigestAsync());
        await redis.AskAsync("SET kit otherwise");
        Assert.NotEqual(digest, await redis.DataDigestAsync());
    }

    [Fact]
    [Trait("Server", "memcached")]
    public async Task Memcached_comes_back_on_its_port_without_its_data()
    {
        using RealServer memcached = await MemcachedServer.StartAsync();
        Assert.Equal("STORED", await memcached.AskAsync("set kit 0 0 5\r\nworks"));
        Assert.Equal("VALUE kit 0 5\nworks\nEND", await memcached.AskAsync("get kit"));
        await memcached.KillAsync();
        await memcached.StartAsync();
        Assert.Equal("END", await memcached.AskAsync("get kit"));
    }

    [Fact]
    public async Task A_missing_server_program_fails_with_the_command_that_installs_it()
    {
        ExpectationException failed = await Assert.ThrowsAsync<ExpectationException>(async () =>
        {
            using RealServer missing = RealServer.Of("no-such-server", _ => []);
            await missing.StartAsync();
        });
        Assert.Contains("apt-get install", failed.Message, StringComparison.Ordinal);
    }
}
