using System.Net;
using Dynode.Broadcast.Plane;
using Dynode.Native.Configuration;

namespace Dynode.UnitTests.Native.Configuration;

/// <summary>Who may come and how fast: the keys, from the file to the data plane.</summary>
public sealed class NetworkEntriesTests
{
    [Theory]
    [InlineData("10.0.0.0/8", "10.0.0.0/8")]
    [InlineData(" 10.0.0.0/8 ,fd00::/8,10.0.0.7/32 , ::ffff:10.0.0.0/104", "10.0.0.0/8, fd00::/8, 10.0.0.7")]
    [InlineData("10.0.0.0/8,\n  fd00::/8,\n", "10.0.0.0/8, fd00::/8")]
    [InlineData("10.0.0.0/8,", "10.0.0.0/8")]
    [InlineData("", "")]
    public void Networks_are_read_and_said_in_one_spelling(string text, string said)
    {
        HostSettings settings = Reading.OfSets(Reading.Servers, $"clients_allow={text}", $"clients_deny={text}").Good();
        Assert.Equal((said, said), (settings.Values.Text(ConfigurationKeys.ClientsAllow), settings.Values.Text(ConfigurationKeys.ClientsDeny)));
        Assert.Equal((said, said), (settings.Broadcast.ClientsAllow.ToString(), settings.Broadcast.ClientsDeny.ToString()));
        Assert.Equal(said.Length > 0, settings.Broadcast.ClientsAllow.Contains(IPAddress.Parse("10.0.0.7")));
    }

    [Theory]
    [InlineData("10.0.0.1/8", "entry 1 of clients_deny, \"10.0.0.1/8\", has bits set behind its prefix: write 10.0.0.0/8 for the network, or 10.0.0.1 for that one address")]
    [InlineData("10.0.0.0/8, 10.0.0.0/33", "entry 2 of clients_deny, \"10.0.0.0/33\", has no number from 0 to 32 behind its /")]
    [InlineData("10.0.0.0/8,,::1", "entry 2 of clients_deny is empty")]
    [InlineData(",", "entry 1 of clients_deny is empty")]
    [InlineData(",,", "entry 1 of clients_deny is empty|entry 2 of clients_deny is empty")]
    [InlineData("10.0.0.0/8 ::1", "entry 1 of clients_deny, \"10.0.0.0/8 ::1\", has white space in it; a comma stands between two networks")]
    [InlineData("10.0.0.0 /8", "entry 1 of clients_deny, \"10.0.0.0 /8\", has white space in it; a comma stands between two networks")]
    [InlineData("10.0.0.0/8;::1", "entry 1 of clients_deny, \"10.0.0.0/8;::1\", has no number from 0 to 32 behind its /")]
    [InlineData("lan", "entry 1 of clients_deny, \"lan\", is no network and no address of IPv4 or IPv6 (like 10.0.0.0/8, 10.0.0.7 or fd00::/8)")]
    public void What_is_none_is_named_with_what_to_write(string text, string faults) =>
        Assert.Equal(faults.Split('|').Select(static fault => "--set: " + fault), Reading.OfSets(Reading.Servers, $"clients_deny={text}").Faults());

    [Theory]
    [InlineData(1023)]
    [InlineData(1024)]
    [InlineData(1025)]
    public void There_are_at_most_1024(int count)
    {
        ConfigurationReading reading = Reading.OfSets(Reading.Servers, $"clients_allow={string.Join(',', Enumerable.Range(0, count).Select(static i => $"10.0.{i >> 8}.{i & 255}"))}");
        if (count > 1024)
            Assert.Equal(["--set: clients_allow has 1025 entries; at most 1024 are looked through"], reading.Faults());
        else
            Assert.True(reading.Good().Broadcast.ClientsAllow.Contains(IPAddress.Parse($"10.0.{(count - 1) >> 8}.{(count - 1) & 255}")));
    }

    [Fact]
    public void All_five_are_applied_by_a_reload()
    {
        HostSettings running = Reading.OfSets(Reading.Servers, "protocol=redis").Good();
        Reload reload = Reload.Between(running, Reading.OfSets(
            Reading.Servers, "protocol=redis", "clients_allow=10.0.0.0/8", "clients_deny=::1", "max_clients_per_address=3", "accept_rate=4", "request_rate=5"));

        Assert.Equal(["max_clients_per_address", "clients_allow", "clients_deny", "accept_rate", "request_rate"], reload.Applied.Select(static key => key.Name));
        Assert.Empty(reload.NeedRestart);
        BroadcastSettings now = reload.Settings!.Broadcast;
        Assert.Equal(("10.0.0.0/8", "::1", 3, 4, 5), (now.ClientsAllow.ToString(), now.ClientsDeny.ToString(), now.ClientsPerAddressMax, now.AcceptRate, now.RequestRate));
        Assert.Equal(now, now.Reloaded(running.Broadcast));

        // The same in another spelling changes nothing.
        Assert.Empty(Reload.Between(reload.Settings, Reading.OfSets(
            Reading.Servers, "protocol=redis", "clients_allow=::ffff:10.0.0.0/104", "clients_deny=0:0::1/128", "max_clients_per_address=03", "accept_rate=4", "request_rate=5")).Applied);
    }

    [Theory]
    [InlineData("raw", "0", true)]
    [InlineData("raw", "1", false)]
    [InlineData("redis", "1", true)]
    [InlineData("memcached", "1", true)]
    [InlineData("line", "1", true)]
    public void A_rate_of_requests_needs_a_protocol_that_knows_them(string protocol, string rate, bool isGood) =>
        Assert.Equal(
            isGood ? [] : ["--set: request_rate=1 needs a framed protocol; raw knows no requests: accept_rate and max_clients_per_address bound who comes"],
            Reading.OfSets(Reading.Servers, $"protocol={protocol}", $"request_rate={rate}").Faults.Select(static fault => fault.ToString()));
}
