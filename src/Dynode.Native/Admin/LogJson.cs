using System.Text.Json;
using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;

namespace Dynode.Native.Admin;

/// <summary>The ordered log in <c>/status</c>, and where a server stands in it; null where there is none.</summary>
internal static class LogJson
{
    public static void Write(Utf8JsonWriter json, Sample sample)
    {
        if (sample.Snapshot.Feed is not { } feed)
        {
            json.WriteNull("ordered_log"u8);
            return;
        }

        json.WriteStartObject("ordered_log"u8);
        json.WriteString("state"u8, StatusNames.Snake(feed.State.ToString()));
        json.WriteBoolean("stands_still"u8, feed.IsStill);
        json.WriteString("why"u8, feed.Why);
        json.WriteString("stream"u8, feed.Stream);
        json.WriteString("identity"u8, feed.Identity);
        json.WriteString("server"u8, feed.Server);
        json.WriteString("leader"u8, feed.Leader);
        json.WriteString("where"u8, feed.Where);
        StatusJson.Seconds(json, "round_trip_seconds", feed.RoundTrip);
        json.WriteNumber("last"u8, feed.Last);
        json.WriteNumber("placed"u8, feed.Placed);
        json.WriteNumber("lag"u8, feed.Lag);
        json.WriteNumber("waiting"u8, feed.Waiting);
        json.WriteNumber("in_flight"u8, feed.InFlight);
        json.WriteNumber("in_flight_max"u8, feed.Window);
        StatusJson.Seconds(json, "place_p50_seconds", sample.PlaceMedian);
        StatusJson.Seconds(json, "place_p99_seconds", sample.PlacePercentile99);
        json.WriteNumber("parcels"u8, feed.Parcels);
        json.WriteNumber("parcel_requests"u8, feed.ParcelRequests);
        json.WriteNumber("sent_again"u8, feed.SentAgain);
        json.WriteString("refusal"u8, feed.Refusal);
        json.WriteNumber("not_kept"u8, feed.NotKept);
        json.WriteNumber("not_kept_untold"u8, feed.NotKeptUntold);
        json.WriteNumber("unknown"u8, feed.Unknown);
        Read(json, feed);
        json.WriteNumber("leader_changes"u8, feed.LeaderChanges);
        json.WriteNumber("overtaken"u8, feed.Overtaken);
        json.WriteNumber("lanes"u8, feed.Lanes);
        json.WriteString("others"u8, feed.Others);
        json.WriteStartObject("ranges"u8);
        json.WriteNumber("compared"u8, feed.Ranges.Compared);
        json.WriteNumber("differing"u8, feed.Ranges.Differing);
        json.WriteNumber("doubtful"u8, feed.Ranges.Doubtful);
        json.WriteEndObject();
        json.WriteStartArray("living"u8);
        foreach (var one in feed.Living)
        {
            json.WriteStartObject();
            json.WriteString("who"u8, one.Where);
            json.WriteBoolean("proven"u8, one.IsProven);
            StatusJson.Number(json, "servers", one.Servers?.Servers.Count);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    public static void WritePlace(Utf8JsonWriter json, OrderedPlace? place)
    {
        if (place is null)
        {
            json.WriteNull("place"u8);
            return;
        }

        json.WriteStartObject("place"u8);
        json.WriteString("claim"u8, StatusNames.Snake(place.Claim.ToString()));
        json.WriteString("who"u8, place.Who);
        StatusJson.Number(json, "number", (long?)place.Number);
        StatusJson.Number(json, "lag", (long?)place.Lag);
        json.WriteEndObject();
    }

    /// <summary>What a server has done by its own word; null where it keeps none.</summary>
    public static void WriteWatermark(Utf8JsonWriter json, FramedWatermark? mark)
    {
        if (mark is null)
        {
            json.WriteNull("watermark"u8);
            return;
        }

        json.WriteStartObject("watermark"u8);
        json.WriteNumber("number"u8, mark.Number);
        json.WriteNumber("index"u8, mark.Index);
        json.WriteNumber("epoch"u8, mark.Epoch);
        json.WriteString("mode"u8, mark.Mode);
        json.WriteNumber("batch_aborts"u8, mark.Aborts);
        json.WriteNumber("repeats_avoided"u8, mark.RepeatsAvoided);
        json.WriteNumber("fences_lost"u8, mark.FencesLost);
        json.WriteEndObject();
    }

    private static void Read(Utf8JsonWriter json, FeedSnapshot feed)
    {
        json.WriteNumber("counted"u8, feed.Read.Counted);
        json.WriteStartObject("turned_away"u8);
        json.WriteNumber("doubled"u8, feed.Read.Doubled);
        json.WriteNumber("hole"u8, feed.Read.Holes);
        json.WriteNumber("closed"u8, feed.Read.Closed);
        json.WriteEndObject();
        json.WriteNumber("damaged"u8, feed.Read.Damaged);
        json.WriteNumber("gaps_pulled"u8, feed.Read.GapsPulled);
    }
}
