using System.Collections.Immutable;

namespace Dynode.Native.Configuration;

/// <summary>What a reload does with a changed value.</summary>
internal enum ReloadEffect
{
    /// <summary>It is in force at once.</summary>
    Applied,

    /// <summary>It is named in the log and left as it was.</summary>
    NeedsRestart,
}

/// <summary>
/// One key, declared once: whatever reads, checks, prints, documents or reloads configuration is made from this and
/// knows no key of its own.
/// </summary>
/// <param name="Name">As in the file.</param>
/// <param name="Kind">How its text is read.</param>
/// <param name="Default">What it is when it is not set; empty: nothing, or computed (see <see cref="DefaultSaid"/>).</param>
/// <param name="Reload">What a reload does with it.</param>
/// <param name="Meaning">In one line.</param>
internal sealed record ConfigurationKey(string Name, ValueKind Kind, string Default, ReloadEffect Reload, string Meaning)
{
    /// <summary>The least value: a count, milliseconds, bytes or thousandths, as the kind says.</summary>
    public long Min { get; init; }

    /// <summary>The greatest value, in the unit of <see cref="Min"/>.</summary>
    public long Max { get; init; }

    /// <summary>The words of a <see cref="ValueKind.Choice"/>, spelled as they are shown.</summary>
    public ImmutableArray<string> Choices { get; init; } = [];

    /// <summary>For a default that is computed: how, for people.</summary>
    public string DefaultSaid { get; init; } = "";

    /// <summary>The protocols that look at it.</summary>
    public ProtocolScope Scope { get; init; } = ProtocolScope.Every;

    /// <summary>Its place in <see cref="KeyTable.All"/>.</summary>
    public int Index { get; init; }

    /// <summary>The number of <see cref="Default"/>, in the unit of <see cref="Min"/>.</summary>
    public long DefaultNumber => ValueReader.Default(this).Number;

    /// <summary>Their names, for a sentence.</summary>
    public static string Names(IEnumerable<ConfigurationKey> keys) => string.Join(", ", keys.Select(static key => key.Name));

    /// <summary>The range has no meaning for words and texts.</summary>
    public bool HasRange => Kind is ValueKind.Count or ValueKind.Duration or ValueKind.Size or ValueKind.Share;
}
