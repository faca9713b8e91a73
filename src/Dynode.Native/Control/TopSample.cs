namespace Dynode.Native.Control;

/// <summary>What the full screen shows: the last good answers, and what became of asking since. Immutable.</summary>
internal sealed class TopSample
{
    /// <summary>The last /status.</summary>
    public JsonPart Status { get; init; } = JsonPart.Nothing;

    /// <summary>The last /clients.</summary>
    public JsonPart Clients { get; init; } = JsonPart.Nothing;

    /// <summary>Why there are no clients to show; null: there are.</summary>
    public string? ClientsFault { get; init; }

    /// <summary>Why there is no newer one; null: this is what it said last.</summary>
    public string? Fault { get; init; }

    /// <summary>When <see cref="Status"/> came, by the clock's timestamp.</summary>
    public long Seen { get; init; }
}

/// <summary>How clients are sorted, as the broadcaster does it.</summary>
internal enum ClientOrder
{
    Owed,
    Age,
    Requests,
}

/// <summary>What the keys have chosen.</summary>
/// <param name="HasClients">They are shown, and asked for.</param>
/// <param name="Order">How those are sorted.</param>
/// <param name="IsByLag">Who is furthest behind stands first; else the list's order.</param>
/// <param name="IsPaused">What is shown stays.</param>
internal sealed record TopChoice(bool HasClients = true, ClientOrder Order = ClientOrder.Owed, bool IsByLag = false, bool IsPaused = false)
{
    /// <summary>The word of /clients?sort=.</summary>
    public string Sort => Order switch
    {
        ClientOrder.Age => "age",
        ClientOrder.Requests => "requests",
        _ => "owed",
    };

    /// <summary>What a key makes of it; s sorts what is shown.</summary>
    public TopChoice After(char key) => char.ToLowerInvariant(key) switch
    {
        's' when HasClients => this with { Order = (ClientOrder)(((int)Order + 1) % 3) },
        's' => this with { IsByLag = !IsByLag },
        'c' => this with { HasClients = !HasClients },
        'p' or ' ' => this with { IsPaused = !IsPaused },
        _ => this,
    };
}
