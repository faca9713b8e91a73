using System.Globalization;
using System.Text.Json;
using Dynode.Broadcast.Listening;

namespace Dynode.Native.Admin;

/// <summary>
/// <c>/status</c>, schema 1: what page and command line show, and scripts read. Fields are added and never change their meaning; one without
/// a meaning in a mode is null. Times in seconds, sizes in bytes.
/// </summary>
internal static class StatusJson
{
    /// <summary>Of events, in the document.</summary>
    private const int EventsMax = 20;

    /// <summary>Of clients, in the document.</summary>
    private const int ShownMax = 10;

    public static void Write(Utf8JsonWriter json, MetricSource source, TimeSpan age, bool showsSecrets)
    {
        var (operated, sample) = (source.Operated, source.Sample);
        var snapshot = sample.Snapshot;
        var reasons = Readiness.Reasons(operated, sample);
        json.WriteStartObject();
        json.WriteNumber("schema"u8, 1);
        json.WriteString("version"u8, source.Version);
        json.WriteNumber("pid"u8, Environment.ProcessId);
        json.WriteString("protocol"u8, StatusNames.Protocol(source.Settings));
        json.WriteString("reply"u8, StatusNames.Reply(source.Settings));
        json.WriteStartArray("listen"u8);
        foreach (string place in operated.Listen)
            json.WriteStringValue(place);
        json.WriteEndArray();
        json.WriteString("state"u8, operated.IsEnding ? "draining" : operated.IsAccepting ? "serving" : "starting");
        json.WriteBoolean("ready"u8, reasons.Count == 0);
        json.WriteStartArray("not_ready"u8);
        foreach (string reason in reasons)
            json.WriteStringValue(reason);
        json.WriteEndArray();
        Time(json, "started", source.Process.Started.UtcDateTime);
        Seconds(json, "uptime_seconds", sample.Time + age - source.Process.Started);
        Seconds(json, "sampled_seconds_ago", age);
        Requests(json, source);
        json.WriteStartObject("clients"u8);
        json.WriteNumber("connected"u8, snapshot.Clients);
        json.WriteNumber("max"u8, snapshot.ClientsMax);
        json.WriteNumber("held"u8, snapshot.Held);
        json.WriteNumber("paced"u8, snapshot.Paced);
        json.WriteNumber("lingering"u8, snapshot.Lingering);
        json.WriteNumber("accepted"u8, snapshot.Accepted);
        json.WriteNumber("refused"u8, snapshot.Refused);
        json.WriteNumber("denied"u8, snapshot.Door.Denied);
        json.WriteNumber("crowded"u8, snapshot.Door.Crowded);
        json.WriteNumber("proxy"u8, snapshot.Door.Proxy);
        json.WriteNumber("accept_waits"u8, snapshot.Door.Waits);
        json.WritePropertyName("shown"u8);
        ClientsJson.WriteArray(json, showsSecrets ? operated.Clients() : [], ClientSort.Owed, ShownMax);
        json.WriteEndObject();
        json.WriteStartObject("bytes"u8);
        json.WriteNumber("received"u8, snapshot.ReceivedBytes);
        json.WriteNumber("relayed"u8, snapshot.RelayedBytes);
        json.WriteNumber("received_rate"u8, Rounded(sample.ReceivedRate));
        json.WriteNumber("relayed_rate"u8, Rounded(sample.RelayedRate));
        json.WriteEndObject();
        Memory(json, source);
        LogJson.Write(json, sample);
        json.WriteStartArray("servers"u8);
        foreach (var server in sample.Servers)
            ServerJson.Write(json, server, source);
        json.WriteEndArray();
        Tls(json, source);
        var membership = operated.Membership;
        json.WriteStartObject("membership"u8);
        json.WriteString("source"u8, !membership.HasUrl ? "file" : membership.HasFile ? "file+url" : "url");
        Seconds(json, "age_seconds", membership.Age);
        json.WriteBoolean("kept_from_disk"u8, membership.IsKept);
        json.WriteString("last_fault"u8, membership.LastFault);
        json.WriteEndObject();
        Events(json, operated, EventsMax, showsSecrets);
        json.WriteEndObject();
    }

    private static void Tls(Utf8JsonWriter json, MetricSource source)
    {
        json.WritePropertyName("tls"u8);
        if (source.Operated.Certificates is not { } shown)
        {
            json.WriteNullValue();
            return;
        }

        // With admin_tls alone no client shakes hands.
        HandshakeFigures shaken = source.Sample.Snapshot.Handshakes ?? new(0, 0, 0, 0, 0, 0);
        json.WriteStartObject();
        json.WriteNumber("handshaking"u8, shaken.Now);
        json.WriteNumber("done"u8, shaken.Done);
        json.WriteNumber("failed"u8, shaken.Failed);
        json.WriteNumber("refused"u8, shaken.Refused);
        json.WriteNumber("timed_out"u8, shaken.TimedOut);
        json.WriteNumber("plain"u8, shaken.Plain);
        json.WriteNumber("cut"u8, source.Sample.Snapshot.CutEnds);
        Time(json, "certificate_end", shown.End.UtcDateTime);
        json.WriteString("certificate_fault"u8, shown.Fault);
        json.WriteEndObject();
    }

    /// <summary>The events that whoever asks may see, newest first.</summary>
    public static void Events(Utf8JsonWriter json, IOperated operated, int max, bool showsSecrets)
    {
        json.WriteStartArray("events"u8);
        foreach (var said in operated.Events.Where(said => showsSecrets || !said.IsSecret).Take(max))
        {
            json.WriteStartObject();
            Time(json, "time", said.Time);
            json.WriteString("level"u8, said.Level);
            json.WriteNumber("id"u8, said.Id);
            json.WriteString("text"u8, said.Text);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Seconds, with as many digits as anybody reads; null: there is no such time. Infinite: -1.</summary>
    public static void Seconds(Utf8JsonWriter json, string name, TimeSpan? time)
    {
        if (time is null)
            json.WriteNull(name);
        else if (time == Timeout.InfiniteTimeSpan)
            json.WriteNumber(name, -1);
        else
            json.WriteNumber(name, Math.Round(time.Value.TotalSeconds, 4));
    }

    /// <summary>Null: it has no meaning here.</summary>
    public static void Number(Utf8JsonWriter json, string name, long? value)
    {
        if (value is { } number)
            json.WriteNumber(name, number);
        else
            json.WriteNull(name);
    }

    public static void Time(Utf8JsonWriter json, string name, DateTime time) =>
        json.WriteString(name, time.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));

    private static void Requests(Utf8JsonWriter json, MetricSource source)
    {
        if (!source.IsFramed)
        {
            json.WriteNull("requests"u8);
            return;
        }

        var sample = source.Sample;
        json.WriteStartObject("requests"u8);
        json.WriteNumber("number"u8, sample.Snapshot.Requests);
        json.WriteNumber("rate"u8, Rounded(sample.RequestRate));
        json.WriteNumber("in_flight"u8, sample.Snapshot.Slots);
        json.WriteNumber("in_flight_max"u8, source.Settings.InFlightMax);
        Seconds(json, "p50_seconds", sample.Median);
        Seconds(json, "p99_seconds", sample.Percentile99);
        json.WriteNumber("slow"u8, sample.Snapshot.SlowRequests);
        json.WriteEndObject();
    }

    private static void Memory(Utf8JsonWriter json, MetricSource source)
    {
        var snapshot = source.Sample.Snapshot;
        json.WriteStartObject("memory"u8);
        json.WriteNumber("max"u8, snapshot.Memory.BytesMax);
        json.WriteNumber("used"u8, snapshot.Memory.OutstandingBytes);
        json.WriteNumber("backlog"u8, snapshot.Memory.BacklogBytes);
        json.WriteNumber("replies"u8, snapshot.Memory.ReplyBytes);
        json.WriteNumber("requests"u8, snapshot.Memory.RequestBytes);
        json.WriteNumber("peak"u8, snapshot.Memory.PeakBytes);
        json.WriteEndObject();
        if (!source.IsFramed)
        {
            json.WriteNull("log"u8);
            return;
        }

        long behind = snapshot.Backends.Max(backend => (long?)backend.Standing?.LagRequests) ?? 0;
        json.WriteStartObject("log"u8);
        json.WriteNumber("first"u8, snapshot.Requests - behind);
        json.WriteNumber("next"u8, snapshot.Requests);
        json.WriteNumber("bytes"u8, snapshot.LogBytes);
        json.WriteNumber("bytes_max"u8, source.Settings.BacklogBytesMax);
        json.WriteEndObject();
    }

    private static double Rounded(double rate) => Math.Round(rate, 1);
}
