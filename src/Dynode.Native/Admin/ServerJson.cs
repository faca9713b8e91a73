using System.Text.Json;
using Dynode.Broadcast.Plane;

namespace Dynode.Native.Admin;

/// <summary>One server in <c>/status</c>.</summary>
internal static class ServerJson
{
    public static void Write(Utf8JsonWriter json, ServerFigures server, MetricSource source)
    {
        var backend = server.Backend;
        var standing = backend.Standing;
        json.WriteStartObject();
        json.WriteString("address"u8, backend.Address.ToString());
        json.WriteBoolean("tls"u8, backend.Address.ByTls == true);
        json.WriteString("source"u8, source.Operated.SourceOf(backend.Address));
        json.WriteString("order"u8, StatusNames.Snake(backend.Order.ToString()));
        json.WriteString("state"u8, StatusNames.Of(server.State));
        StatusJson.Seconds(json, "since_seconds", server.Since);
        Flag(json, "votes", source.HasVotes ? standing is { Votes: true } : null);
        Flag(json, "primary", source.IsFramed && source.Settings.FramedReply == FramedReply.Primary ? standing is { IsPrimary: true } : null);
        Flag(json, "from_stream", source.IsFramed ? standing is { IsFromStream: true } : null);
        json.WriteNumber("connections"u8, backend.Connections);
        json.WriteStartObject("lag"u8);
        StatusJson.Number(json, "requests", source.IsFramed ? standing?.LagRequests ?? 0 : null);
        json.WriteNumber("bytes"u8, server.LagBytes);
        StatusJson.Seconds(json, "seconds", server.Lag);
        json.WriteEndObject();
        StatusJson.Seconds(json, "catch_up_seconds", server.CatchUp);
        StatusJson.Seconds(json, "overflow_seconds", server.Overflow);
        StatusJson.Number(json, "in_flight", source.IsFramed ? standing?.InFlight ?? 0 : null);
        if (standing?.Gap is { } gap)
        {
            json.WriteStartObject("gap"u8);
            json.WriteString("reason"u8, gap);
            json.WriteNumber("first"u8, standing.FirstMissing);
            json.WriteBoolean("closing"u8, standing.IsGapClosing);
            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("gap"u8);
        }

        json.WriteNumber("sent_bytes"u8, backend.SentBytes);
        json.WriteNumber("replied_bytes"u8, backend.RepliedBytes);
        json.WriteNumber("connects"u8, backend.Connects);
        json.WriteNumber("connect_failures"u8, backend.ConnectFailures);
        json.WriteNumber("lost"u8, backend.ConnectionsLost);
        json.WriteNumber("repeats"u8, backend.Repeats);
        json.WriteNumber("repeated_bytes"u8, backend.RepeatedBytes);
        json.WriteNumber("unacknowledged_bytes"u8, backend.UnacknowledgedBytes);
        json.WriteStartObject("dropped"u8);
        json.WriteNumber("requests"u8, backend.DroppedRequests);
        json.WriteNumber("bytes"u8, backend.DroppedBytes);
        json.WriteStartObject("by"u8);
        foreach (var drop in backend.Drops.Where(drop => drop.Requests > 0 || drop.Bytes > 0))
            json.WriteNumber(StatusNames.Snake(drop.Reason.ToString()), drop.Requests);
        json.WriteEndObject();
        json.WriteEndObject();
        StatusJson.Number(json, "divergences", source.IsFramed ? backend.Divergences : null);
        StatusJson.Number(json, "withdrawals", source.IsFramed ? backend.Withdrawals : null);
        json.WriteNumber("ejections"u8, backend.Ejections);
        json.WriteString("last_error"u8, backend.LastError);
        StatusJson.Seconds(json, "next_attempt_seconds", backend.RetryIn);
        LogJson.WritePlace(json, backend.Place);
        LogJson.WriteWatermark(json, standing?.Watermark);
        json.WriteEndObject();
    }

    private static void Flag(Utf8JsonWriter json, string name, bool? value)
    {
        if (value is { } flag)
            json.WriteBoolean(name, flag);
        else
            json.WriteNull(name);
    }
}
