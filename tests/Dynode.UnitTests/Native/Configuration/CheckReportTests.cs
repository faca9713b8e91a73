using Dynode.Native.Configuration;

namespace Dynode.UnitTests.Native.Configuration;

public sealed class CheckReportTests
{
    [Fact]
    public void Every_key_is_one_line_with_value_and_place_in_the_tables_order()
    {
        string[] lines = [.. Lines(Reading.Servers, "connect_timeout=0.250", "memory_max=65536k").Where(line => !line.StartsWith('#'))];

        Assert.Equal(KeyTable.All.Select(key => key.Name), lines.Select(line => line[..line.IndexOf('=', StringComparison.Ordinal)]));
        Assert.Contains("servers=10.0.0.1:6379\t--set", lines);
        Assert.Contains("connect_timeout=0.25\t--set", lines);
        Assert.Contains("memory_max=64m\t--set", lines);
        Assert.Contains("port=9000\tdefault", lines);
    }

    [Fact]
    public void A_computed_default_says_how_it_was_computed() =>
        Assert.Contains("memory_max=1g\tdefault: half of the memory that this process may use, at most 1g", Lines(Reading.Servers));

    [Theory]
    [InlineData("reply=all\tdefault: with protocol=raw", "protocol=raw")]
    [InlineData("backlog_bytes=256k\tdefault: for each client, with protocol=raw", "protocol=raw")]
    [InlineData("reply=primary\tdefault: with protocol=redis", "protocol=redis")]
    [InlineData("reply=none\tdiscard_responses (--set)", "protocol=redis", "discard_responses=true")]
    [InlineData("backlog_bytes=64m\tdefault: for all clients together, with a framed protocol", "protocol=redis")]
    [InlineData("backlog_bytes=50m\tdefault: half of memory_max", "protocol=redis", "memory_max=100m")]
    [InlineData("backlog_bytes=256m\tdefault: 4 times max_request_bytes", "protocol=redis", "max_request_bytes=64m")]
    [InlineData("max_request_bytes=2m\tdefault: a quarter of backlog_bytes", "protocol=redis", "backlog_bytes=8m")]
    [InlineData("max_request_bytes=16m\tdefault", "protocol=redis")]
    public void A_default_that_other_keys_decide_says_which(string line, params string[] sets) =>
        Assert.Contains(line, Lines([Reading.Servers, .. sets]));

    [Theory]
    [InlineData(4, "memory_max=2m")]
    [InlineData(2048, "memory_max=1g")]
    [InlineData(3, "memory_max=2m", "backlog_bytes=262145")]
    [InlineData(1, "memory_max=2m", "backlog_bytes=1m")]
    public void Of_raw_it_says_from_how_many_clients_on_memory_is_the_bound(long full, params string[] sets) =>
        Assert.Contains(
            $"# backlogs full={full}\tclients that can each have backlog_bytes held; from {full + 1} on that are behind, half of memory_max is the bound, for all together",
            Lines([Reading.Servers, .. sets]));

    [Fact]
    public void Of_the_framed_protocols_it_does_not_for_all_clients_share_one_log() =>
        Assert.DoesNotContain(Lines(Reading.Servers, "protocol=redis"), line => line.StartsWith("# backlogs", StringComparison.Ordinal));

    [Fact]
    public void What_has_no_effect_is_marked() =>
        Assert.Contains("line_replies=1\t--set; without effect: protocol=raw", Lines(Reading.Servers, "line_replies=1"));

    [Fact]
    public void What_another_protocol_looks_at_is_marked_too() =>
        Assert.Contains("raw_resume=session\t--set; without effect: protocol=line", Lines(Reading.Servers, "protocol=line", "raw_resume=session"));

    [Fact]
    public void Its_first_column_is_a_configuration_of_the_same_values()
    {
        string[] sets = [Reading.Servers, "port=9100", "reply=primary", "stall_timeout=0.5", "memory_max=100m", "servers_autoupdate_url=https://list/?a=b"];
        HostSettings settings = Reading.OfSets(sets).Good();
        string file = string.Join('\n', Lines(sets).Select(line => line.Split('\t')[0]));

        Assert.All(KeyTable.All, key => Assert.Equal(settings.Values[key].Value, Reading.OfFile(file).Good().Values[key].Value));
    }

    [Fact]
    public void The_memory_budget_is_the_sum_of_its_named_holders()
    {
        var budget = MemoryBudget.Of(Reading.OfSets(Reading.Servers, "memory_max=100m").Good());

        Assert.Equal("total", budget[^1].Holder);
        Assert.Equal(budget[^1].Bytes, budget[..^1].Sum(line => line.Bytes));
        Assert.Equal(100 << 20, budget.Where(line => line.Holder.StartsWith("pages.", StringComparison.Ordinal)).Sum(line => line.Bytes));
        Assert.Equal(budget.Length, budget.Select(line => line.Holder).Distinct().Count());
        Assert.Contains($"# memory total={budget[^1].Bytes}\tthe sum", Lines(Reading.Servers, "memory_max=100m"));
    }

    [Theory]
    [InlineData("raw", 1, 10 * 2 * 2048, 0)]
    [InlineData("raw", 3, 10 * 4 * 2048, 0)]
    [InlineData("redis", 1, 11 * 2048, 128 * (72 + 160))]
    [InlineData("memcached", 3, 13 * 2048, 128 * (88 + 160))]
    public void A_framed_client_costs_no_connection_and_a_request_in_flight_has_a_place_for_each_server(
        string protocol, int servers, long sessions, long slots)
    {
        string list = string.Join(',', Enumerable.Range(1, servers).Select(port => $"a:{port}"));
        var budget = MemoryBudget.Of(
            Reading.OfSets($"servers={list}", $"protocol={protocol}", "max_clients=10", "max_in_flight=100", "memory_max=100m").Good());

        Assert.Equal(sessions, budget.Single(line => line.Holder == "sessions").Bytes);
        Assert.Equal(slots, budget.Single(line => line.Holder == "slots").Bytes);
        Assert.Equal(budget[^1].Bytes, budget[..^1].Sum(line => line.Bytes));
    }

    /// <summary>In raw each client has connections of its own.</summary>
    [Theory]
    [InlineData("raw", "a:1,b:1", 0)]
    [InlineData("raw", "tls://a:1,b:1", 10 * 61_440)]
    [InlineData("raw", "tls://a:1,tls://b:1", 10 * 2 * 61_440)]
    [InlineData("redis", "tls://a:1,tls://b:1", 2 * 61_440)]
    public void Connections_to_servers_by_TLS_are_in_the_sum(string protocol, string servers, long bytes)
    {
        var budget = MemoryBudget.Of(Reading.OfSets($"servers={servers}", $"protocol={protocol}", "max_clients=10").Good());
        Assert.Equal(bytes, budget.Single(static line => line.Holder == "tls").Bytes);
    }

    private static string[] Lines(params string[] sets)
    {
        var output = new StringWriter();
        CheckReport.Write(Reading.OfSets(sets).Good(), output);
        return output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
