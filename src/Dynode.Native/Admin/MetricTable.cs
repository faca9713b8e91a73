using System.Collections.Immutable;
using System.Globalization;
using Dynode.Broadcast.Plane;
using static Dynode.Native.Admin.MetricType;

namespace Dynode.Native.Admin;

/// <summary>The table of all families, in the order in which they are scraped and documented; those of each server are <see cref="ServerMetrics"/>, those of an ordered log <see cref="LogMetrics"/>, those of TLS <see cref="TlsMetrics"/>.</summary>
internal static class MetricTable
{
    /// <summary>Where the histogram of durations is cut, in seconds.</summary>
    public static readonly ImmutableArray<double> DurationEnds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    public static readonly ImmutableArray<Metric> All =
    [
        new("dynode_build_info", Gauge, ["version", "protocol", "reply"], "Always 1; what runs.",
            static (text, from) => text.Add(1, from.Version, StatusNames.Protocol(from.Settings), StatusNames.Reply(from.Settings))),
        new("dynode_start_time_seconds", Gauge, [], "When it started, in seconds since 1970.",
            static (text, from) => text.Add(from.Process.Started.ToUnixTimeMilliseconds() / 1000.0)),
        new("dynode_ready", Gauge, [], "1: it lets clients in, does not drain, and enough servers are current.",
            static (text, from) => text.Add(Readiness.Reasons(from.Operated, from.Sample).Count == 0 ? 1 : 0)),
        new("dynode_clients", Gauge, [], "Clients connected now.", static (text, from) => text.Add(from.Sample.Snapshot.Clients)),
        new("dynode_clients_limit", Gauge, [], "Clients allowed at once.", static (text, from) => text.Add(from.Sample.Snapshot.ClientsMax)),
        Framed("dynode_clients_held", Gauge, [], "Clients that wait for room.", static (text, from) => text.Add(from.Sample.Snapshot.Held)),
        Framed("dynode_clients_paced", Gauge, [], "Clients that are not read for now, for they have sent more than request_rate.", static (text, from) => text.Add(from.Sample.Snapshot.Paced)),
        Raw("dynode_sessions_lingering", Gauge, [], "Clients that have gone and whose bytes wait for servers.",
            static (text, from) => text.Add(from.Sample.Snapshot.Lingering)),
        new("dynode_clients_accepted_total", Counter, [], "Clients let in.", static (text, from) => text.Add(from.Sample.Snapshot.Accepted)),
        new("dynode_clients_refused_total", Counter, ["reason"], "Clients not let in.",
            static (text, from) =>
            {
                var door = from.Sample.Snapshot.Door;
                text.Add(door.Full, "full");
                text.Add(door.Denied, "denied");
                text.Add(door.Crowded, "address");
                text.Add(door.Proxy, "proxy");
            }),
        new("dynode_accept_waits_total", Counter, [], "Times that accepting waited, for accept_rate.", static (text, from) => text.Add(from.Sample.Snapshot.Door.Waits)),
        new("dynode_clients_ended_total", Counter, ["reason"], "Clients that have ended, by why; those that were not let in are not among them.",
            static (text, from) =>
            {
                var ended = from.Sample.Snapshot.Ended;
                for (var reason = EndReason.Client; (int)reason < ended.Length; reason++)
                {
                    if (from.IsFramed || reason is not (EndReason.Malformed or EndReason.Memory))
                        text.Add(ended[(int)reason], reason.Word());
                }
            }),
        new("dynode_received_bytes_total", Counter, [], "Bytes from clients.", static (text, from) => text.Add(from.Sample.Snapshot.ReceivedBytes)),
        new("dynode_relayed_bytes_total", Counter, [], "Bytes of replies that clients took.",
            static (text, from) => text.Add(from.Sample.Snapshot.RelayedBytes)),
        new("dynode_unread_bytes_total", Counter, [], "Bytes of clients that were read after the end and thrown away.",
            static (text, from) => text.Add(from.Sample.Snapshot.UnreadBytes)),
        Framed("dynode_requests_total", Counter, [], "Requests that entered the log.", static (text, from) => text.Add(from.Sample.Snapshot.Requests)),
        Framed("dynode_request_errors_total", Counter, ["reason"], "Requests answered by the broadcaster with an error of its own.",
            static (text, from) =>
            {
                foreach (var (reason, count) in from.Sample.Snapshot.Errors)
                    text.Add(count, StatusNames.Snake(reason.ToString()));
            }),
        Framed("dynode_slow_requests_total", Counter, [], "Requests that took slow_request or longer.", static (text, from) => text.Add(from.Sample.Snapshot.SlowRequests)),
        Framed("dynode_requests_in_flight", Gauge, [], "Requests whose clients wait, or whose replies are still compared.",
            static (text, from) => text.Add(from.Sample.Snapshot.Slots)),
        Framed("dynode_request_duration_seconds", Histogram, [], "From the log to the answer.", Durations),
        Framed("dynode_log_bytes", Gauge, [], "Held for the server that is farthest behind.", static (text, from) => text.Add(from.Sample.Snapshot.LogBytes)),
        Framed("dynode_log_limit_bytes", Gauge, [], "What the log may hold.", static (text, from) => text.Add(from.Settings.BacklogBytesMax)),
        new("dynode_memory_limit_bytes", Gauge, [], "The bound on all that is held for clients and servers (memory_max).",
            static (text, from) => text.Add(from.Sample.Snapshot.Memory.BytesMax)),
        new("dynode_memory_bytes", Gauge, ["share"], "Of that, what is lent now.",
            static (text, from) =>
            {
                var memory = from.Sample.Snapshot.Memory;
                text.Add(memory.BacklogBytes, "backlog");
                text.Add(memory.ReplyBytes, "replies");
                text.Add(memory.RequestBytes, "requests");
            }),
        .. ServerMetrics.All,
        .. LogMetrics.All,
        .. TlsMetrics.All,
        new("dynode_servers_list_age_seconds", Gauge, [], "How long ago the list URL gave the list in force; absent where none is asked.",
            static (text, from) =>
            {
                if (from.Operated.Membership.Age is { } age)
                    text.Add(age.TotalSeconds);
            }),
        new("dynode_servers_list_faults_total", Counter, [], "Requests to the list URL that gave no list; absent where none is asked.",
            static (text, from) =>
            {
                if (from.Operated.Membership.HasUrl)
                    text.Add(from.Operated.Membership.Faults);
            }),
        new("dynode_log_lines_dropped_total", Counter, [], "Lines of its log that standard error did not take.",
            static (text, from) => text.Add(from.Operated.LogLinesDropped)),
        new("dynode_admin_requests_total", Counter, ["route"], "Requests to the admin side.",
            static (text, from) => from.Requests((route, count) => text.Add(count, route))),
        new("process_cpu_seconds_total", Counter, [], "Processor time used.", static (text, from) => text.Add(from.Process.Cpu.TotalSeconds)),
        new("process_resident_memory_bytes", Gauge, [], "Resident memory.", static (text, from) => text.Add(from.Process.ResidentBytes)),
        new("process_open_fds", Gauge, [], "Open descriptors; absent where the system does not say.",
            static (text, from) =>
            {
                if (from.Process.Descriptors is { } open)
                    text.Add(open);
            }),
        new("process_max_fds", Gauge, [], "Descriptors that it may have.", static (text, from) => text.Add(from.Process.DescriptorsMax)),
        new("process_start_time_seconds", Gauge, [], "When it started, in seconds since 1970.",
            static (text, from) => text.Add(from.Process.Started.ToUnixTimeMilliseconds() / 1000.0)),
    ];

    /// <summary>A family that needs to know requests.</summary>
    public static Metric Framed(string name, MetricType type, string[] labels, string help, Action<MetricsText, MetricSource> write) =>
        new(name, type, labels, help, (text, from) =>
        {
            if (from.IsFramed)
                write(text, from);
        })
        { Scope = "framed" };

    private static Metric Raw(string name, MetricType type, string[] labels, string help, Action<MetricsText, MetricSource> write) =>
        new(name, type, labels, help, (text, from) =>
        {
            if (!from.IsFramed)
                write(text, from);
        })
        { Scope = "raw" };

    /// <summary>All series of a histogram of durations.</summary>
    public static void AddDurations(MetricsText text, DurationHistogram durations)
    {
        foreach (double end in DurationEnds)
            text.AddBucket(end.ToString(CultureInfo.InvariantCulture), durations.CountUpTo(TimeSpan.FromSeconds(end)));
        text.AddBucket("+Inf", durations.Count);
        text.AddPart("_sum", durations.Sum.TotalSeconds);
        text.AddPart("_count", durations.Count);
    }

    private static void Durations(MetricsText text, MetricSource from)
    {
        if (from.Sample.Snapshot.Durations is { } durations)
            AddDurations(text, durations);
    }
}
