using System.Collections.Immutable;
using Dynode.Streams;
using Dynode.Streams.Claims;

namespace Dynode.Broadcast.Plane;

/// <summary>With an ordered log: how it stands with it. Counts are since the start.</summary>
public sealed record FeedSnapshot
{
    /// <summary>What it is.</summary>
    public required StreamStandingKind State { get; init; }

    /// <summary>Where it is not read: why, in words; empty: it is.</summary>
    public required string Why { get; init; }

    /// <summary>The stream is there, and is read.</summary>
    public bool IsReading => State == StreamStandingKind.Reading;

    /// <summary>It is not read, and does not go on by itself.</summary>
    public bool IsStill => State > StreamStandingKind.Damaged;

    /// <summary>Which stream: its name; empty: none has been seen.</summary>
    public string Stream { get; init; } = "";

    /// <summary>The same as it stands in places and lines: told from one of the same name that was made later.</summary>
    public string Identity { get; init; } = "";

    /// <summary>The server that was asked last; empty: none was.</summary>
    public string Server { get; init; } = "";

    /// <summary>The server that leads the stream, by what is known last; empty: it is not known.</summary>
    public string Leader { get; init; } = "";

    /// <summary>Server, version and leader, in words.</summary>
    public string Where { get; init; } = "";

    /// <summary>How long it took to ask, when it was asked last; null: it never was.</summary>
    public TimeSpan? RoundTrip { get; init; }

    /// <summary>All entries of the stream up to this number have their places in the log.</summary>
    public ulong Placed { get; init; }

    /// <summary>The highest number that the stream is known to have given.</summary>
    public ulong Last { get; init; }

    /// <summary>How many entries are known that have no place yet.</summary>
    public ulong Lag => Last > Placed ? Last - Placed : 0;

    /// <summary>Requests of this broadcaster's clients that have no place yet.</summary>
    public int Waiting { get; init; }

    /// <summary>Parcels that were published and have not come by.</summary>
    public int InFlight { get; init; }

    /// <summary>So many may be.</summary>
    public int Window { get; init; }

    /// <summary>Parcels with requests that were published, each once.</summary>
    public long Parcels { get; init; }

    /// <summary>Requests in them.</summary>
    public long ParcelRequests { get; init; }

    /// <summary>Parcels that were published again.</summary>
    public long SentAgain { get; init; }

    /// <summary>Why the engine takes nothing that is published, in words; empty: it does.</summary>
    public string Refusal { get; init; } = "";

    /// <summary>Requests that were taken out again, for the log was away.</summary>
    public long NotKept { get; init; }

    /// <summary>Of those, the ones whose clients were not told: they had asked for no answer, or had left.</summary>
    public long NotKeptUntold { get; init; }

    /// <summary>Requests whose clients were told that nobody knows.</summary>
    public long Unknown { get; init; }

    /// <summary>What was read: parcels that counted, and those that did not.</summary>
    public StreamCounters Read { get; init; }

    /// <summary>Times that another server was found to lead the stream.</summary>
    public long LeaderChanges { get; init; }

    /// <summary>Times that the stream kept no more what was to be read of it next: it went on behind that.</summary>
    public long Overtaken { get; init; }

    /// <summary>Why it is not known who else delivers, or they do not know of this broadcaster, in words; empty: all is well.</summary>
    public string Others { get; init; } = "";

    /// <summary>The other broadcasters of this stream that live, as far as is known.</summary>
    public ImmutableArray<LivingOne> Living { get; init; } = [];

    /// <summary>Lanes that are open, of all broadcasters.</summary>
    public int Lanes { get; init; }

    /// <summary>What came of comparing the own servers' replies with those of other broadcasters' servers.</summary>
    public RangeFigures Ranges { get; init; }

    /// <summary>How long requests waited for their places.</summary>
    public required DurationHistogram Places { get; init; }
}
