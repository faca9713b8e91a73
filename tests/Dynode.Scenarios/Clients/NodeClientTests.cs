using System.ComponentModel;
using System.Text.RegularExpressions;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Clients;

/// <summary>Client libraries of npm, unmodified, each run by a script of tests/clients that uses it widely and checks every answer.</summary>
public sealed partial class NodeClientTests
{
    /// <summary>The fewest checks that any script makes; one that stopped early has shown nothing.</summary>
    private const int ChecksMin = 30;

    /// <summary>Scripts give up earlier, and say on what.</summary>
    private static readonly TimeSpan ScriptTimeMax = TimeSpan.FromSeconds(120);

    [Theory]
    [Trait("Server", "redis")]
    [InlineData("redis.mjs", false)]
    [InlineData("redis.mjs", true)]
    [InlineData("ioredis.mjs", false)]
    [InlineData("ioredis.mjs", true)]
    public async Task A_redis_library_works(string script, bool withPassword)
    {
        await using var target = await ClientTarget.RedisAsync(withPassword);
        await RunAsync(script, target, withPassword ? [$"--password={ClientTarget.Password}"] : []);
    }

    [Theory]
    [Trait("Server", "redis")]
    [InlineData("redis.mjs")]
    [InlineData("ioredis.mjs")]
    public async Task A_redis_library_works_by_tls(string script)
    {
        using var folder = new TemporaryFolder();
        await using var target = await ClientTarget.RedisByTlsAsync();
        await RunAsync(script, target, $"--ca={folder.Write("ca.pem", target.Authority!.Pem)}");
    }

    [Theory]
    [Trait("Server", "memcached")]
    [InlineData("memcache.mjs")]
    [InlineData("memcached.mjs")]
    public async Task A_memcached_library_works(string script)
    {
        await using var target = await ClientTarget.MemcachedAsync();
        await RunAsync(script, target);
    }

    private static async Task RunAsync(string script, ClientTarget target, params string[] more)
    {
        string folder = Path.Combine(ClientScripts.Folder, "node_modules");
        if (!Directory.Exists(folder))
            throw new ExpectationException($"{folder} is missing: ./scripts/prepare.sh makes it");
        string[] arguments = [script, "127.0.0.1", $"{target.Port}", .. more];
        using var process = Start([.. arguments, "--broadcaster"]);
        int status = await process.ExitAsync(ScriptTimeMax);
        var last = LastLine().Match(process.Output);
        Assert.True(status == 0 && last.Success, process.Dump());
        Assert.InRange(int.Parse(last.Groups["checks"].ValueSpan, System.Globalization.CultureInfo.InvariantCulture), ChecksMin, int.MaxValue);
        await target.EqualAsync();
    }

    private static ProcessUnderTest Start(string[] arguments)
    {
        try
        {
            return ProcessUnderTest.Start("node", arguments, folder: ClientScripts.Folder);
        }
        catch (Win32Exception e)
        {
            // Not skipped: a test that did not run has shown nothing.
            throw new ExpectationException("node is missing: ./scripts/prepare.sh installs it", e);
        }
    }

    // Among warnings of node itself, which differ from version to version.
    [GeneratedRegex(@"^ok (?<checks>\d+) checks$", RegexOptions.Multiline)]
    private static partial Regex LastLine();
}
