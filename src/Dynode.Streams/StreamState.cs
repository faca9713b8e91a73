namespace Dynode.Streams;

/// <summary>A stream as it stood when it was asked.</summary>
/// <param name="Identity">Which one.</param>
/// <param name="First">The lowest number that it keeps; where it keeps none, one more than <paramref name="Last"/>.</param>
/// <param name="Last">The highest that it has given; 0: none.</param>
/// <param name="ParcelBytesMax">The longest entry that it takes, in bytes.</param>
/// <param name="RoundTrip">How long it took to ask, in microseconds.</param>
/// <param name="Where">Server, version and leader, in words.</param>
public sealed record StreamState(StreamIdentity Identity, ulong First, ulong Last, int ParcelBytesMax, long RoundTrip, string Where)
{
    /// <summary>The server that was asked, as host and port; empty: the engine has none.</summary>
    public string Server { get; init; } = "";

    /// <summary>The server that decides what is next in the stream, by its name; empty: there is none now, or the engine does not say.</summary>
    public string Leader { get; init; } = "";

    /// <summary>The server that was asked says that none decides: while they choose one, or because it is cut off from the others.</summary>
    public bool IsLeaderless { get; init; }

    /// <summary>What it has that it would not have been made with here, in words; empty: nothing.</summary>
    public string Differences { get; init; } = "";
}
