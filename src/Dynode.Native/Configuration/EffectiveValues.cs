using System.Collections.Immutable;
using Dynode.Protocols;

namespace Dynode.Native.Configuration;

/// <summary>One key's value in force.</summary>
/// <param name="Value">Never missing: the default, where nothing better is known.</param>
/// <param name="Source">Where it stands.</param>
/// <param name="IsFaulty">What was written could not be read; it is reported, and rules about several keys say nothing more.</param>
/// <param name="Said">For a default that was computed: how, for people.</param>
/// <param name="File">The file that it stands in by itself; empty: none.</param>
internal readonly record struct EffectiveValue(
    ConfigurationValue Value, ConfigurationSource Source, bool IsFaulty = false, string Said = "", string File = "")
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

    /// <summary>A key's value of <see cref="ValueKind.Secret"/>.</summary>
    public Secret Secret(ConfigurationKey key) => this[key].Value.Secret;

    /// <summary>A key's value of <see cref="ValueKind.Flag"/>.</summary>
    public bool Flag(ConfigurationKey key) => Number(key) != 0;

    /// <summary>A key's value of <see cref="ValueKind.Duration"/>.</summary>
    public TimeSpan Duration(ConfigurationKey key) => TimeSpan.FromMilliseconds(Number(key));

    /// <summary>The protocol in force.</summary>
    public ProtocolScope Protocol => (ProtocolScope)(1 << (int)Number(ConfigurationKeys.Protocol));

    /// <summary>One of those keys was written so that it could not be read.</summary>
    public bool AreFaulty(params ReadOnlySpan<ConfigurationKey> keys)
    {
        foreach (ConfigurationKey key in keys)
        {
            if (this[key].IsFaulty)
                return true;
        }

        return false;
    }

    /// <summary>Somebody set the key, and the protocol in force does not look at it.</summary>
    public bool IsWithoutEffect(ConfigurationKey key) => this[key].IsSet && (key.Scope & Protocol) == 0;

    /// <summary>The same values but for those keys.</summary>
    public EffectiveValues With(IEnumerable<(ConfigurationKey Key, EffectiveValue Value)> changes)
    {
        var builder = entries.ToBuilder();
        foreach ((ConfigurationKey key, EffectiveValue value) in changes)
            builder[key.Index] = value;
        return new(builder.ToImmutable());
    }
}
