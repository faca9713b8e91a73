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

        ConfigurationKey[] changed = [.. ConfigurationKeys.All.Where(key => running.Values[key].Value != read.Values[key].Value)];
        ImmutableArray<ConfigurationKey> needRestart = [.. changed.Where(key => key.Reload == ReloadEffect.NeedsRestart)];
        EffectiveValues values = read.Values.With(needRestart.Select(key => (key, running.Values[key])));

        // Good for a restart is not yet good for now: a new server may be where this listener still is.
        var faults = new List<ConfigurationFault>();
        CrossChecks.Run(values, ConfigurationSource.Whole, faults);
        return faults.Count > 0
            ? new(null, [], needRestart, [.. faults])
            : new(HostSettings.From(values), [.. changed.Except(needRestart)], needRestart, []);
    }
}
