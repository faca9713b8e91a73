namespace Dynode.Broadcast.Framed.Once;

/// <summary>Something that is written.</summary>
internal ref struct BatchDraft(long first, int selects, int database, FlightKind kind)
{
    /// <summary>The number of the first entry.</summary>
    public long First { get; } = first;

    /// <summary>Requests of our own for a database that it begins with.</summary>
    public int Selects { get; } = selects;

    /// <summary>Its own.</summary>
    public int Database { get; } = database;

    /// <summary>What it is.</summary>
    public FlightKind Kind { get; set; } = kind;

    /// <summary>Of its last request.</summary>
    public ReadOnlySpan<byte> Name { get; set; }

    /// <summary>Of a transaction: how many are in it.</summary>
    public int Inner { get; set; } = -1;

    /// <summary>Of a transaction: where that lies.</summary>
    public (int Start, int Length)? Body { get; set; }
}
