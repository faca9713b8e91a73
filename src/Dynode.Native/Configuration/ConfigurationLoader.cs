using System.Collections.Immutable;

namespace Dynode.Native.Configuration;

/// <summary>The places that configuration comes from; kept for a reload, which reads them again.</summary>
internal sealed record ConfigurationPlaces
{
    /// <summary>The file; null: none is read.</summary>
    public string? File { get; init; }

    /// <summary>What followed each <c>--set</c>, in order.</summary>
    public ImmutableArray<string> Sets { get; init; } = [];

    /// <summary>Name and value of every environment variable.</summary>
    public ImmutableArray<KeyValuePair<string, string>> Environment { get; init; } = [];

    /// <summary>The bytes of memory that this process may use; asked once for each reading.</summary>
    public Func<long> MemoryBytes { get; init; } = () => MemoryLimit.Read("/");
}

/// <summary>What a reading gave: settings, or every fault that was found.</summary>
internal sealed record ConfigurationReading(HostSettings? Settings, ImmutableArray<ConfigurationFault> Faults);

/// <summary>
/// Reads all places and gives either settings or all faults. Command line over environment over file over default; an empty
/// value means the default; a value that is wrong is a fault also where a stronger place overrides it.
/// </summary>
internal static class ConfigurationLoader
{
    /// <summary>Two underscores: a Kubernetes Service named dynode puts DYNODE_PORT into every pod's environment itself.</summary>
    public const string EnvironmentPrefix = "DYNODE__";

    public static ConfigurationReading Read(ConfigurationPlaces places)
    {
        var faults = new List<ConfigurationFault>();
        var assignments = new List<Assignment>();
        bool isWhole = places.File is not { } path || ConfigurationFile.Read(path, assignments, faults);
        ReadEnvironment(places.Environment, assignments, faults);
        ReadSets(places.Sets, assignments, faults);

        // Where the file could not be read, nothing can be said about what is missing.
        EffectiveValues values = ProtocolDefaults.Fill(Judge(assignments, places, faults));
        if (isWhole)
            CrossChecks.Run(values, new(places.File is null ? ConfigurationSource.Whole.Text : Shown.Plain(places.File)), faults);
        return faults.Count == 0 ? new(HostSettings.From(values), []) : new(null, [.. faults]);
    }

    /// <summary>What the variables set, each with its name.</summary>
    public static void ReadEnvironment(
        IEnumerable<KeyValuePair<string, string>> variables, List<Assignment> assignments, List<ConfigurationFault> faults)
    {
        // The environment has no order of its own; faults should have one.
        var seen = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach ((string name, string value) in variables.OrderBy(variable => variable.Key, StringComparer.Ordinal))
        {
            if (!name.StartsWith(EnvironmentPrefix, StringComparison.Ordinal))
                continue;
            var source = ConfigurationSource.Environment(Shown.Plain(name));
            string key = name[EnvironmentPrefix.Length..].ToLowerInvariant();
            if (seen.TryAdd(key, name))
                assignments.Add(new(key, value.Trim(), source));
            else
                faults.Add(new(source, $"{Shown.Plain(key)} is set by {Shown.Plain(seen[key])} too"));
        }
    }

    /// <summary>What <c>--set</c> was given.</summary>
    public static void ReadSets(ImmutableArray<string> sets, List<Assignment> assignments, List<ConfigurationFault> faults)
    {
        for (int i = 0; i < sets.Length; i++)
        {
            int equals = sets[i].IndexOf('=', StringComparison.Ordinal);
            if (equals > 0)
                assignments.Add(new(sets[i][..equals].Trim(), sets[i][(equals + 1)..].Trim(), ConfigurationSource.CommandLine));
            else
                faults.Add(new(ConfigurationSource.CommandLine, $"number {i + 1} is not key=value"));
        }
    }

    /// <summary>For a key that is none.</summary>
    public static ConfigurationFault Unknown(Assignment assignment) => new(
        assignment.Source,
        $"unknown key \"{Shown.Plain(assignment.Key)}\"; the nearest known key is \"{NearestKey.To(assignment.Key).Name}\"");

    private static EffectiveValues Judge(List<Assignment> assignments, ConfigurationPlaces places, List<ConfigurationFault> faults)
    {
        var texts = new List<string>();
        var entries = new EffectiveValue[KeyTable.All.Length];
        Dictionary<ConfigurationKey, Assignment> strongest = Strongest(assignments);
        foreach (Assignment assignment in assignments)
        {
            if (KeyTable.Find(assignment.Key) is not { } key)
            {
                faults.Add(Unknown(assignment));
                continue;
            }

            bool isStrongest = strongest[key] == assignment;
            // The file behind a secret that is not used need not be there.
            if (assignment.Value.Length == 0 || (FileText.MayHold(key.Kind) && assignment.Value[0] == '@' && !isStrongest))
                continue;
            string? resolved = CredentialPath.Resolve(key, assignment.Value, places.Environment, out string? fault);
            if (fault is not null)
                texts.Add(fault);
            ConfigurationValue? value = resolved is null ? null : ValueReader.Read(key, resolved, texts);
            faults.AddRange(texts.Select(text => new ConfigurationFault(assignment.Source, text)));
            texts.Clear();
            if (isStrongest)
                entries[key.Index] = new(value ?? default, assignment.Source, value is null, File: FileText.MayHold(key.Kind) && resolved is not null && FileText.IsNamed(resolved) ? resolved[1..] : "");
        }

        foreach (ConfigurationKey key in KeyTable.All)
        {
            if (entries[key.Index].Source == default)
                entries[key.Index] = Default(key, places);
        }

        return new EffectiveValues([.. entries]);
    }

    private static Dictionary<ConfigurationKey, Assignment> Strongest(List<Assignment> assignments)
    {
        var strongest = new Dictionary<ConfigurationKey, Assignment>();
        foreach (Assignment assignment in assignments)
        {
            if (KeyTable.Find(assignment.Key) is { } key)
                strongest[key] = assignment;
        }

        return strongest;
    }

    private static EffectiveValue Default(ConfigurationKey key, ConfigurationPlaces places)
    {
        if (key != ConfigurationKeys.MemoryMax)
            return new(ValueReader.Default(key), ConfigurationSource.Default);
        long bytes = MemoryLimit.DefaultFor(places.MemoryBytes());
        return new(new(NumberText.Size(bytes), bytes), ConfigurationSource.Default, Said: key.DefaultSaid);
    }
}
