namespace Dynode.Broadcast.Backends;

/// <summary>
/// Which name is looked up next, where lookups may hang and each then holds a thread for as long as the resolver likes:
/// <code>
///   of all threads     those whose servers were silent    ▒▒▒▒▒▒▒▒▒▒            at most a half
///                      and those nobody has asked yet     ▒▒▒▒▒▒▒▒▒▒░░░░░       at most three quarters together
///                      those that answered promptly       ▒▒▒▒▒▒▒▒▒▒░░░░░▓▓▓▓▓  all, and before the others
/// </code>
/// So a name that answers finds a thread, however many are silent. Among equals the domain of which the fewest are under way comes first,
/// then who came first. With few threads a share is at least one. Pure; guarded by its owner.
/// </summary>
internal sealed class LookupLine(int threadsMax)
{
    private readonly Dictionary<string, NameLookup> _all = [];
    private readonly Dictionary<string, int> _runningOf = [];
    private readonly List<NameLookup> _unknown = [];
    private readonly List<NameLookup> _prompt = [];
    private readonly List<NameLookup> _silent = [];
    private int _running;
    private int _runningUnknown;
    private int _runningSilent;

    /// <summary>Names that are not under way.</summary>
    public int Waiting => _unknown.Count + _prompt.Count + _silent.Count;

    /// <summary>The lookup of this name that waits or is under way; null: none.</summary>
    public NameLookup? Find(string name) => _all.GetValueOrDefault(name);

    /// <summary>It waits.</summary>
    public void Add(NameLookup lookup)
    {
        _all.Add(lookup.Name, lookup);
        Of(lookup.Past).Add(lookup);
    }

    /// <summary>The next, which is under way from now on; null: none may be.</summary>
    public NameLookup? Take()
    {
        if (_running >= threadsMax)
            return null;
        var next = First(_prompt);
        if (next is null && _runningUnknown + _runningSilent < Share(threadsMax * 3 / 4))
            next = First(_unknown) ?? (_runningSilent < Share(threadsMax / 2) ? First(_silent) : null);
        if (next is null)
            return null;
        Of(next.Past).Remove(next);
        Count(next, 1);
        return next;
    }

    /// <summary>It has come to its end.</summary>
    public void End(NameLookup lookup)
    {
        _all.Remove(lookup.Name);
        Count(lookup, -1);
    }

    /// <summary>Takes all that wait out of the line: there is no thread for them.</summary>
    public List<NameLookup> GiveUp()
    {
        List<NameLookup> given = [.. _prompt, .. _unknown, .. _silent];
        foreach (var lookup in given)
            _all.Remove(lookup.Name);
        _prompt.Clear();
        _unknown.Clear();
        _silent.Clear();
        return given;
    }

    private static int Share(int threads) => Math.Max(1, threads);

    private List<NameLookup> Of(LookupPast past) => past switch
    {
        LookupPast.Prompt => _prompt,
        LookupPast.Silent => _silent,
        _ => _unknown,
    };

    /// <summary>Of those that wait, one of the domain of which the fewest are under way.</summary>
    private NameLookup? First(List<NameLookup> waiting) => waiting.MinBy(lookup => _runningOf.GetValueOrDefault(lookup.Domain));

    private void Count(NameLookup lookup, int one)
    {
        _running += one;
        _runningUnknown += lookup.Past == LookupPast.Unknown ? one : 0;
        _runningSilent += lookup.Past == LookupPast.Silent ? one : 0;
        int ofDomain = _runningOf.GetValueOrDefault(lookup.Domain) + one;
        if (ofDomain == 0)
            _runningOf.Remove(lookup.Domain);
        else
            _runningOf[lookup.Domain] = ofDomain;
    }
}
