using CsCheck;
using Dynode.Broadcast.Backends;

namespace Dynode.UnitTests.Broadcast.Backends;

public sealed class BackendAddressTests
{
    [Theory]
    [InlineData("redis-1.example:6379", "redis-1.example:6379")]
    [InlineData(" Redis_1.EXAMPLE:06379 ", "redis_1.example:6379")]
    [InlineData("Redis-0.Default.SVC.cluster.local.:6379", "redis-0.default.svc.cluster.local.:6379")]
    [InlineData("\t\n\v\f\r redis:6379\r\n", "redis:6379")]
    [InlineData("127.0.0.1:1", "127.0.0.1:1")]
    [InlineData("10.0.0.1:65535", "10.0.0.1:65535")]
    [InlineData("[::1]:6379", "[::1]:6379")]
    [InlineData("unix:/run/redis/redis.sock", "unix:/run/redis/redis.sock")]
    [InlineData(" unix:/s\n", "unix:/s")]
    [InlineData("unix:6379", "unix:6379")]
    [InlineData("[0:0:0:0:0:0:0:1]:6379", "[::1]:6379")]
    [InlineData("[FE80::A]:6379", "[fe80::a]:6379")]
    public void Spellings_of_one_server_are_one_address(string text, string normalised)
    {
        Assert.True(BackendAddress.TryParse(text, out var address, out _));
        Assert.Equal(normalised, address.ToString());
        Assert.True(BackendAddress.TryParse(normalised, out var again, out _));
        Assert.Equal(address, again);
    }

    [Theory]
    [InlineData("", "no port")]
    [InlineData("unix:redis.sock", "has no path behind unix: that begins with /")]
    [InlineData("unix:/", "has an empty part")]
    [InlineData("unix:/run/", "has an empty part")]
    [InlineData("unix://run", "has an empty part")]
    [InlineData("unix:/run/./redis", "has an empty part")]
    [InlineData("unix:/run/../redis", "has an empty part")]
    [InlineData("unix:/run/re dis", "has a character in its path")]
    [InlineData("unix:/run/r\"", "has a character in its path")]
    [InlineData("unix:/run/r\0", "has a character in its path")]
    [InlineData("unix:/run/\u00e9", "has a character in its path")]
    [InlineData("localhost", "no port")]
    [InlineData(":6379", "no host")]
    [InlineData("localhost:", "between 1 and 65535")]
    [InlineData("localhost:0", "between 1 and 65535")]
    [InlineData("localhost:65536", "between 1 and 65535")]
    [InlineData("localhost:-1", "between 1 and 65535")]
    [InlineData("localhost:+1", "between 1 and 65535")]
    [InlineData("localhost:6379x", "between 1 and 65535")]
    [InlineData("localhost:99999999999999", "between 1 and 65535")]
    [InlineData("localhost:6379\0", "between 1 and 65535")]
    [InlineData("::1:6379", "more than one colon")]
    [InlineData("[::1]", "no [ipv6]:port")]
    [InlineData("[::1:6379", "no [ipv6]:port")]
    [InlineData("[127.0.0.1]:1", "no IPv6 address")]
    [InlineData("[zz]:1", "no IPv6 address")]
    [InlineData("1.2.3:1", "no valid IPv4")]
    [InlineData("1.2.3.256:1", "no valid IPv4")]
    [InlineData("01.2.3.4:1", "no valid IPv4")]
    [InlineData("a b:1", "no valid host name")]
    [InlineData(".:1", "no valid IPv4")]
    [InlineData("a..:1", "no valid host name")]
    [InlineData(".a:1", "no valid host name")]
    [InlineData("a-.:1", "no valid host name")]
    [InlineData("1.2.3.4.:1", "no valid IPv4")]
    [InlineData("-a:1", "no valid host name")]
    [InlineData("a..b:1", "no valid host name")]
    [InlineData("http://a:1", "more than one colon")]
    [InlineData("a/b:1", "no valid host name")]
    public void What_is_no_address_is_named_with_its_fault(string text, string fault)
    {
        Assert.False(BackendAddress.TryParse(text, out _, out string? why));
        Assert.Contains(fault, why, StringComparison.Ordinal);
    }

    [Fact]
    public void A_host_may_be_as_long_as_DNS_allows_and_no_longer()
    {
        string label = new('a', 63);
        string longest = $"{label}.{label}.{label}.{new string('a', 61)}";
        Assert.Equal(BackendAddress.HostCharactersMax, longest.Length);
        Assert.True(BackendAddress.TryParse($"{longest[1..]}:1", out _, out _));
        Assert.True(BackendAddress.TryParse($"{longest}:1", out _, out _));
        Assert.False(BackendAddress.TryParse($"{longest}a:1", out _, out _));
        Assert.True(BackendAddress.TryParse($"{longest}.:1", out _, out _));
        Assert.False(BackendAddress.TryParse($"{longest}a.:1", out _, out _));
        Assert.False(BackendAddress.TryParse($"{label}a:1", out _, out _));
    }

    [Fact]
    public void No_text_throws() =>
        Gen.String.Sample(text => BackendAddress.TryParse(text, out var address, out string? fault) ? address is not null && fault is null : fault is not null);

    [Fact]
    public void A_set_keeps_the_first_of_equal_addresses_and_the_order()
    {
        var set = BackendSet.Of([Parse("b:1"), Parse("a:1"), Parse("B:01"), Parse("c:1")]);
        Assert.Equal("b:1, a:1, c:1", set.ToString());
        Assert.Equal(set, BackendSet.Of([Parse("b:1"), Parse("a:1"), Parse("c:1")]));
        Assert.NotEqual(set, BackendSet.Of([Parse("a:1"), Parse("b:1"), Parse("c:1")]));
    }

    private static BackendAddress Parse(string text)
    {
        Assert.True(BackendAddress.TryParse(text, out var address, out _));
        return address;
    }
}
