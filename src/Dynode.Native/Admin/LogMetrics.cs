using System.Collections.Immutable;
using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;
using Dynode.Streams;
using Dynode.Streams.Claims;
using static Dynode.Native.Admin.MetricType;

namespace Dynode.Native.Admin;

/// <summary>The families of an ordered log; none of them is there without one.</summary>
internal static class LogMetrics
{
    /// <summary>Where they have a meaning.</summary>
    public const string Scope = "with log";

    public static readonly ImmutableArray<Metric> All =
    [
        Of("dynode_log_state", Gauge, ["state"], "1 for how it stands with the stream of log: reading, away, fault, seeking, damaged, or why it stands still.", static (text, feed) =>
        {
            foreach (var state in Enum.GetValues<StreamStandingKind>())
                text.Add(feed.State == state ? 1 : 0, StatusNames.Snake(state.ToString()));
        }),
        Of("dynode_log_last_number", Gauge, [], "The highest number that the stream is known to have given.", static (text, feed) => text.Add(feed.Last)),
        Of("dynode_log_lag_numbers", Gauge, [], "Entries up to that one that have no place here yet.", static (text, feed) => text.Add(feed.Lag)),
        Of("dynode_log_round_trip_seconds", Gauge, [], "How long the stream took to answer when it was asked last; absent before it was.", static (text, feed) =>
        {
            if (feed.RoundTrip is { } trip)
                text.Add(trip.TotalSeconds);
        }),
        Of("dynode_log_place_seconds", Histogram, [], "From a request's coming to its place in the stream.", static (text, feed) => MetricTable.AddDurations(text, feed.Places)),
        Of("dynode_log_waiting_requests", Gauge, [], "Requests of its clients that have no place yet.", static (text, feed) => text.Add(feed.Waiting)),
        Of("dynode_log_in_flight", Gauge, [], "Parcels that were published and have not come by.", static (text, feed) => text.Add(feed.InFlight)),
        Of("dynode_log_parcels_total", Counter, [], "Parcels with requests that were published, each counted once.", static (text, feed) => text.Add(feed.Parcels)),
        Of("dynode_log_parcel_requests_total", Counter, [], "Requests in them.", static (text, feed) => text.Add(feed.ParcelRequests)),
        Of("dynode_log_sent_again_total", Counter, [], "Parcels that were published again, for they had not come by.", static (text, feed) => text.Add(feed.SentAgain)),
        Of("dynode_log_not_kept_total", Counter, [], "Requests that were taken out again, for the stream was away: they are nowhere.", static (text, feed) => text.Add(feed.NotKept)),
        Of("dynode_log_not_kept_untold_total", Counter, [], "Of those, the ones whose clients had asked for no answer (CLIENT REPLY OFF, noreply): nobody was told.", static (text, feed) => text.Add(feed.NotKeptUntold)),
        Of("dynode_log_unknown_total", Counter, [], "Requests whose clients were told that the stream may take them still.", static (text, feed) => text.Add(feed.Unknown)),
        Of("dynode_log_turned_away_total", Counter, ["reason"], "Parcels in the stream that do not count, whoever published them: doubled, behind a hole, of a lane that is closed.", static (text, feed) =>
        {
            text.Add(feed.Read.Doubled, "doubled");
            text.Add(feed.Read.Holes, "hole");
            text.Add(feed.Read.Closed, "closed");
        }),
        Of("dynode_log_gaps_pulled_total", Counter, [], "Times that something was missing of what came by, and was asked for.", static (text, feed) => text.Add(feed.Read.GapsPulled)),
        Of("dynode_log_leader_changes_total", Counter, [], "Times that another server was found to lead the stream.", static (text, feed) => text.Add(feed.LeaderChanges)),
        Of("dynode_log_overtaken_total", Counter, [], "Times that the stream kept no more what was to be read of it next: servers that lacked it have a gap.", static (text, feed) => text.Add(feed.Overtaken)),
        Of("dynode_log_lanes", Gauge, [], "Lanes of the stream that are open: of each broadcaster one.", static (text, feed) => text.Add(feed.Lanes)),
        Of("dynode_log_ranges_compared_total", Counter, [], "Ranges of 1,024 numbers of the stream whose replies were compared with those of another broadcaster's servers, with each one counted once.", static (text, feed) => text.Add(feed.Ranges.Compared)),
        Of("dynode_log_ranges_differing_total", Counter, [], "Of those, the ones that differ: the data of the two regions are not the same.", static (text, feed) => text.Add(feed.Ranges.Differing)),
        Of("dynode_log_ranges_doubtful_total", Counter, [], "Ranges of which a server's replies are not known for certain (a connection or a gap began or ended in it, memory was out), or which another region cannot compare.", static (text, feed) => text.Add(feed.Ranges.Doubtful)),
        OfServers("dynode_server_log_owned", "1: this broadcaster delivers to it, and no other.", static place => place.Claim == ClaimState.Held ? 1 : 0),
        OfServers("dynode_server_log_number", "It has all that counts in the stream up to this number; absent while that is not known.", static place => place.Number),
        OfServers("dynode_server_log_lag_numbers", "Entries that the stream has given since; absent while that is not known.", static place => place.Lag),
        OfServers("dynode_server_log_apart", "1: it lacks what the log holds no more, and reads the stream by itself.", static (server, _) => server.Standing is { IsFromStream: true } ? 1 : 0),
        new("dynode_server_once_mode", Gauge, ["server", "mode"], "With exactly_once: 1 for how it is sent requests: batched, careful, suspended, rewrite (it writes its file anew first) or connecting.", static (text, from) =>
        {
            foreach (var server in from.Sample.Servers)
            {
                if (server.Backend.Standing?.Watermark is not { } mark)
                    continue;
                foreach (string mode in FramedWatermark.Modes)
                    text.Add(mark.Mode == mode ? 1 : 0, server.Backend.Address.ToString(), mode);
            }
        })
        { Scope = Scope },
        OfMarks("dynode_server_batch_aborts_total", "With exactly_once: batches that it did not do, and whose requests were sent again.", static mark => mark.Aborts),
        OfMarks("dynode_server_repeats_avoided_total", "With exactly_once: requests that were not sent again, for it had done them, by its own word.", static mark => mark.RepeatsAvoided),
        OfMarks("dynode_server_fences_lost_total", "With exactly_once: times that somebody else's batch came between when it was begun with.", static mark => mark.FencesLost),
    ];

    private static Metric Of(string name, MetricType type, string[] labels, string help, Action<MetricsText, FeedSnapshot> write) => new(name, type, labels, help, (text, from) =>
    {
        if (from.Sample.Snapshot.Feed is { } feed)
            write(text, feed);
    })
    { Scope = Scope };

    private static Metric OfServers(string name, string help, Func<OrderedPlace, double?> value) => OfServers(name, help, (_, place) => value(place));

    private static Metric OfServers(string name, string help, Func<BackendSnapshot, OrderedPlace, double?> value) => new(name, Gauge, ["server"], help, (text, from) =>
    {
        foreach (var server in from.Sample.Servers)
        {
            if (server.Backend.Place is { } place && value(server.Backend, place) is { } figure)
                text.Add(figure, server.Backend.Address.ToString());
        }
    })
    { Scope = Scope };

    private static Metric OfMarks(string name, string help, Func<FramedWatermark, double> value) => new(name, Counter, ["server"], help, (text, from) =>
    {
        foreach (var server in from.Sample.Servers)
        {
            if (server.Backend.Standing?.Watermark is { } mark)
                text.Add(value(mark), server.Backend.Address.ToString());
        }
    })
    { Scope = Scope };
}
