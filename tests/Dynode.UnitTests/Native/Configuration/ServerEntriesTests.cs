using Dynode.Native.Configuration;

namespace Dynode.UnitTests.Native.Configuration;

/// <summary>Names among the servers, and the keys of what outlives a run.</summary>
public sealed class ServerEntriesTests
{
    [Theory]
    [InlineData("dns:redis.example.com:6379", "dns:redis.example.com:6379")]
    [InlineData("DNS:Redis.example.com:06379, a:1", "dns:redis.example.com:6379, a:1")]
    [InlineData("dns:6379", "dns:6379")]
    [InlineData("dns:dns:6379", "dns:dns:6379")]
    [InlineData("dns:a:1,dns:a:2,dns:a:1", "dns:a:1, dns:a:2")]
    public void A_name_is_told_from_a_server(string servers, string said)
    {
        HostSettings settings = Reading.OfSets($"servers={servers}").Good();
        Assert.Equal(said, settings.Values.Text(ConfigurationKeys.Servers));
        Assert.Equal(said.Split(", ").Where(static one => one.Count(c => c == ':') == 2).Select(static one => one[4..]), settings.Membership.Names.Select(static name => name.ToString()));
        Assert.Equal(said.Split(", ").Select(static one => one.Count(c => c == ':') == 2 ? one[4..] : one), settings.Membership.Servers.Select(static name => name.ToString()));
    }

    [Theory]
    [InlineData("dns:10.0.0.1:6379", "is an address already, and no name to be looked up: leave dns: away")]
    [InlineData("dns:[::1]:6379", "is an address already")]
    [InlineData("dns:redis:", "has no port between 1 and 65535")]
    [InlineData("dns::6379", "has no host")]
    [InlineData("dns:a:1:2", "has more than one colon")]
    [InlineData("a:1, dns:a:1", "stands there both with dns: and without")]
    [InlineData("dns:a:1, a:01", "stands there both with dns: and without")]
    [InlineData("dns: a:1", "has white space in it")]
    [InlineData("dns:localhost:9000", "is this broadcaster itself")]
    public void A_name_that_is_none_is_a_fault(string servers, string fault) =>
        Assert.Contains(fault, Assert.Single(Reading.OfSets($"servers={servers}").Faults).Text, StringComparison.Ordinal);

    [Theory]
    [InlineData("TLS://A:01, tcp://b:2, c:3", "tls://a:1, tcp://b:2, c:3")]
    [InlineData("tls://dns:redis.example.com:6379, tcp://DNS:b:1", "tls://dns:redis.example.com:6379, tcp://dns:b:1")]
    [InlineData("tls://a:1, a:1, tcp://a:1", "tls://a:1")]
    [InlineData("a:1, tls://a:1", "a:1")]
    [InlineData("tls://[0::1]:1", "tls://[::1]:1")]
    [InlineData("tls://dns:6379", "tls://dns:6379")]
    public void How_it_is_spoken_to_stands_before_a_server_and_the_first_entry_counts(string servers, string said)
    {
        HostSettings settings = Reading.OfSets($"servers={servers}").Good();
        Assert.Equal(said, settings.Values.Text(ConfigurationKeys.Servers));
        Assert.Equal(
            said.Split(", ").Select(static one => one.StartsWith("tls:", StringComparison.Ordinal) ? true : one.StartsWith("tcp:", StringComparison.Ordinal) ? false : (bool?)null),
            settings.Membership.Servers.Select(static server => server.ByTls));
        Assert.Equal(said.Contains("dns:redis", StringComparison.Ordinal) ? 2 : 0, settings.Membership.Names.Length);
    }

    [Theory]
    [InlineData("redis://a:1", "begins with what is neither tls:// nor tcp://")]
    [InlineData("tls://tls://a:1", "begins with what is neither tls:// nor tcp://")]
    [InlineData("dns:tls://a:1", "has its scheme behind dns: (write tls://dns:name:port)")]
    [InlineData("tls://dns:10.0.0.1:1", "is an address already")]
    [InlineData("tls://a", "has no port")]
    [InlineData("a:1, tls://dns:a:1", "stands there both with dns: and without")]
    [InlineData("tls://localhost:9000", "is this broadcaster itself")]
    public void A_scheme_that_is_none_or_stands_elsewhere_is_a_fault(string servers, string fault) =>
        Assert.Contains(fault, Assert.Single(Reading.OfSets($"servers={servers}").Faults).Text, StringComparison.Ordinal);

    [Theory]
    [InlineData(1023, true)]
    [InlineData(1024, true)]
    [InlineData(1025, false)]
    public void So_many_entries_at_most(int count, bool isGood) =>
        Assert.Equal(isGood, Reading.OfSets($"servers={string.Join(',', Enumerable.Range(1, count).Select(static i => $"{(i % 2 == 0 ? "dns:" : "")}s{i}:1"))}").Settings is not null);

    [Theory]
    [InlineData("0", 0L)]
    [InlineData("0.5", 500L)]
    [InlineData("0.999", 999L)]
    [InlineData("1", 1000L)]
    [InlineData("1.000", 1000L)]
    [InlineData("1.001", null)]
    [InlineData("-0.5", null)]
    [InlineData(".5", null)]
    [InlineData("50%", null)]
    [InlineData("0.0001", null)]
    public void A_share_is_between_0_and_1(string text, long? thousandths)
    {
        ConfigurationReading reading = Reading.OfSets(Reading.Servers, $"servers_shrink_max={text}");
        Assert.Equal(thousandths, reading.Settings?.Membership.ShrinkMax);
        if (thousandths is null)
            Assert.Contains("servers_shrink_max=", Assert.Single(reading.Faults).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/var/lib/dynode", "/var/lib/dynode")]
    [InlineData("/var/lib/dynode//", "/var/lib/dynode")]
    [InlineData("/", "/")]
    [InlineData("state", null)]
    [InlineData("./state", null)]
    [InlineData("~/state", null)]
    public void A_directory_begins_at_the_root(string text, string? directory)
    {
        ConfigurationReading reading = Reading.OfSets(Reading.Servers, $"state_directory={text}");
        Assert.Equal(directory, reading.Settings?.StateDirectory);
        if (directory is null)
            Assert.Contains($"state_directory={text} is no path that begins with /", Assert.Single(reading.Faults).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ConfigurationLimits.DirectoryBytesMax - 1, true)]
    [InlineData(ConfigurationLimits.DirectoryBytesMax, true)]
    [InlineData(ConfigurationLimits.DirectoryBytesMax + 1, false)]
    public void A_directory_is_so_long_at_most(int bytes, bool isGood) =>
        Assert.Equal(isGood, Reading.OfSets(Reading.Servers, $"state_directory=/{new string('x', bytes - 1)}").Settings is not null);
}
