using System.Globalization;
using System.Text;

namespace Dynode.Streams.Nats;

/// <summary>
/// Holds a stream that is there to what the order needs: each entry once, in a subject of its own, told when it is placed, and gone only by its age or for want of room.
/// Pure.
/// </summary>
internal sealed class NatsStreamRules(NatsNames names, NatsSettings settings)
{
    private const string CreatedPath = $"config.metadata.{NatsNames.Created}";

    private const int EntryBytesLeast = NatsServerInfo.PayloadBytesLeast;

    /// <summary>So much longer than the longest request is an entry to be, for what stands around it.</summary>
    private const int RequestBytesSpare = 64 << 10;

    /// <summary>
    /// When it was made, in nanoseconds since 1970, by what its maker wrote into it, which all its servers have alike; else by the server that leads it; 0: neither says so.
    /// What a server says changes when two asked for the stream at the same moment: of both times it has the first until it is restarted, and then the second (2.10).
    /// </summary>
    public static long Created(NatsJson info) => info.Has(CreatedPath) ? info.Number(CreatedPath) : NatsTime.Nanoseconds(Encoding.ASCII.GetBytes(info.Text("created")));

    /// <summary>What would break the order; empty: nothing.</summary>
    /// <param name="info">The engine's answer about the stream.</param>
    public IReadOnlyList<string> Faults(NatsJson info)
    {
        var faults = new List<string>();
        string Of(string name) => info.Text($"config.{name}");
        void Must(bool holds, string name, string value, string must)
        {
            if (!holds)
                faults.Add($"stream {names.Log} has {name}={value}: it must be {must}");
        }

        string subjects = string.Join(',', info.Items("config.subjects"));
        Must(subjects == names.All, "subjects", subjects, names.All);
        Must(Of("retention") == "limits", "retention", Of("retention"), "limits, or an entry is gone when one of us has read it");
        Must(Of("discard") == "old", "discard", Of("discard"), "old, or a full stream takes nothing more");
        Must(info.Number("config.max_msgs_per_subject") <= 0, "max_msgs_per_subject", Of("max_msgs_per_subject"), "-1, or entries are missing in the midst");
        Must(!info.Has("config.mirror"), "mirror", Of("mirror.name"), "none: a mirror takes no entries");
        Must(!info.Has("config.sources"), "sources", Of("sources.0.name"), "none: what comes from other streams has no one order");
        Must(!info.Has("config.subject_transform"), "subject_transform", Of("subject_transform.dest"), "none");
        Must(!info.Flag("config.sealed"), "sealed", "true", "false");
        Must(!info.Flag("config.no_ack"), "no_ack", "true", "false");
        Must(!info.Flag("config.allow_msg_counter"), "allow_msg_counter", "true", "false: it would take entries for numbers");
        long entry = info.Number("config.max_msg_size");
        Must(entry <= 0 || entry >= EntryBytesLeast, "max_msg_size", Of("max_msg_size"), $"-1, or {EntryBytesLeast} or more");
        Must(!info.Has(CreatedPath) || info.Number(CreatedPath) > 0, $"metadata {NatsNames.Created}", NatsTrouble.Excerpt(info.Text(CreatedPath)), "nanoseconds since 1970, or left out");
        string republish = info.Has("config.republish") ? $"{Of("republish.src")} to {Of("republish.dest")}{(info.Flag("config.republish.headers_only") ? ", headers only" : "")}" : "none";
        Must(republish == $"{names.All} to {names.Placed}", "republish", republish, $"{names.All} to {names.Placed}, whole");
        return faults;
    }

    /// <summary>Somebody may change it at any time.</summary>
    /// <exception cref="NatsTrouble">What would break the order.</exception>
    public void Hold(NatsJson info)
    {
        if (Faults(info) is { Count: > 0 } faults)
            throw NatsTrouble.Lasting(string.Join("; ", faults));
    }

    /// <summary>What differs from a stream that we would have made, and works.</summary>
    public IReadOnlyList<string> Differences(NatsJson info)
    {
        var differences = new List<string>();
        void Differs(bool differs, string text)
        {
            if (differs)
                differences.Add(text);
        }

        long replicas = info.Number("config.num_replicas");
        long age = info.Number("config.max_age");
        long bytes = info.Number("config.max_bytes");
        long count = info.Number("config.max_msgs");
        long keep = settings.Keep.Ticks * TimeSpan.NanosecondsPerTick;
        Differs(replicas > 1 && !info.Has(CreatedPath), Say($"no metadata {NatsNames.Created}: a server that was restarted may name another time of creation for it, and then all stand still; set it to {Created(info)}"));
        Differs(info.Text("config.storage") == "memory", "storage=memory: what it holds is gone when its servers end");
        Differs(replicas != settings.Replicas, Say($"num_replicas={replicas}, and log_replicas={settings.Replicas}"));
        Differs(age != keep, Say($"max_age={Seconds(age)}, and log_keep={Seconds(keep)}"));
        Differs(bytes != settings.BytesMax, Say($"max_bytes={bytes}, and log_bytes={settings.BytesMax}"));
        Differs(count > 0, Say($"max_msgs={count}: entries go when there are more"));
        Differs(!info.Flag("config.deny_delete"), "deny_delete=false: somebody may take entries out, and all stand still there");
        Differs(!info.Flag("config.deny_purge"), "deny_purge=false: somebody may empty it");
        Differs(info.Flag("config.allow_rollup_hdrs"), "allow_rollup_hdrs=true: who publishes may empty it");
        Differs(info.Text("config.persist_mode") == "async", "persist_mode=async: what was confirmed may be lost");
        Differs(info.Number("config.max_consumers") > 0, Say($"max_consumers={info.Number("config.max_consumers")}: each that catches up needs one"));
        return differences;
    }

    /// <summary>The longest entry that it takes.</summary>
    public static int EntryBytesMax(NatsJson info, NatsServerInfo server)
    {
        long entry = info.Number("config.max_msg_size");
        int payload = Math.Min(server.PayloadBytesMax, NatsServerInfo.PayloadBytesMost);
        return entry > 0 ? (int)Math.Min(entry, payload) : payload;
    }

    /// <summary>Whether requests as long as they were asked for go into an entry; empty: they do.</summary>
    /// <param name="entryBytesMax">The longest that the engine takes.</param>
    /// <param name="server">Which said so.</param>
    public string RequestFault(int entryBytesMax, NatsServerInfo server) => settings.RequestBytesWanted <= entryBytesMax - RequestBytesSpare
        ? ""
        : Say($"max_request_bytes={settings.RequestBytesWanted} is set, and entries of at most {entryBytesMax} bytes are taken (max_payload={server.PayloadBytesMax} of nats-server, max_msg_size of the stream), of which {RequestBytesSpare} are to stay free: set max_payload to {settings.RequestBytesWanted + RequestBytesSpare} or more, or max_request_bytes to {Math.Max(0, entryBytesMax - RequestBytesSpare)} or less, or leave it out");

    private static string Seconds(long nanoseconds) => nanoseconds == 0 ? "for ever" : Say($"{nanoseconds / 1_000_000_000.0:0.#}s");

    private static string Say(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
