using System.Collections.Immutable;

namespace Dynode.Native.Configuration;

/// <summary>What a reading asks of a host that runs on another.</summary>
/// <param name="Settings">What is in force from now on; null: the faults say why nothing changes.</param>
/// <param name="Applied">Keys whose new value is in force.</param>
/// <param name="NeedRestart">Keys whose new value waits for a restart.</param>
/// <param name="Faults">Why nothing changes.</param>
internal sealed record Reload(
    HostSettings? Settings,
    ImmutableArray<ConfigurationKey> Applied,
    ImmutableArray<ConfigurationKey> NeedRestart,
    ImmutableArray<ConfigurationFault> Faults)
{
    /// <summary>Compares what runs with what was read; what needs a restart stays as it runs, and the next reload names it again.</summary>
    public static Reload Between(HostSettings running, ConfigurationReading reading)
    {
        if (reading.Settings is not { } read)
            return new(null, [], [], reading.Faults);

        ImmutableArray<ConfigurationKey> needRestart = [.. Changed(running.Values, read.Values, ReloadEffect.NeedsRestart)];

        // Defaults that were computed for a protocol that waits for the restart are computed again for the one that runs.
        EffectiveValues values = ProtocolDefaults.Fill(read.Values.With(needRestart.Select(key => (key, running.Values[key]))));

        // Good for a restart is not yet good for now: a new server may be where this listener still is.
        var faults = new List<ConfigurationFault>();
        CrossChecks.Run(values, ConfigurationSource.Whole, faults);
        return faults.Count > 0
            ? new(null, [], needRestart, [.. faults])
            : new(HostSettings.From(values), [.. Changed(running.Values, values, ReloadEffect.Applied)], needRestart, []);
    }

    private static IEnumerable<ConfigurationKey> Changed(EffectiveValues before, EffectiveValues after, ReloadEffect effect) =>
        KeyTable.All.Where(key => key.Reload == effect && before[key].Value != after[key].Value);
}
