using System.Globalization;
using System.Text;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Clients;

/// <summary>redis-cli and redis-benchmark, or their like of valkey, as Debian ships them with the server.</summary>
[Trait("Server", "redis")]
public sealed class RedisToolTests : IDisposable
{
    /// <summary>All that it does unasked, but for the XADD of newer ones: with an id of each server's making data differ.</summary>
    private const string DefaultSet = "ping,set,get,incr,lpush,rpush,lpop,rpop,sadd,hset,spop,zadd,zpopmin,lrange,mset";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Redis_cli_asks_one_by_one_in_any_database_and_repeats()
    {
        await using var target = await ClientTarget.RedisAsync();

        Assert.Equal("OK", await AskAsync(target, "SET", "key", "a value"));
        Assert.Equal("a value", await AskAsync(target, "GET", "key"));
        Assert.Equal("", await AskAsync(target, "-n", "3", "GET", "key"));
        Assert.Equal("1\n2\n3", await AskAsync(target, "-r", "3", "INCR", "number"));
        Assert.Equal("\"a\",\"b\",\"c\"", await AskAsync(target, "--csv", "EVAL", "return {'a', 'b', ARGV[1]}", "0", "c"));
        Assert.Contains("WRONGTYPE", await AskAsync(target, "LPUSH", "key", "x"), StringComparison.Ordinal);
        Assert.Equal("key\nnumber", string.Join('\n', (await AskAsync(target, "--scan")).Split('\n').Order(StringComparer.Ordinal)));
        await target.EqualAsync();
    }

    [Fact]
    public async Task Redis_cli_speaks_with_a_password()
    {
        await using var target = await ClientTarget.RedisAsync(withPassword: true);

        Assert.Contains("NOAUTH", await AskAsync(target, "GET", "key"), StringComparison.Ordinal);
        Assert.Equal("OK", await AskAsync(target, "--no-auth-warning", "-a", ClientTarget.Password, "SET", "key", "x"));
        Assert.Equal("x", await AskAsync(target, "--no-auth-warning", "-a", ClientTarget.Password, "GET", "key"));
        await target.EqualAsync();
    }

    [Fact]
    public async Task Redis_cli_loads_a_file_in_bulk()
    {
        const int Commands = 20_000;
        await using var target = await ClientTarget.RedisAsync();
        var bulk = new StringBuilder();
        for (int i = 0; i < Commands; i++)
        {
            string value = i.ToString(CultureInfo.InvariantCulture);
            bulk.Append(CultureInfo.InvariantCulture, $"*3\r\n$5\r\nRPUSH\r\n$4\r\nlist\r\n${value.Length}\r\n{value}\r\n");
        }

        // Only a shell gives it a file to read from; --pipe ends with an ECHO, whose answer it waits for.
        string file = _folder.Write("bulk", bulk.ToString());
        string said = await RunAsync("sh", "-c", "exec \"$1\" -p \"$2\" --pipe < \"$3\"", "sh", RedisServer.Tool("cli"), $"{target.Port}", file);

        Assert.Contains($"errors: 0, replies: {Commands}", said, StringComparison.Ordinal);
        Assert.Equal($"{Commands}", await AskAsync(target, "LLEN", "list"));
        Assert.Equal($"{Commands - 1}", await AskAsync(target, "LINDEX", "list", "-1"));
        await target.EqualAsync();
    }

    [Theory]
    [InlineData("1")]
    [InlineData("16")]
    public async Task Redis_benchmark_runs_its_default_set_without_an_error(string pipelined)
    {
        await using var target = await ClientTarget.RedisAsync();
        string said = await RunAsync(RedisServer.Tool("benchmark"), "-p", $"{target.Port}", "-n", "2000", "-c", "20", "-P", pipelined, "--csv", "-t", DefaultSet);

        Assert.DoesNotContain("rror", said.Replace("WARNING: Could not fetch server CONFIG", "", StringComparison.Ordinal), StringComparison.Ordinal);
        string[] tests = ["PING_INLINE", "PING_MBULK", "SET", "GET", "INCR", "LPUSH", "RPUSH", "LPOP", "RPOP", "SADD", "HSET", "SPOP", "ZADD", "ZPOPMIN", "LRANGE_600", "MSET"];
        Assert.All(tests, test => Assert.Contains($"\"{test}", said, StringComparison.Ordinal));
        await target.EqualAsync();
    }

    private static Task<string> AskAsync(ClientTarget target, params string[] arguments) =>
        RunAsync(RedisServer.Tool("cli"), ["-p", $"{target.Port}", .. arguments]);

    // redis-cli says 0 after most errors; what it prints is looked at.
    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        using var process = ProcessUnderTest.Start(program, arguments);
        int status = await process.ExitAsync(TimeSpan.FromSeconds(60));
        Assert.True(status is 0 or 1, process.Dump());
        return process.Output;
    }
}
