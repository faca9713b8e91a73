namespace Dynode.Broadcast.Backends;

/// <summary>One name that is looked up, or is to be, and everybody who waits for it. Guarded by whoever owns the line.</summary>
internal sealed class NameLookup(string name, LookupPast past)
{
    public string Name => name;

    /// <summary>Names below the same one are, as a rule, asked of the same servers, and share their fate.</summary>
    public string Domain { get; } = name.IndexOf('.', StringComparison.Ordinal) is >= 0 and int dot ? name[(dot + 1)..] : "";

    public LookupPast Past => past;

    public List<Action<LookupAnswer>> Askers { get; } = [];
}
