using CsCheck;
using Dynode.Broadcast.Plane;
using Dynode.Native.Configuration;
using Dynode.Native.Membership;
using Microsoft.Extensions.Logging;

namespace Dynode.UnitTests.Native.Configuration;

public sealed class ConfigurationFileTests
{
    /// <summary>The keys and values of the original's own file, in its shape.</summary>
    private const string Original = """
        # Dynode Broadcaster configuration file
        #
        # the servers must be comma separated "host:port" values, like: "servers=127.0.0.1:8000, 127.0.0.2:8001"
        servers=127.0.0.1:6379

        ################################ AUTO-UPDATE  #################################
        servers_autoupdate=false
        servers_autoupdate_method=POST
        servers_autoupdate_url=http://example.com
        # servers_autoupdate_parameters=username=admin&password=hello&role=admin%20user
        servers_autoupdate_parameters=
        servers_autoupdate_refresh=10

        ############################## GENERAL SETTINGS ###############################
        host=localhost
        port=9000
        log_level=INFO

        ############################## NETWORK SETTINGS ###############################
        backlog_size=128
        reuse_addr=true
        discard_responses=false

        ############################## TIMEOUT SETTINGS ###############################
        connect_timeout=5
        reconnect_delay_timeout=10
        read_idle_timeout=60
        """;

    [Fact]
    public void The_originals_file_works_unchanged()
    {
        HostSettings settings = Reading.OfFile(Original).Good();

        Assert.Equal(
            new BroadcastSettings { Host = "localhost", Port = 9000, AcceptBacklog = 128, ReuseAddress = true, Reply = RawReply.All },
            settings.Broadcast);
        Assert.Equal("127.0.0.1:6379", Assert.Single(settings.Membership.Servers).ToString());
        Assert.False(settings.Membership.AutoUpdate);
        Assert.Equal(HttpMethodName.Post, settings.Membership.Method);
        Assert.Equal(TimeSpan.FromSeconds(10), settings.Membership.Refresh);
        Assert.Equal(LogLevel.Information, settings.LogLevel);
    }

    [Fact]
    public void Optional_keys_are_optional() => Reading.OfFile("servers=a:1\n").Good();

    [Fact]
    public void An_empty_value_means_the_default() =>
        Assert.Equal(9000, Reading.OfFile("servers=a:1\nport=\nlog_level=  \nservers_autoupdate=").Good().Broadcast.Port);

    [Theory]
    [InlineData("a=1&b=2")]
    [InlineData("a=&b==&c")]
    [InlineData("=")]
    [InlineData("@/etc/passwd")]
    [InlineData("username=admin&password=hello&role=admin%20user")]
    public void Parameters_with_equals_signs_or_empty_values_are_kept_as_written(string parameters) =>
        Assert.Equal(parameters, Reading.OfFile($"servers=a:1\nservers_autoupdate_parameters = {parameters}\r\n").Good().Membership.Parameters);

    [Fact]
    public void White_space_carriage_returns_and_a_byte_order_mark_are_no_part_of_keys_and_values()
    {
        HostSettings settings = Reading.OfFile("\uFEFFservers=a:1\r\n \t port \t=\t 9100 \r\n\r\n   # comment\r\nhost=::1").Good();

        Assert.Equal(9100, settings.Broadcast.Port);
        Assert.Equal("::1", settings.Broadcast.Host);
    }

    [Fact]
    public void A_hash_inside_a_value_is_part_of_it() =>
        Assert.Equal("a=#b", Reading.OfFile("servers=a:1\nservers_autoupdate_parameters=a=#b").Good().Membership.Parameters);

    [Fact]
    public void A_key_that_is_set_twice_is_a_fault_that_names_both_lines() =>
        Assert.Equal(["configuration:3: port is set here and in line 1"], Reading.OfFile("port=1\nservers=a:1\nport=2").Faults());

    [Fact]
    public void A_line_without_equals_sign_is_a_fault_that_shows_nothing_of_it()
    {
        string fault = Assert.Single(Reading.OfFile("servers=a:1\nclient_password hunter2").Faults());

        Assert.StartsWith("configuration:2: this line has no \"=\"", fault, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_without_key_is_a_fault() =>
        Assert.Equal(["configuration:2: there is no key in front of \"=\""], Reading.OfFile("servers=a:1\n = 5").Faults());

    [Fact]
    public void Wrong_bytes_may_stand_in_a_comment_and_in_no_value()
    {
        Reading.OfFile([.. "servers=a:1\n# d"u8, 0xE9, .. "j"u8, 0xE0]).Good();
        Assert.Equal(["configuration:1: servers_autoupdate_parameters holds characters that are no text"],
            Reading.OfFile([.. "servers_autoupdate_parameters="u8, 0xE9, .. "\nservers=a:1"u8]).Faults());
    }

    [Fact]
    public void A_zero_byte_is_a_fault() =>
        Assert.Equal(["configuration: is no text: byte 11 is zero"], Reading.OfFile("servers=a:1\0").Faults());

    [Theory]
    [InlineData(-1, true)]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public void A_file_has_a_bound(int beyond, bool isGood)
    {
        string content = "servers=a:1\n#".PadRight(ConfigurationLimits.FileBytesMax + beyond, 'x');

        Assert.Equal(isGood ? [] : ["configuration: is larger than 1048576 bytes"], isGood ? [] : Reading.OfFile(content).Faults());
        if (isGood)
            Reading.OfFile(content).Good();
    }

    [Fact]
    public void A_file_that_is_missing_or_a_directory_is_one_clear_fault()
    {
        using var folder = new TemporaryFolder();

        Assert.Equal($"{folder.Root}: is a directory", Assert.Single(Reading.Of(folder.Root, []).Faults).ToString());
        Assert.Equal($"{folder.Root}/no: does not exist", Assert.Single(Reading.Of($"{folder.Root}/no", []).Faults).ToString());
        Assert.Equal("-c: no path was given", Assert.Single(Reading.Of("", []).Faults).ToString());
    }

    [Fact]
    public void A_file_without_end_is_not_read_to_its_end() =>
        Assert.Equal("/dev/zero: is larger than 1048576 bytes", Assert.Single(Reading.Of("/dev/zero", []).Faults).ToString());

    [Fact]
    public void No_content_is_too_strange_to_be_judged() =>
        Gen.OneOf(Gen.Byte.Array[0, 200], Gen.Char["=#\n\r \tabc:,@/10.é\uFEFF"].Array[0, 200].Select(chars => System.Text.Encoding.UTF8.GetBytes(chars)))
            .Sample(bytes =>
            {
                var assignments = new List<Assignment>();
                var faults = new List<ConfigurationFault>();
                ConfigurationFile.Parse("f", bytes, assignments, faults);
                return assignments.All(assignment => assignment.Key.Length > 0 && assignment.Key == assignment.Key.Trim() && !assignment.Key.StartsWith('#'))
                    && assignments.Select(assignment => assignment.Key).Distinct().Count() == assignments.Count;
            });

    [Fact]
    public void What_is_written_is_what_is_read() =>
        Gen.Select(Gen.Char.AlphaNumeric.Array[1, 20], Gen.Char[' ', '~'].Array[0, 40]).Array[0, 20].Sample(pairs =>
        {
            (string Key, string Value)[] written = [.. pairs.Select(pair => (Key: new string(pair.Item1), Value: new string(pair.Item2).Trim())).DistinctBy(pair => pair.Key)];
            string content = string.Join('\n', written.Select(pair => $"{pair.Key}={pair.Value}"));
            var assignments = new List<Assignment>();
            var faults = new List<ConfigurationFault>();
            ConfigurationFile.Parse("f", System.Text.Encoding.UTF8.GetBytes(content), assignments, faults);
            return faults.Count == 0 && assignments.Select(assignment => (assignment.Key, assignment.Value)).SequenceEqual(written);
        });
}
