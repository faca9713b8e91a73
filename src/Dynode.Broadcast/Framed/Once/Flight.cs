namespace Dynode.Broadcast.Framed.Once;

/// <summary>What was sent in one piece.</summary>
internal enum FlightKind
{
    /// <summary>Requests, done whole or not at all, and the watermark with them; of none it is moved alone.</summary>
    Batch,

    /// <summary>Requests as they are, in their database.</summary>
    Plain,

    /// <summary>Whether the server has a database, asked by us: no request of the log, or our own that names it.</summary>
    Proof,

    /// <summary>A client's request for another database.</summary>
    ClientSelect,

    /// <summary>Our own request for a protocol.</summary>
    Protocol,
}

/// <summary>
/// Something that was sent and is not wholly answered. Where there are several, all but perhaps the first are batches: the rest goes alone. Immutable but for what its replies say.
/// </summary>
internal sealed class Flight
{
    /// <summary>What it is.</summary>
    public required FlightKind Kind { get; init; }

    /// <summary>The number in the log of the first that it holds.</summary>
    public required long First { get; init; }

    /// <summary>And of what comes behind it.</summary>
    public required long End { get; init; }

    /// <summary>And where that begins.</summary>
    public required long EndPosition { get; init; }

    /// <summary>How many requests of the stream come before it.</summary>
    public required long RequestsBefore { get; init; }

    /// <summary>How many of clients' it holds.</summary>
    public int Entries { get; init; }

    /// <summary>The numbers of those among them that the stream does not have.</summary>
    public IReadOnlyList<long> Locals { get; init; } = [];

    /// <summary>How many of the stream's it holds.</summary>
    public int Requests => Entries - Locals.Count;

    /// <summary>Requests of our own for a database that it begins with, which are not sent.</summary>
    public int Selects { get; init; }

    /// <summary>The database that was wanted before it.</summary>
    public int DatabaseBefore { get; init; }

    /// <summary>Its own; 0: the one that the connection is in.</summary>
    public int Database { get; init; }

    /// <summary>Of a <see cref="FlightKind.Proof"/>: the database that it asks for.</summary>
    public int ProofOf { get; init; }

    /// <summary>Of a batch that is one transaction: how many are in that; -1: it is none.</summary>
    public int Inner { get; init; } = -1;

    /// <summary>Of one request: by what it is learned; empty: it is not.</summary>
    public byte[] Name { get; init; } = [];

    /// <summary>Of a batch: the watermark that it leaves.</summary>
    public byte[] After { get; init; } = [];

    /// <summary>When it was sent.</summary>
    public long SentAt { get; init; }

    /// <summary>Requests of the stream behind it.</summary>
    public long RequestsAfter => RequestsBefore + Requests;

    /// <summary>How many of the stream's come before one that it holds.</summary>
    public long RequestsAt(long number) =>
        RequestsBefore + Math.Clamp(number - First - Selects, 0, Entries) - Locals.Count(local => local < number);

    /// <summary>Replies that say that something is put by: the requests', those of our own, and the watermark's.</summary>
    public int Queued => (Inner >= 0 ? Inner : Entries) + (Database > 0 ? 2 : 0) + 1;

    /// <summary>Elements of its list.</summary>
    public int Elements => Queued;
}
