using Dynode.Broadcast.Plane;
using Dynode.Native.Configuration;

namespace Dynode.UnitTests.Native.Configuration;

public sealed class CrossChecksTests
{
    [Fact]
    public void Neither_servers_nor_a_url_is_a_fault() =>
        Assert.Equal(
            ["configuration: there are no servers: set servers=host:port, or servers_autoupdate=true and servers_autoupdate_url"],
            Reading.OfFile("port=9000").Faults());

    [Fact]
    public void Auto_update_needs_a_url() =>
        Assert.Equal(["configuration:1: servers_autoupdate=true needs servers_autoupdate_url"], Reading.OfFile("servers_autoupdate=true").Faults());

    [Fact]
    public void A_url_alone_is_enough() =>
        Assert.Equal("http://list/", Reading.OfSets("servers_autoupdate=true", "servers_autoupdate_url=http://list").Good().Membership.Url!.ToString());

    [Theory]
    [InlineData("ftp://list/")]
    [InlineData("list/")]
    [InlineData("//list")]
    [InlineData("http:///")]
    [InlineData("file:///etc/passwd")]
    public void A_url_that_is_not_of_the_web_is_a_fault(string url) =>
        Assert.Equal([$"--set: servers_autoupdate_url={url} is no http:// or https:// URL"], Reading.OfSets(Reading.Servers, $"servers_autoupdate_url={url}").Faults());

    [Fact]
    public void Servers_keep_their_order_and_stand_once() =>
        Assert.Equal(
            ["b:2", "a:1", "[::1]:3", "127.0.0.1:4"],
            Reading.OfSets("servers= b:2,a:1 , [::1]:3, B:02 ,a:1,[0:0::1]:3, 127.0.0.1:4,").Good().Membership.Servers.Select(server => server.ToString()));

    [Theory]
    [InlineData("a:1,\tb:2")]
    [InlineData("a:1,\nb:2\n")]
    [InlineData("\r\n  a:1 ,\r\n  b:2,\r\n")]
    [InlineData("a:1\v,\fb:2")]
    public void Any_white_space_beside_a_comma_is_no_part_of_a_server(string servers)
    {
        string[] expected = ["a:1", "b:2"];
        Assert.Equal(expected, Reading.Of(null, [("DYNODE__SERVERS", servers)]).Good().Membership.Servers.Select(server => server.ToString()));
        Assert.Equal(expected, Reading.OfSets($"servers={servers}").Good().Membership.Servers.Select(server => server.ToString()));
    }

    [Theory]
    [InlineData("a:1 b:2")]
    [InlineData("a:1\nb:2")]
    [InlineData("a\t:1")]
    public void White_space_within_a_server_is_a_fault_that_says_so(string servers) =>
        Assert.Contains("has white space in it", Assert.Single(Reading.OfSets($"servers={servers}").Faults()), StringComparison.Ordinal);

    [Theory]
    [InlineData("a:1\0")]
    [InlineData("a:1,\u001bb:2")]
    public void Characters_that_are_no_text_stay_a_fault(string servers) =>
        Assert.Contains("are no text", Assert.Single(Reading.OfSets($"servers={servers}").Faults()), StringComparison.Ordinal);

    [Theory]
    [InlineData("75m", false)]
    [InlineData("76m", true)]
    [InlineData(null, false)]
    public void Memory_that_was_set_must_fit_into_the_heap_of_a_limited_address_space(string? memory, bool isFault)
    {
        var faults = new List<ConfigurationFault>();
        EffectiveValues values = Reading.OfSets([Reading.Servers, .. memory is null ? Array.Empty<string>() : [$"memory_max={memory}"]]).Good().Values;
        CrossChecks.MemoryHasAddresses(values, null, faults);
        Assert.Empty(faults);
        CrossChecks.MemoryHasAddresses(values, 200 << 20, faults);
        Assert.Equal(isFault ? ["--set: memory_max=76m does not fit into the addresses that this process may use (209715200 bytes by ulimit -v): at most 78643200"] : [], faults.Select(fault => fault.ToString()));
    }

    [Theory]
    [InlineData("localhost.:9000", "localhost")]
    [InlineData("localhost:9000", "localhost.")]
    [InlineData("a.example.:9000", "a.example")]
    [InlineData("127.0.0.1:9000", "localhost.")]
    public void A_final_dot_hides_no_server_that_is_this_broadcaster(string server, string host) =>
        Assert.Contains("this broadcaster itself", Assert.Single(Reading.OfSets($"servers={server}", $"host={host}").Faults()), StringComparison.Ordinal);

    [Fact]
    public void Ipv6_and_malformed_addresses_are_never_ignored_in_silence() =>
        Assert.Equal(
            [
                "--set: entry 1 of servers, \"::1:6379\", has more than one colon; an IPv6 address is written [::1]:6379",
                "--set: entry 3 of servers, \"a\", has no port (host:port)",
                "--set: entry 4 of servers is empty",
                "--set: entry 5 of servers, \"a:0\", has no port between 1 and 65535",
                "--set: entry 6 of servers, \"a:b:1\", has more than one colon; an IPv6 address is written [::1]:6379",
                "--set: entry 7 of servers, \"[::x]:1\", has no IPv6 address between its brackets",
            ],
            Reading.OfSets("servers=::1:6379, [::1]:6379, a, , a:0, a:b:1, [::x]:1").Faults());

    [Theory]
    [InlineData(ConfigurationLimits.ServersMax - 1, true)]
    [InlineData(ConfigurationLimits.ServersMax, true)]
    [InlineData(ConfigurationLimits.ServersMax + 1, false)]
    public void The_number_of_servers_has_a_bound(int count, bool isGood)
    {
        ConfigurationReading reading = Reading.OfSets("servers=" + string.Join(',', Enumerable.Range(1, count).Select(port => $"a:{port}")));

        Assert.Equal(isGood, reading.Faults.IsEmpty);
    }

    [Theory]
    [InlineData("fastest")]
    [InlineData("majority")]
    [InlineData("every")]
    public void Raw_does_not_know_the_policies_of_framed_protocols(string reply) =>
        Assert.Equal([$"--set: reply={reply} needs a framed protocol; raw knows all, primary and none"], Reading.OfSets(Reading.Servers, $"reply={reply}").Faults());

    [Fact]
    public void Discarding_responses_is_the_policy_none()
    {
        HostSettings settings = Reading.OfSets(Reading.Servers, "discard_responses=true").Good();

        Assert.Equal(RawReply.None, settings.Broadcast.Reply);
        Assert.Equal("discard_responses (--set)", settings.Values[ConfigurationKeys.Reply].Source.ToString());
        Reading.OfSets(Reading.Servers, "discard_responses=true", "reply=none").Good();
        Reading.OfSets(Reading.Servers, "discard_responses=false", "reply=none").Good();
    }

    [Fact]
    public void A_reply_that_disagrees_with_discarding_responses_is_a_fault() =>
        Assert.Equal(
            ["--set: reply=all disagrees with discard_responses=true (--set), which is reply=none"],
            Reading.OfSets(Reading.Servers, "discard_responses=true", "reply=all").Faults());

    [Theory]
    [InlineData("512k", true)]
    [InlineData("1048575", true)]
    [InlineData("1m", true)]
    [InlineData("1048577", false)]
    public void A_backlog_is_at_most_half_of_all_memory(string backlog, bool isGood) =>
        Assert.Equal(isGood, Reading.OfSets(Reading.Servers, "memory_max=2m", $"backlog_bytes={backlog}").Faults.IsEmpty);

    [Theory]
    [InlineData("raw", "line_framing line_replies memcached_cas client_password backend_username backend_password request_rate max_request_bytes max_reply_bytes max_in_flight handover_timeout slow_request slowlog_max access_log_sample log_timeout log_reads log_window log_lease catchup_rate catchup_servers exactly_once exactly_once_key exactly_once_rewrite log_replicas log_keep log_bytes log_user log_password log_token log_creds log_ca log_cert log_key")]
    [InlineData("redis", "raw_resume line_framing line_replies memcached_cas")]
    [InlineData("memcached", "raw_resume line_framing line_replies client_password backend_username backend_password exactly_once exactly_once_key exactly_once_rewrite")]
    [InlineData("line", "raw_resume memcached_cas client_password backend_username backend_password exactly_once exactly_once_key exactly_once_rewrite")]
    public void A_key_that_the_protocol_does_not_look_at_is_named_as_without_effect(string protocol, string keys)
    {
        string[] all = [.. KeyTable.All.Where(key => key.Scope != ProtocolScope.Every).Select(key => key.Name)];
        string[] sets = [.. all.Select(name => $"{name}={name switch
        {
            "raw_resume" => "session",
            "line_framing" => "octet",
            "line_replies" => "1",
            "memcached_cas" => "true",
            "max_in_flight" => "8",
            "request_rate" => "0",
            "handover_timeout" or "slow_request" or "slowlog_max" => "1",
            "access_log_sample" or "log_timeout" or "log_window" or "log_replicas" => "2",
            "log_reads" => "stream",
            "exactly_once" or "exactly_once_rewrite" => "false",
            "log_lease" or "log_keep" => "90",
            "catchup_rate" or "catchup_servers" => "1",
            "log_bytes" => "1g",
            "log_ca" or "log_cert" or "log_key" => "/x",
            "max_request_bytes" or "max_reply_bytes" => "1m",
            _ => "x",
        }}")];
        HostSettings settings = Reading.OfSets([Reading.Servers, $"protocol={protocol}", .. sets]).Good();

        Assert.Equal(keys.Split(' '), settings.WithoutEffect.Select(key => key.Name));
        Assert.Empty(Reading.OfSets(Reading.Servers, $"protocol={protocol}").Good().WithoutEffect);
    }

    [Theory]
    [InlineData("line", "line_replies=0", "primary", false)]
    [InlineData("line", "line_replies=0", "all", false)]
    [InlineData("line", "line_replies=0", "none", true)]
    [InlineData("line", "line_replies=1", "all", true)]
    [InlineData("line", "line_replies=1", "primary", true)]
    [InlineData("line", "line_replies=1", "none", true)]
    [InlineData("line", "line_replies=1", "fastest", true)]
    [InlineData("line", "line_replies=1", "majority", true)]
    [InlineData("line", "line_replies=1", "every", true)]
    [InlineData("redis", "line_replies=0", "every", true)]
    [InlineData("memcached", "line_replies=0", "majority", true)]
    public void Lines_that_nobody_answers_leave_no_reply_to_choose(string protocol, string replies, string reply, bool isGood)
    {
        ConfigurationReading reading = Reading.OfSets(Reading.Servers, $"protocol={protocol}", replies, $"reply={reply}");

        Assert.Equal(
            isGood ? [] : [$"--set: reply={reply} needs line_replies=1: with line_replies=0 (--set) servers answer no line, and only reply=none is possible"],
            reading.Faults.Select(fault => fault.ToString()));
    }

    [Theory]
    [InlineData("raw", "off", true)]
    [InlineData("raw", "connections", true)]
    [InlineData("raw", "requests", false)]
    [InlineData("redis", "requests", true)]
    [InlineData("line", "requests", true)]
    public void An_access_log_of_requests_needs_a_protocol_that_knows_them(string protocol, string access, bool isGood)
    {
        Assert.Equal(
            isGood ? [] : ["--set: access_log=requests needs a framed protocol; raw knows no requests: access_log=connections"],
            Reading.OfSets(Reading.Servers, $"protocol={protocol}", $"access_log={access}").Faults.Select(fault => fault.ToString()));
    }

    [Fact]
    public void A_backend_username_needs_a_password()
    {
        Assert.Equal(["--set: backend_username needs backend_password"], Reading.OfSets(Reading.Servers, "protocol=redis", "backend_username=u").Faults());
        Reading.OfSets(Reading.Servers, "protocol=redis", "backend_username=u", "backend_password=p").Good();
        Reading.OfSets(Reading.Servers, "protocol=redis", "backend_password=p").Good();
    }

    [Theory]
    [InlineData("localhost", "localhost:9000", true)]
    [InlineData("localhost", "LOCALHOST:9000", true)]
    [InlineData("localhost", "localhost:9001", false)]
    [InlineData("localhost", "127.0.0.1:9000", true)]
    [InlineData("localhost", "[::1]:9000", true)]
    [InlineData("localhost", "[0:0:0:0:0:0:0:1]:9000", true)]
    [InlineData("localhost", "[::ffff:127.0.0.1]:9000", true)]
    [InlineData("localhost", "0.0.0.0:9000", true)]
    [InlineData("localhost", "[::]:9000", true)]
    [InlineData("localhost", "127.0.0.2:9000", false)]
    [InlineData("localhost", "10.0.0.1:9000", false)]
    [InlineData("127.0.0.1", "localhost:9000", true)]
    [InlineData("127.0.0.1", "127.0.0.1:9000", true)]
    [InlineData("127.0.0.1", "[::ffff:7f00:1]:9000", true)]
    [InlineData("127.0.0.2", "127.0.0.1:9000", false)]
    [InlineData("127.0.0.2", "[::ffff:127.0.0.2]:9000", true)]
    [InlineData("::1", "[::1]:9000", true)]
    [InlineData("::1", "localhost:9000", true)]
    [InlineData("*", "127.0.0.2:9000", true)]
    [InlineData("*", "[::1]:9000", true)]
    [InlineData("*", "localhost:9000", true)]
    [InlineData("*", "10.0.0.1:9000", false)]
    [InlineData("0.0.0.0", "localhost:9000", true)]
    [InlineData("0.0.0.0", "127.3.2.1:9000", true)]
    [InlineData("10.0.0.1", "10.0.0.1:9000", true)]
    [InlineData("10.0.0.1", "localhost:9000", false)]
    [InlineData("proxy.example", "PROXY.example:9000", true)]
    [InlineData("proxy.example", "other.example:9000", false)]
    public void A_broadcaster_that_lists_itself_is_refused(string host, string server, bool isRefused)
    {
        string[] faults = [.. Reading.OfSets($"host={host}", $"servers=10.9.9.9:1, {server}").Faults.Select(fault => fault.Text)];

        Assert.Equal(isRefused ? 1 : 0, faults.Length);
        Assert.All(faults, fault => Assert.Contains("is this broadcaster itself", fault, StringComparison.Ordinal));
    }
}
