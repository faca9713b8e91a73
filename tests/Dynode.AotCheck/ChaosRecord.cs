using System.Collections.Concurrent;

namespace Dynode.AotCheck;

/// <summary>What a client was told of a request.</summary>
internal enum ChaosTold
{
    Unknown,
    Kept,
    NotKept,
}

/// <summary>What all clients asked for and were told, and whether what the servers hold in the end is that. Any thread.</summary>
internal sealed class ChaosRecord
{
    private readonly ConcurrentDictionary<string, Asked> _pushed = new();
    private readonly ConcurrentDictionary<string, ConcurrentBag<ChaosTold>> _counted = new();
    private readonly ConcurrentDictionary<string, List<(string Value, ChaosTold Told)>> _set = new();
    private int _flushesAsked;
    private int _flushesTold;

    /// <summary>Ids in the list that clients were told are there, and that nobody has asked to be flushed since.</summary>
    public IEnumerable<string> MustBe => _pushed.Where(id => id.Value.Told == ChaosTold.Kept && id.Value.Flushes == Volatile.Read(ref _flushesAsked)).Select(static id => id.Key);

    /// <summary>Ids that clients were told are not there.</summary>
    public IEnumerable<string> MayNotBe => _pushed.Where(static id => id.Value.Told == ChaosTold.NotKept).Select(static id => id.Key);

    /// <summary>Somebody asked for everything to be flushed, and it may come at any time.</summary>
    public bool IsFlushed => Volatile.Read(ref _flushesAsked) > 0;

    /// <summary>Whether one of those came is not known: then nobody can say what must be there.</summary>
    public bool IsInDoubt => Volatile.Read(ref _flushesTold) < Volatile.Read(ref _flushesAsked);

    public int CountOf(ChaosTold told) => _pushed.Count(id => id.Value.Told == told);

    /// <summary>An id is on its way into the list.</summary>
    public void Pushing(string id)
    {
        // Told first: what is asked for in between leaves it in doubt.
        int told = Volatile.Read(ref _flushesTold);
        _pushed[id] = new Asked(ChaosTold.Unknown, told == Volatile.Read(ref _flushesAsked) ? told : -1);
    }

    public void Pushed(string id, ChaosTold told) => _pushed[id] = _pushed[id] with { Told = told };

    /// <summary>A key was asked to be counted up.</summary>
    public void Counted(string key, ChaosTold told) => _counted.GetOrAdd(key, static _ => []).Add(told);

    /// <summary>A key was asked to have a value. Only one client sets it, over one connection.</summary>
    public void Set(string key, string value, ChaosTold told) => _set.GetOrAdd(key, static _ => []).Add((value, told));

    /// <summary>Everything is asked to go.</summary>
    public void Flushing() => Interlocked.Increment(ref _flushesAsked);

    /// <summary>It has gone, or was told not to.</summary>
    public void Flushed() => Interlocked.Increment(ref _flushesTold);

    /// <summary>What is wrong with what the servers hold, each as a sentence.</summary>
    /// <param name="data">Of one of them: all hold the same.</param>
    public IEnumerable<string> Faults(ChaosData data)
    {
        string[] ids = data.List;
        if (ids.Length != ids.Distinct().Count())
            yield return $"{ids.Length - ids.Distinct().Count()} are there twice, as {ids.GroupBy(static id => id).First(static id => id.Count() > 1).Key}";
        if (MustBe.Except(ids).ToArray() is { Length: > 0 } missing)
            yield return $"{missing.Length} are not there that were acknowledged, as {missing[0]}";
        if (MayNotBe.Intersect(ids).ToArray() is { Length: > 0 } there)
            yield return $"{there.Length} are there that were told not to be kept, as {there[0]}";
        if (ids.Except(_pushed.Keys).ToArray() is { Length: > 0 } strange)
            yield return $"{strange.Length} are there that nobody asked for, as {strange[0]}";
        foreach (IGrouping<string, int> own in ids.GroupBy(static id => id[..id.LastIndexOf(':')], ChaosClient.NumberOf))
        {
            if (!own.SequenceEqual(own.Order()))
                yield return $"those of {own.Key} are not in its order";
        }

        foreach ((string key, ConcurrentBag<ChaosTold> told) in _counted)
        {
            int least = IsFlushed ? 0 : told.Count(static one => one == ChaosTold.Kept);
            int most = told.Count(static one => one != ChaosTold.NotKept);
            int count = data.Values.TryGetValue(key, out string? value) ? int.Parse(value, System.Globalization.CultureInfo.InvariantCulture) : 0;
            if (count < least || count > most)
                yield return $"{key} is {count}, of {least} that were acknowledged and {most - least} in doubt";
        }

        foreach ((string key, List<(string Value, ChaosTold Told)> set) in _set)
        {
            // The last that was acknowledged, or one in doubt behind it.
            int last = set.FindLastIndex(static one => one.Told == ChaosTold.Kept);
            string value = data.Values.GetValueOrDefault(key, "");
            bool isRight = value.Length == 0 ? IsFlushed || last < 0 : set.FindIndex(one => one.Value == value) is var at && at >= 0 && (at == last || (at > last && set[at].Told == ChaosTold.Unknown));
            if (!isRight)
                yield return $"{key} is '{value}', and the last of {set.Count} that was acknowledged {(last < 0 ? "none" : set[last].Value)}";
        }
    }

    /// <param name="Told">What was said of it.</param>
    /// <param name="Flushes">So many had been told when it was asked for; -1: there was one whose fate is not known.</param>
    private readonly record struct Asked(ChaosTold Told, int Flushes);
}
