using System.Globalization;
using System.Text.RegularExpressions;
using Dynode.Broadcast.Backends;
using Dynode.Native.Admin;
using Dynode.Streams;
using Dynode.Streams.Claims;
using Dynode.UnitTests.House;

namespace Dynode.UnitTests.Native.Admin;

/// <summary>What is scraped is what the table says, in every mode, and does not grow with clients.</summary>
public sealed partial class MetricTableTests
{
    /// <summary>Names as Prometheus wants them: a prefix, base units, and what only grows ends in _total.</summary>
    [Fact]
    public void Every_family_is_named_as_it_is_counted()
    {
        Assert.Equal(MetricTable.All.Length, MetricTable.All.Select(family => family.Name).Distinct().Count());
        foreach (var family in MetricTable.All)
        {
            Assert.Matches("^(dynode|process)_[a-z_]+$", family.Name);
            Assert.Equal(family.Type == MetricType.Counter, family.Name.EndsWith("_total", StringComparison.Ordinal));
            Assert.EndsWith(".", family.Help, StringComparison.Ordinal);
            Assert.All(family.Labels, label => Assert.Contains(label, (string[])["server", "reason", "share", "order", "outcome", "route", "version", "protocol", "reply", "state", "mode"]));
        }
    }

    [Theory]
    [InlineData("raw", "all")]
    [InlineData("redis", "primary")]
    [InlineData("memcached", "all")]
    [InlineData("redis", "none")]
    [InlineData("line", "none")]
    public async Task A_scrape_holds_the_families_that_have_a_meaning_and_no_others(string protocol, string reply)
    {
        using var admin = new AdminUnderTest(static () => AdminUnderTest.Snapshot(("10.0.0.1:1", BackendState.Up), ("10.0.0.2:1", BackendState.Down)), TimeProvider.System, $"protocol={protocol}", $"reply={reply}");
        string text = (await admin.AskAsync("/metrics")).Body;
        var scraped = Families(text);
        string[] never = ["dynode_server_catch_up_seconds", "dynode_servers_list_age_seconds", "dynode_servers_list_faults_total"];
        foreach (var family in MetricTable.All)
        {
            bool hasMeaning = family.Scope switch { "" => true, "raw" => protocol == "raw", "framed" => protocol != "raw", LogMetrics.Scope or TlsMetrics.Scope or TlsMetrics.CertificateScope or TlsMetrics.AdminScope => false, _ => protocol != "raw" && reply != "none" };
            Assert.Equal(hasMeaning && !never.Contains(family.Name), scraped.ContainsKey(family.Name));
        }

        Assert.All(scraped.Keys, name => Assert.Contains(MetricTable.All, family => family.Name == name));
        admin.Membership = new(true, true, TimeSpan.FromSeconds(4), 3, "fault");
    }

    [Fact]
    public async Task With_an_ordered_log_a_scrape_says_how_it_stands()
    {
        using var admin = new AdminUnderTest(static () => AdminUnderTest.WithLog(AdminUnderTest.Snapshot()), TimeProvider.System);
        string text = (await admin.AskAsync("/metrics")).Body;
        Assert.All(LogMetrics.All, family => Assert.Contains($"# TYPE {family.Name} ", text, StringComparison.Ordinal));
        string[] lines =
        [
            "dynode_log_state{state=\"reading\"} 1", "dynode_log_state{state=\"went_back\"} 0", "dynode_log_last_number 1000", "dynode_log_lag_numbers 10",
            "dynode_log_round_trip_seconds 0.0125", "dynode_log_place_seconds_bucket{le=\"0.0005\"} 0", "dynode_log_place_seconds_bucket{le=\"0.0025\"} 2", "dynode_log_place_seconds_sum 0.004",
            "dynode_log_waiting_requests 7", "dynode_log_in_flight 2", "dynode_log_parcels_total 40", "dynode_log_parcel_requests_total 160", "dynode_log_sent_again_total 3",
            "dynode_log_not_kept_total 5", "dynode_log_unknown_total 4", "dynode_log_turned_away_total{reason=\"doubled\"} 0", "dynode_log_gaps_pulled_total 0",
            "dynode_log_leader_changes_total 1", "dynode_log_lanes 2", "dynode_log_overtaken_total 12", "dynode_log_ranges_compared_total 11", "dynode_log_ranges_differing_total 2", "dynode_log_ranges_doubtful_total 6", "dynode_server_log_owned{server=\"10.0.0.1:6379\"} 1", "dynode_server_log_number{server=\"10.0.0.1:6379\"} 980",
            "dynode_server_log_lag_numbers{server=\"10.0.0.1:6379\"} 20", "dynode_log_not_kept_untold_total 1", "dynode_server_log_apart{server=\"10.0.0.1:6379\"} 1",
            "dynode_server_once_mode{server=\"10.0.0.1:6379\",mode=\"careful\"} 1", "dynode_server_once_mode{server=\"10.0.0.1:6379\",mode=\"batched\"} 0",
            "dynode_server_batch_aborts_total{server=\"10.0.0.1:6379\"} 6", "dynode_server_repeats_avoided_total{server=\"10.0.0.1:6379\"} 8", "dynode_server_fences_lost_total{server=\"10.0.0.1:6379\"} 9",
        ];
        Assert.All(lines, line => Assert.Contains($"\n{line}\n", text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Where_clients_speak_TLS_a_scrape_says_how_it_went()
    {
        using var admin = new AdminUnderTest(static () => AdminUnderTest.Snapshot() with { Handshakes = new(1, 2, 3, 4, 5, 6), CutEnds = 7 }, TimeProvider.System);
        admin.Certificates = new(DateTimeOffset.FromUnixTimeSeconds(2_000_000_000), null);
        string text = (await admin.AskAsync("/metrics")).Body;
        Assert.All(TlsMetrics.All.Where(static family => family.Scope != TlsMetrics.AdminScope), family => Assert.Contains($"# TYPE {family.Name} ", text, StringComparison.Ordinal));
        string[] lines =
        [
            "dynode_tls_handshaking 1", "dynode_tls_handshakes_total{outcome=\"done\"} 2", "dynode_tls_handshakes_total{outcome=\"failed\"} 3", "dynode_tls_handshakes_total{outcome=\"refused\"} 4",
            "dynode_tls_handshakes_total{outcome=\"timed_out\"} 5", "dynode_tls_handshakes_total{outcome=\"plain\"} 6", "dynode_tls_cut_total 7", "dynode_tls_certificate_end_seconds 2000000000",
            "dynode_tls_certificate_fault 0",
        ];
        Assert.All(lines, line => Assert.Contains($"\n{line}\n", text, StringComparison.Ordinal));
        using var faulty = new AdminUnderTest(static () => AdminUnderTest.Snapshot() with { Handshakes = new(0, 0, 0, 0, 0, 0) }, TimeProvider.System);
        faulty.Certificates = new(DateTimeOffset.UnixEpoch, "a.pem does not exist");
        Assert.Contains("\ndynode_tls_certificate_fault 1\n", (await faulty.AskAsync("/metrics")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_not_known_of_a_log_yet_is_absent()
    {
        using var admin = new AdminUnderTest(
            static () => AdminUnderTest.WithLog(AdminUnderTest.Snapshot(), static feed => feed with { State = StreamStandingKind.Away, RoundTrip = null }, new OrderedPlace(ClaimState.Taken, "another", null, null)),
            TimeProvider.System);
        string text = (await admin.AskAsync("/metrics")).Body;
        Assert.Contains("\ndynode_log_state{state=\"away\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("\ndynode_server_log_owned{server=\"10.0.0.1:6379\"} 0\n", text, StringComparison.Ordinal);
        Assert.All((string[])["round_trip", "server_log_number", "server_log_lag"], name => Assert.DoesNotContain(name, text, StringComparison.Ordinal));
    }

    /// <summary>Every line is one of the format's, each family's lines stand together behind its head, and a series stands once.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_scrape_is_of_the_format_that_was_asked_for(bool isOpen)
    {
        using var admin = new AdminUnderTest();
        admin.Membership = new(true, true, TimeSpan.FromSeconds(4.5), 3, "fault");
        var (_, text, response) = await admin.AskAsync("/metrics", also: request =>
        {
            if (isOpen)
                request.Headers.Add("Accept", "application/openmetrics-text;version=1.0.0,text/plain;q=0.5");
        });
        Assert.Equal(isOpen ? MetricsText.OpenContentType : MetricsText.ContentType, response.Content.Headers.ContentType!.ToString());
        Assert.Equal(isOpen, text.EndsWith("\n# EOF\n", StringComparison.Ordinal));
        var series = new HashSet<string>();
        string family = "";
        foreach (string line in text.TrimEnd('\n').Split('\n'))
        {
            if (Head().Match(line) is { Success: true } head)
            {
                family = head.Groups[1].Value;
                continue;
            }

            if (line.StartsWith("# HELP ", StringComparison.Ordinal) || line == "# EOF")
                continue;
            var match = Series().Match(line);
            Assert.True(match.Success, line);
            Assert.StartsWith(family, match.Groups[1].Value, StringComparison.Ordinal);
            Assert.True(series.Add(line[..line.LastIndexOf(' ')]), line);
            Assert.True(double.TryParse(match.Groups[3].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out _), line);
        }

        Assert.Contains("dynode_servers_list_age_seconds 4.5\n", text, StringComparison.Ordinal);
        Assert.Contains($"# TYPE dynode_servers_list_faults{(isOpen ? "" : "_total")} counter\ndynode_servers_list_faults_total 3\n", text, StringComparison.Ordinal);
        Assert.Contains("dynode_request_duration_seconds_bucket{le=\"0.0005\"} 0\n", text, StringComparison.Ordinal);
        Assert.Contains("dynode_request_duration_seconds_bucket{le=\"+Inf\"} 0\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Series_do_not_grow_with_clients_and_grow_evenly_with_servers()
    {
        int clients = 1;
        int servers = 1;
        async Task<int> SeriesAsync()
        {
            using var admin = new AdminUnderTest(
                () => AdminUnderTest.Snapshot([.. Enumerable.Range(1, servers).Select(i => ($"10.0.0.{i}:1", BackendState.Up))]) with { Clients = clients, Accepted = clients, Slots = clients },
                TimeProvider.System);
            return (await admin.AskAsync("/metrics")).Body.Split('\n').Count(line => line.Length > 0 && line[0] != '#');
        }

        int one = await SeriesAsync();
        clients = 1_000;
        Assert.Equal(one, await SeriesAsync());
        servers = 2;
        int two = await SeriesAsync();
        servers = 100;
        Assert.Equal(one + (99 * (two - one)), await SeriesAsync());
    }

    [Theory]
    [InlineData("raw", "client drain fault idle operator reset server write_timeout")]
    [InlineData("redis", "client drain fault idle malformed memory operator reset server write_timeout")]
    public async Task Why_clients_ended_is_of_a_closed_set_that_is_there_from_the_start(string protocol, string reasons)
    {
        using var admin = new AdminUnderTest(static () => AdminUnderTest.Snapshot(), TimeProvider.System, $"protocol={protocol}");
        var told = EndedReason().Matches((await admin.AskAsync("/metrics")).Body).Select(match => match.Groups[1].Value);
        Assert.Equal(reasons, string.Join(' ', told.Order()));
    }

    [Fact]
    public void The_table_of_the_readme_has_a_row_for_every_family()
    {
        string readme = SourceTree.Read("README.md");
        Assert.Equal([], MetricTable.All.Select(Row).Where(row => !readme.Contains(row + "\n", StringComparison.Ordinal)));

        static string Row(Metric family) =>
            $"| `{family.Name}` | {family.Type.ToString().ToLowerInvariant()} | {string.Join(", ", family.Labels)} | {family.Help}{(family.Scope.Length > 0 ? $" ({family.Scope})" : "")} |";
    }

    private static Dictionary<string, string> Families(string text) =>
        Head().Matches(text).ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value);

    [GeneratedRegex("^# TYPE ([a-z_]+) (counter|gauge|histogram)$", RegexOptions.Multiline)]
    private static partial Regex Head();

    [GeneratedRegex("^dynode_clients_ended_total\\{reason=\"([a-z_]+)\"\\} 0$", RegexOptions.Multiline)]
    private static partial Regex EndedReason();

    [GeneratedRegex("^([a-z_]+)(\\{[a-z]+=\"[^\"]*\"(?:,[a-z]+=\"[^\"]*\")*\\})? (\\S+)$")]
    private static partial Regex Series();
}
