using System.Collections.Immutable;

namespace Dynode.Native.Configuration;

/// <summary>One key's value in force.</summary>
/// <param name="Value">Never missing: the default, where nothing better is known.</param>
/// <param name="Source">Where it stands.</param>
/// <param name="IsFaulty">What was written could not be read; it is reported, and rules about several keys say nothing more.</param>
internal readonly record struct EffectiveValue(ConfigurationValue Value, ConfigurationSource Source, bool IsFaulty = false)
{
    /// <summary>Somebody wrote it.</summary>
    public bool IsSet => Source != ConfigurationSource.Default;
}

/// <summary>A value for every key. Immutable; two readings are compared key by key.</summary>
internal sealed class EffectiveValues(ImmutableArray<EffectiveValue> entries)
{
    public EffectiveValue this[ConfigurationKey key] => entries[key.Index];

    /// <summary>The number of a key's value, in the unit of its kind.</summary>
    public long Number(ConfigurationKey key) => this[key].Value.Number;

    /// <summary>The text of a key's value.</summary>
    public string Text(ConfigurationKey key) => this[key].Value.Text;

    /// <summary>A key's value of <see cref="ValueKind.Flag"/>.</summary>
    public bool Flag(ConfigurationKey key) => Number(key) != 0;

    /// <summary>A key's value of <see cref="ValueKind.Duration"/>.</summary>
    public TimeSpan Duration(ConfigurationKey key) => TimeSpan.FromMilliseconds(Number(key));

    /// <summary>The same values but for those keys.</summary>
    public EffectiveValues With(IEnumerable<(ConfigurationKey Key, EffectiveValue Value)> changes)
    {
        var builder = entries.ToBuilder();
        foreach ((ConfigurationKey key, EffectiveValue value) in changes)
            builder[key.Index] = value;
        return new(builder.ToImmutable());
    }
}
