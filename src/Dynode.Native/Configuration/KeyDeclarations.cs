using System.Collections.Immutable;
using static Dynode.Native.Configuration.ConfigurationLimits;
using static Dynode.Native.Configuration.ReloadEffect;

namespace Dynode.Native.Configuration;

/// <summary>Takes keys as they are declared, and gives each its place.</summary>
/// <param name="from">Of the first.</param>
internal sealed class KeyDeclarations(int from)
{
    private readonly ImmutableArray<ConfigurationKey>.Builder _declared = ImmutableArray.CreateBuilder<ConfigurationKey>();

    /// <summary>Those that it has taken.</summary>
    public ImmutableArray<ConfigurationKey> Declared => _declared.ToImmutable();

    /// <summary>The next one.</summary>
    public ConfigurationKey Declare(ConfigurationKey key)
    {
        key = key with { Index = from + _declared.Count };
        _declared.Add(key);
        return key;
    }

    /// <summary>A time, which a reload applies.</summary>
    public static ConfigurationKey Seconds(string name, string text, long min, string meaning) =>
        new(name, ValueKind.Duration, text, Applied, meaning) { Min = min, Max = DurationMillisecondsMax };

    /// <summary>A size, which a reload applies.</summary>
    public static ConfigurationKey Bytes(string name, string text, long min, long max, string meaning) =>
        new(name, ValueKind.Size, text, Applied, meaning) { Min = min, Max = max };

    /// <summary>A count.</summary>
    public static ConfigurationKey Number(string name, string text, long min, long max, ReloadEffect reload, string meaning) =>
        new(name, ValueKind.Count, text, reload, meaning) { Min = min, Max = max };
}
