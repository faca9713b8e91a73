namespace Dynode.Protocols;

/// <summary>What protocols are told; immutable, swapped whole by a reload.</summary>
public sealed record ProtocolSettings
{
    /// <summary>The longest request, in bytes, all of its framing included.</summary>
    public long RequestBytesMax { get; init; } = 16L << 20;

    /// <summary>redis: what clients must AUTH with; empty: nothing.</summary>
    public Secret ClientPassword { get; init; }

    /// <summary>redis: the user that servers know this broadcaster as; empty: the default user.</summary>
    public string BackendUsername { get; init; } = "";

    /// <summary>redis: what servers are sent with AUTH before anything else; empty: no AUTH.</summary>
    public Secret BackendPassword { get; init; }

    /// <summary>What is known of the servers that clients are answered by: what all that are current have, or had when some were last.</summary>
    public ServerTraits Servers { get; init; } = new("redis", "7.0.0", ProtocolMax: 2);

    /// <summary>redis: a key that is not the clients': requests whose first key it is are refused; empty: there is none.</summary>
    public ReadOnlyMemory<byte> OwnKey { get; init; }

    /// <summary>redis: a request that names a script by its hash is sent with all of it, or refused as by a server that does not know it.</summary>
    public bool SendsScripts { get; init; }

    /// <summary>memcached: compares of cas numbers are allowed, though each server has its own.</summary>
    public bool AllowsCas { get; init; }

    /// <summary>Of each request it is said whether it <see cref="RequestVerdict.Reads"/>.</summary>
    public bool MarksReads { get; init; }

    /// <summary>line: where lines end.</summary>
    public LineFraming LineFraming { get; init; }

    /// <summary>line: how many lines a server answers to each, 0 or 1.</summary>
    public int RepliesPerLine { get; init; }
}
