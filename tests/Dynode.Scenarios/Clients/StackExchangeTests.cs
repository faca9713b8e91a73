using System.Globalization;
using Dynode.TestKit;
using StackExchange.Redis;
using Xunit;

namespace Dynode.Scenarios.Clients;

/// <summary>StackExchange.Redis, unmodified; it opens two connections, and tries HELLO 3 and SUBSCRIBE of itself where they are to be had.</summary>
[Trait("Server", "redis")]
public sealed class StackExchangeTests
{
    private const int Pipelined = 5_000;

    [Theory]
    [InlineData(false, null)]
    [InlineData(true, null)]
    [InlineData(false, RedisProtocol.Resp2)]
    [InlineData(false, RedisProtocol.Resp3)]
    [InlineData(true, RedisProtocol.Resp3)]
    public async Task It_works(bool withPassword, RedisProtocol? protocol)
    {
        await using var target = await ClientTarget.RedisAsync(withPassword);
        var options = Options(target, withPassword);
        options.Protocol = protocol;
        await WorksAsync(target, options);
    }

    /// <summary>It checks what it is shown by the system's authorities, of which a test's is none: so it is told to look at that one.</summary>
    [Fact]
    public async Task It_works_by_tls()
    {
        using var folder = new TemporaryFolder();
        await using var target = await ClientTarget.RedisByTlsAsync();
        var options = Options(target, withPassword: false);
        options.Ssl = true;
        options.SslHost = "127.0.0.1";
        options.TrustIssuer(folder.Write("ca.pem", target.Authority!.Pem));
        await WorksAsync(target, options);
    }

    private static async Task WorksAsync(ClientTarget target, ConfigurationOptions options)
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync(options);
        var database = redis.GetDatabase();

        await StringsAsync(database);
        await ManyAtOnceAsync(database);
        await OtherTypesAsync(database);
        await ScriptsAndErrorsAsync(database);
        await DatabasesAsync(redis);
        Assert.True(await database.PingAsync() > TimeSpan.Zero);
        await target.EqualAsync();
    }

    [Fact]
    public async Task A_wrong_password_is_told()
    {
        await using var target = await ClientTarget.RedisAsync(withPassword: true);
        var options = Options(target, withPassword: false);
        options.Password = "wrong";

        await Assert.ThrowsAnyAsync<RedisException>(async () =>
        {
            await using var redis = await ConnectionMultiplexer.ConnectAsync(options);
            await redis.GetDatabase().StringGetAsync("a");
        });
    }

    private static ConfigurationOptions Options(ClientTarget target, bool withPassword) => new()
    {
        EndPoints = { { "127.0.0.1", target.Port } },
        Password = withPassword ? ClientTarget.Password : null,
        ClientName = "checks",
        AbortOnConnectFail = true,
        ConnectTimeout = 20_000,
        SyncTimeout = 20_000,
        AsyncTimeout = 20_000,
    };

    private static async Task StringsAsync(IDatabase database)
    {
        byte[] binary = [.. Enumerable.Range(0, 256).Select(i => (byte)i), .. "\r\n*1\r\n$8\r\nFLUSHALL\r\n"u8];
        Assert.True(await database.StringSetAsync("key", "value"));
        Assert.Equal("value", await database.StringGetAsync("key"));
        Assert.True((await database.StringGetAsync("none")).IsNull);
        Assert.True(await database.StringSetAsync("binary", binary));
        Assert.Equal(binary, (byte[]?)await database.StringGetAsync("binary"));
        Assert.False(await database.StringSetAsync("key", "x", when: When.NotExists));
        Assert.True(await database.StringSetAsync("lives", "x", TimeSpan.FromSeconds(100)));
        Assert.InRange((await database.KeyTimeToLiveAsync("lives"))!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(100));
    }

    private static async Task ManyAtOnceAsync(IDatabase database)
    {
        long[] lengths = await Task.WhenAll(Enumerable.Range(0, Pipelined).Select(i => database.ListRightPushAsync("list", i)));
        Assert.Equal(Enumerable.Range(1, Pipelined).Select(i => (long)i), lengths);
        Assert.Equal(Enumerable.Range(0, Pipelined), (await database.ListRangeAsync("list")).Select(value => (int)value));

        // No answer is wanted, and none may shift those that are.
        for (int i = 0; i < 100; i++)
            await database.StringIncrementAsync("forgotten", flags: CommandFlags.FireAndForget);
        Assert.Equal(101, await database.StringIncrementAsync("forgotten"));
    }

    private static async Task OtherTypesAsync(IDatabase database)
    {
        HashEntry[] hash = [.. Enumerable.Range(0, 300).Select(i => new HashEntry(i.ToString(CultureInfo.InvariantCulture), i))];
        await database.HashSetAsync("hash", hash);
        Assert.Equal(hash.Order(Comparer), (await database.HashGetAllAsync("hash")).Order(Comparer));
        Assert.Equal(300, await Count(database.HashScanAsync("hash")));
        Assert.Equal(3, await database.SetAddAsync("set", ["a", "b", "c"]));
        Assert.Equal(3, (await database.SetMembersAsync("set")).Length);
        Assert.Equal(2, await database.SortedSetAddAsync("sorted", [new("a", 1), new("b", 2)]));
        Assert.Equal("b", (await database.SortedSetRangeByRankWithScoresAsync("sorted"))[1].Element);
        Assert.Equal("1-1", await database.StreamAddAsync("stream", "a", "b", "1-1"));
        Assert.Equal(1, await database.StreamLengthAsync("stream"));
    }

    private static async Task ScriptsAndErrorsAsync(IDatabase database)
    {
        // A transaction without conditions: with one the library sends WATCH.
        var transaction = database.CreateTransaction();
        var set = transaction.StringSetAsync("t", 1);
        var increment = transaction.StringIncrementAsync("t");
        Assert.True(await transaction.ExecuteAsync());
        Assert.True(await set);
        Assert.Equal(2, await increment);
        Assert.Equal("value!", (string?)await database.ScriptEvaluateAsync("return redis.call('GET', KEYS[1]) .. ARGV[1]", ["key"], ["!"]));

        var wrong = await Assert.ThrowsAsync<RedisServerException>(() => database.ListRightPushAsync("key", "x"));
        Assert.StartsWith("WRONGTYPE", wrong.Message, StringComparison.Ordinal);
        var unknown = await Assert.ThrowsAsync<RedisServerException>(() => database.ExecuteAsync("NOSUCH", "a"));
        Assert.Contains("unknown command", unknown.Message, StringComparison.OrdinalIgnoreCase);
        Assert.Equal("value", await database.StringGetAsync("key"));
    }

    // One connection for all of them: the library puts a SELECT in front wherever the database changes.
    private static async Task DatabasesAsync(ConnectionMultiplexer redis)
    {
        await Task.WhenAll(Enumerable.Range(0, 400).Select(i => redis.GetDatabase(i % 4).ListRightPushAsync("by database", i)));
        for (int database = 0; database < 4; database++)
        {
            var values = await redis.GetDatabase(database).ListRangeAsync("by database");
            Assert.Equal(Enumerable.Range(0, 100).Select(i => (4 * i) + database), values.Select(value => (int)value));
        }
    }

    private static Comparer<HashEntry> Comparer { get; } = Comparer<HashEntry>.Create((a, b) => ((int)a.Name).CompareTo((int)b.Name));

    private static async Task<int> Count(IAsyncEnumerable<HashEntry> entries)
    {
        int count = 0;
        await foreach (var _ in entries)
            count++;
        return count;
    }
}
