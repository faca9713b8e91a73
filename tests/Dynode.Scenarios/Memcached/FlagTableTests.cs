using Dynode.Protocols;
using Xunit;

namespace Dynode.Scenarios.Memcached;

/// <summary>The broadcaster's few facts about memcached's commands, held to what the running server takes.</summary>
[Trait("Server", "memcached")]
public sealed class FlagTableTests
{
    // "invalid flag", or "invalid or duplicate flag".
    private const string InvalidFlag = " flag\r\n";

    private const string Unknown = "ERROR\r\n";

    private static readonly string[] Letters = [.. Enumerable.Range(0, 26).SelectMany(i => new[] { $"{(char)('a' + i)}", $"{(char)('A' + i)}" })];

    private static readonly string[] Known =
    [
        "get a", "gets a", "gat 0 a", "gats 0 a", "set a 0 0 1\r\nx", "add a 0 0 1\r\nx", "replace a 0 0 1\r\nx",
        "append a 0 0 1\r\nx", "prepend a 0 0 1\r\nx", "cas a 0 0 1 1\r\nx", "incr a 1", "decr a 1", "delete a", "touch a 0",
        "mg a", "ms a 1\r\nx", "md a", "ma a", "me a", "mn", "version", "verbosity 0", "cache_memlimit 64", "slabs automove 0",
        "slabs automove 2", "lru mode flat", "lru_crawler enable", "lru_crawler sleep 0", "lru_crawler tocrawl 5", "stats",
        "stats settings", "stats items", "stats slabs", "stats sizes", "stats conns", "stats reset", "flush_all",
    ];

    // With a number behind, for those that take one; with a block where one belongs to it.
    [Theory]
    [InlineData("mg a ?", "")]
    [InlineData("ms a 1 ?", "x\r\n")]
    [InlineData("md a ?", "")]
    [InlineData("ma n ?", "")]
    public async Task A_flag_that_the_server_takes_is_taken(string line, string block)
    {
        using var under = await MemcachedUnderTest.StartAsync(1, MemcachedUnderTest.Settings with { Framing = new ProtocolSettings { AllowsCas = true } });
        using var through = await under.ConnectAsync();
        using var direct = await TextClient.ConnectAsync(under.Servers[0].Port);
        int taken = 0;
        foreach (string flag in Letters.SelectMany(letter => new[] { letter, letter + "1" }))
        {
            string request = line.Replace("?", flag, StringComparison.Ordinal) + "\r\n" + block;
            string begin = "set a 0 0 1\r\n1\r\nset n 0 0 1\r\n1\r\n";
            string expected = await direct.AskAsync(begin + request);
            if (expected.EndsWith(InvalidFlag, StringComparison.Ordinal)) continue;
            taken++;
            string actual = await through.AskAsync(begin + request);
            Assert.True(!actual.EndsWith(InvalidFlag, StringComparison.Ordinal), $"{request}: the server says {expected}, the broadcaster {actual}");
        }

        // One that refuses all of them has shown nothing.
        Assert.InRange(taken, 30, 2 * Letters.Length);
    }

    [Fact]
    public async Task A_command_that_is_known_is_one_that_the_server_knows()
    {
        using var under = await MemcachedUnderTest.StartAsync(1, MemcachedUnderTest.Settings with { Framing = new ProtocolSettings { AllowsCas = true } });
        using var through = await under.ConnectAsync();
        using var direct = await TextClient.ConnectAsync(under.Servers[0].Port);
        List<string> unknown = [];
        foreach (string request in Known)
        {
            if (await direct.AskAsync(request + "\r\n") == Unknown) unknown.Add($"to the server: {request}");
            if (await through.AskAsync(request + "\r\n") == Unknown) unknown.Add($"to the broadcaster: {request}");
        }

        Assert.Empty(unknown);
    }
}
