using System.Collections.Immutable;
using Dynode.Broadcast.Backends;
using static Dynode.Native.Admin.MetricType;

namespace Dynode.Native.Admin;

/// <summary>The families with a series for each server. A server that was removed has them until it has retired.</summary>
internal static class ServerMetrics
{
    public static readonly ImmutableArray<Metric> All =
    [
        Of("dynode_server_up", Gauge, "1: connected, and ready.", static server => server.State is ServerState.Current or ServerState.CatchingUp or ServerState.Ejected ? 1 : 0),
        new("dynode_server_votes", Gauge, ["server"], "1: its replies count.", static (text, from) =>
        {
            if (!from.HasVotes)
                return;
            foreach (var server in from.Sample.Servers)
                text.Add(server.Backend.Standing is { Votes: true } ? 1 : 0, Name(server));
        })
        { Scope = "framed, but for reply=none" },
        Framed("dynode_server_gap", Gauge, "1: it has missed requests.", static server => server.Backend.Standing?.Gap is null ? 0 : 1),
        new("dynode_server_order", Gauge, ["server", "order"], "1 for what the operator wants of it: enabled, disabled or ejected.", static (text, from) =>
        {
            foreach (var server in from.Sample.Servers)
            {
                foreach (var order in Enum.GetValues<BackendOrder>())
                    text.Add(server.Backend.Order == order ? 1 : 0, Name(server), StatusNames.Snake(order.ToString()));
            }
        }),
        Of("dynode_server_connections", Gauge, "Open connections to it.", static server => server.Backend.Connections),
        Framed("dynode_server_lag_requests", Gauge, "Requests that it has not acknowledged.", static server => server.Backend.Standing?.LagRequests ?? 0),
        Of("dynode_server_lag_bytes", Gauge, "Bytes that are held for it.", static server => server.LagBytes),
        new("dynode_server_lag_seconds", Gauge, ["server"], "How long ago the oldest of them came; absent while that is not known.", static (text, from) =>
        {
            foreach (var server in from.Sample.Servers)
            {
                if (server.Lag is { } lag)
                    text.Add(lag.TotalSeconds, Name(server));
            }
        }),
        new("dynode_server_catch_up_seconds", Gauge, ["server"], "How long until it has all, at the pace of the last seconds; +Inf: never; absent where it has, or that is not known.", static (text, from) =>
        {
            foreach (var server in from.Sample.Servers)
            {
                if (server.CatchUp is { } rest)
                    text.Add(rest == Timeout.InfiniteTimeSpan ? double.PositiveInfinity : rest.TotalSeconds, Name(server));
            }
        }),
        Framed("dynode_server_in_flight_requests", Gauge, "Of the requests that it has not acknowledged, those that were sent.", static server => server.Backend.Standing?.InFlight ?? 0),
        Of("dynode_server_connects_total", Counter, "Connections made.", static server => server.Backend.Connects),
        Of("dynode_server_connect_failures_total", Counter, "Connects that failed.", static server => server.Backend.ConnectFailures),
        Of("dynode_server_connections_lost_total", Counter, "Connections that ended before their time.", static server => server.Backend.ConnectionsLost),
        Of("dynode_server_sent_bytes_total", Counter, "Bytes that the kernel took for it.", static server => server.Backend.SentBytes),
        Of("dynode_server_replied_bytes_total", Counter, "Bytes that it answered.", static server => server.Backend.RepliedBytes),
        Of("dynode_server_unacknowledged_bytes_total", Counter, "Bytes that TCP had not acknowledged when a connection was lost.", static server => server.Backend.UnacknowledgedBytes),
        Dropped("dynode_server_dropped_requests_total", "Requests (raw: bursts) that it will never get.", static drop => drop.Requests),
        Dropped("dynode_server_dropped_bytes_total", "Bytes that it will never get.", static drop => drop.Bytes),
        Of("dynode_server_repeated_requests_total", Counter, "Requests (raw: bursts) that were sent again.", static server => server.Backend.Repeats),
        Framed("dynode_server_divergences_total", Counter, "Replies that differed from the other servers'.", static server => server.Backend.Divergences),
        Framed("dynode_server_withdrawals_total", Counter, "How often it was no longer waited for.", static server => server.Backend.Withdrawals),
        Of("dynode_server_ejections_total", Counter, "How often it had held clients for too long.", static server => server.Backend.Ejections),
    ];

    private static string Name(ServerFigures server) => server.Backend.Address.ToString();

    private static Metric Of(string name, MetricType type, string help, Func<ServerFigures, double> value) => new(name, type, ["server"], help, (text, from) =>
    {
        foreach (var server in from.Sample.Servers)
            text.Add(value(server), Name(server));
    });

    private static Metric Framed(string name, MetricType type, string help, Func<ServerFigures, double> value) =>
        MetricTable.Framed(name, type, ["server"], help, (text, from) =>
        {
            foreach (var server in from.Sample.Servers)
                text.Add(value(server), Name(server));
        });

    private static Metric Dropped(string name, string help, Func<DropCount, double> value) => new(name, Counter, ["server", "reason"], help, (text, from) =>
    {
        foreach (var server in from.Sample.Servers)
        {
            foreach (var drop in server.Backend.Drops)
                text.Add(value(drop), Name(server), StatusNames.Snake(drop.Reason.ToString()));
        }
    });
}
