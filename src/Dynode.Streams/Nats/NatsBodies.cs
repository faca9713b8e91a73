using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace Dynode.Streams.Nats;

/// <summary>What the engine is asked, as JSON. https://docs.nats.io/reference/reference-protocols/nats_api_reference</summary>
internal static class NatsBodies
{
    /// <summary>A consumer that nobody asks for that long is gone: nothing of ours has to take it away.</summary>
    public static readonly TimeSpan ConsumerIdleMax = TimeSpan.FromSeconds(5);

    /// <param name="names">Which one.</param>
    /// <param name="settings">How it is to be.</param>
    /// <param name="created">Nanoseconds since 1970, that tell it from one that is made later.</param>
    public static byte[] Stream(NatsNames names, NatsSettings settings, long created) => Write(json =>
    {
        json.WriteString("name", names.Log);
        Subject(json, names.All);
        json.WriteString("retention", "limits");
        json.WriteString("discard", "old");
        json.WriteString("storage", "file");
        json.WriteNumber("num_replicas", settings.Replicas);
        json.WriteNumber("max_age", settings.Keep.Ticks * TimeSpan.NanosecondsPerTick);
        json.WriteNumber("max_bytes", settings.BytesMax);
        json.WriteBoolean("deny_delete", true);
        json.WriteBoolean("deny_purge", true);
        json.WriteBoolean("allow_direct", true);
        json.WriteStartObject("republish");
        json.WriteString("src", names.All);
        json.WriteString("dest", names.Placed);
        json.WriteEndObject();
        json.WriteStartObject("metadata");
        json.WriteString(NatsNames.Created, created.ToString(CultureInfo.InvariantCulture));
        json.WriteEndObject();
    });

    public static byte[] Bucket(NatsNames names, int replicas) => Write(json =>
    {
        json.WriteString("name", names.Bucket);
        Subject(json, names.AllKeys);
        json.WriteString("retention", "limits");
        json.WriteString("discard", "new");
        json.WriteString("storage", "file");
        json.WriteNumber("num_replicas", replicas);
        json.WriteNumber("max_msgs_per_subject", 1);
        json.WriteBoolean("deny_delete", true);
        json.WriteBoolean("allow_rollup_hdrs", true);
    });

    /// <summary>One that nobody else sees, of one server's memory: it is asked, and never told what was taken.</summary>
    public static byte[] Consumer(NatsNames names, ulong from) => Write(json =>
    {
        json.WriteString("stream_name", names.Log);
        json.WriteStartObject("config");
        json.WriteString("deliver_policy", "by_start_sequence");
        json.WriteNumber("opt_start_seq", Math.Max(1, from));
        json.WriteString("ack_policy", "none");
        json.WriteBoolean("mem_storage", true);
        json.WriteNumber("num_replicas", 1);
        json.WriteNumber("inactive_threshold", ConsumerIdleMax.Ticks * TimeSpan.NanosecondsPerTick);
        json.WriteEndObject();
    });

    /// <param name="entries">At most.</param>
    /// <param name="bytesMax">0: whatever one entry is long.</param>
    public static byte[] Next(int entries, int bytesMax) => Write(json =>
    {
        json.WriteNumber("batch", entries);
        if (bytesMax > 0)
            json.WriteNumber("max_bytes", bytesMax);
        json.WriteBoolean("no_wait", true);
    });

    public static byte[] Entry(ulong number) => Write(json => json.WriteNumber("seq", number));

    public static byte[] LastOf(string subject) => Write(json => json.WriteString("last_by_subj", subject));

    private static void Subject(Utf8JsonWriter json, string subject)
    {
        json.WriteStartArray("subjects");
        json.WriteStringValue(subject);
        json.WriteEndArray();
    }

    private static byte[] Write(Action<Utf8JsonWriter> body)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            body(json);
            json.WriteEndObject();
        }

        return bytes.WrittenSpan.ToArray();
    }
}
