using Dynode.Broadcast.Plane;
using Dynode.Native.Configuration;
using Dynode.Native.Hosting.Logging;
using Microsoft.Extensions.Logging;

namespace Dynode.UnitTests.Native.Configuration;

public sealed class ConfigurationLoaderTests
{
    [Fact]
    public void The_command_line_wins_over_the_environment_that_over_the_file_that_over_the_default()
    {
        using var folder = new TemporaryFolder();
        string file = folder.Write("configuration", "servers=a:1\nport=1\nmax_clients=1\nstall_timeout=1");
        EffectiveValues values = Reading.Of(file, [("DYNODE__PORT", "2"), ("DYNODE__MAX_CLIENTS", "2")], "port=3").Good().Values;

        Assert.Equal(("3", "--set"), Shown(ConfigurationKeys.Port));
        Assert.Equal(("2", "environment DYNODE__MAX_CLIENTS"), Shown(ConfigurationKeys.MaxClients));
        Assert.Equal(("1", $"{file}:4"), Shown(ConfigurationKeys.StallTimeout));
        Assert.Equal(("60", "default"), Shown(ConfigurationKeys.ReplyTimeout));

        (string, string) Shown(ConfigurationKey key) => (values.Text(key), values[key].Source.ToString());
    }

    [Fact]
    public void Of_two_settings_of_one_key_the_last_counts() =>
        Assert.Equal(2, Reading.OfSets(Reading.Servers, "port=1", "port=2").Good().Broadcast.Port);

    [Fact]
    public void An_empty_value_of_a_stronger_place_means_the_default_too() =>
        Assert.Equal(9000, Reading.OfFile("servers=a:1\nport=1", "port=").Good().Broadcast.Port);

    [Fact]
    public void Without_a_file_environment_and_command_line_are_enough() =>
        Assert.Equal("a:1", Assert.Single(Reading.Of(null, [("DYNODE__SERVERS", "a:1")]).Good().Membership.Servers).ToString());

    [Fact]
    public void The_environments_keys_have_two_underscores_in_any_case_and_others_are_ignored()
    {
        HostSettings settings = Reading.Of(null, [("DYNODE__Max_Clients", "7"), ("DYNODE_PORT", "tcp://10.0.0.1:9000"), ("DYNODE_SERVICE_HOST", "x"), ("PORT", "x")], Reading.Servers).Good();

        Assert.Equal(7, settings.Broadcast.ClientsMax);
        Assert.Equal(9000, settings.Broadcast.Port);
    }

    [Fact]
    public void A_key_that_two_variables_set_is_a_fault() =>
        Assert.Equal(
            ["environment DYNODE__port: port is set by DYNODE__PORT too"],
            Reading.Of(null, [("DYNODE__port", "1"), ("DYNODE__PORT", "2")], Reading.Servers).Faults());

    [Theory]
    [InlineData("prot", "port")]
    [InlineData("prt", "port")]
    [InlineData("oprt", "port")]
    [InlineData("PORT", "port")]
    [InlineData("server", "servers")]
    [InlineData("timeout_connect", "connect_timeout")]
    [InlineData("server_autoupdate_url", "servers_autoupdate_url")]
    [InlineData("max_client", "max_clients")]
    [InlineData("memory-max", "memory_max")]
    public void An_unknown_key_is_a_fault_that_names_the_nearest(string name, string nearest)
    {
        string fault = Assert.Single(Reading.OfSets(Reading.Servers, $"{name}=1").Faults());

        Assert.StartsWith($"--set: unknown key \"{name}\"; the nearest known key is \"", fault, StringComparison.Ordinal);
        if (name != "timeout_connect")
            Assert.EndsWith($"\"{nearest}\"", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_key_of_any_length_and_content_is_shown_in_one_short_line() =>
        Assert.All(Reading.OfSets(Reading.Servers, new string('x', 100_000) + "=1", "a\n\u001b[31m=1").Faults(), fault =>
        {
            Assert.True(fault.Length < 300);
            Assert.DoesNotContain(fault, char.IsControl);
        });

    [Fact]
    public void All_faults_come_at_once_each_with_its_place()
    {
        using var folder = new TemporaryFolder();
        string file = folder.Write("configuration", "servers=a:1, b\nport=x\nprot=1\nport=2\nreuse_addr=yes");

        Assert.Equal(
            [
                "configuration:4: port is set here and in line 2",
                "--set: number 2 is not key=value",
                "configuration:1: entry 2 of servers, \"b\", has no port (host:port)",
                "configuration:2: port=x is no whole number",
                "configuration:3: unknown key \"prot\"; the nearest known key is \"port\"",
                "configuration:5: reuse_addr=yes is neither true nor false",
                "environment DYNODE__NOPE: unknown key \"nope\"; the nearest known key is \"host\"",
                "--set: log_level=LOUD is none of TRACE, DEBUG, INFO, WARN, ERROR",
                "--set: backlog_bytes=2g is more than half of memory_max=1g (default)",
            ],
            Reading.Of(file, [("DYNODE__NOPE", "1")], "log_level=LOUD", "oops", "backlog_bytes=2g").Faults());
    }

    [Fact]
    public void A_wrong_value_is_a_fault_also_where_it_is_overridden() =>
        Assert.Equal(["configuration:1: port=x is no whole number"], Reading.OfFile("port=x", Reading.Servers, "port=1").Faults());

    [Theory]
    [InlineData("TRUE", true)]
    [InlineData("True", true)]
    [InlineData("false", false)]
    public void Truth_is_written_in_any_case(string text, bool truth) =>
        Assert.Equal(truth, Reading.OfSets(Reading.Servers, $"reuse_addr={text}").Good().Broadcast.ReuseAddress);

    [Fact]
    public void Words_are_written_in_any_case_and_mean_what_they_say()
    {
        HostSettings settings = Reading.OfSets(
            Reading.Servers, "log_level=warn", "log_format=JSON", "reply=Primary", "raw_resume=SESSION", "servers_autoupdate_method=put").Good();

        Assert.Equal(LogLevel.Warning, settings.LogLevel);
        Assert.Equal(LogFormat.Json, settings.LogFormat);
        Assert.Equal(RawReply.Primary, settings.Broadcast.Reply);
        Assert.Equal(RawResume.Session, settings.Broadcast.Resume);
        Assert.Equal(Dynode.Native.Membership.HttpMethodName.Put, settings.Membership.Method);
    }

    [Theory]
    [InlineData("TRACE", LogLevel.Trace)]
    [InlineData("DEBUG", LogLevel.Debug)]
    [InlineData("INFO", LogLevel.Information)]
    [InlineData("ERROR", LogLevel.Error)]
    public void Levels_are_those_of_the_log(string text, LogLevel level) =>
        Assert.Equal(level, Reading.OfSets(Reading.Servers, $"log_level={text}").Good().LogLevel);

    [Theory]
    [InlineData("all", RawReply.All)]
    [InlineData("none", RawReply.None)]
    public void Replies_are_those_of_the_data_plane(string text, RawReply reply) =>
        Assert.Equal(reply, Reading.OfSets(Reading.Servers, $"reply={text}").Good().Broadcast.Reply);

    [Theory]
    [InlineData("*", "*")]
    [InlineData("LocalHost", "localhost")]
    [InlineData("0.0.0.0", "0.0.0.0")]
    [InlineData("::1", "::1")]
    [InlineData("[::1]", "::1")]
    [InlineData("2001:DB8::0:1", "2001:db8::1")]
    public void A_host_is_a_name_an_address_or_everything(string text, string host) =>
        Assert.Equal(host, Reading.OfSets(Reading.Servers, $"host={text}").Good().Broadcast.Host);

    [Theory]
    [InlineData("a b")]
    [InlineData("localhost:9000")]
    [InlineData("127.1")]
    [InlineData("300.0.0.1")]
    [InlineData("http://a")]
    [InlineData("*.a")]
    public void Other_hosts_are_faults(string text) =>
        Assert.Equal([$"--set: host={text} is no host name, no IP address and not *"], Reading.OfSets(Reading.Servers, $"host={text}").Faults());
}
