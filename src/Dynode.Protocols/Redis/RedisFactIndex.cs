using System.Text;

namespace Dynode.Protocols.Redis;

/// <summary>Finds facts by name without allocating. Immutable; any thread.</summary>
internal sealed class RedisFactIndex
{
    private static readonly RedisFact Ordinary = new() { Name = "", Key = 1 };

    private readonly Dictionary<PackedName, Entry> _names = [];
    private readonly Dictionary<(PackedName, PackedName), RedisFact> _subcommands = [];

    /// <param name="facts">Of a name there may be lines for its subcommands alone.</param>
    public RedisFactIndex(IEnumerable<RedisFact> facts)
    {
        foreach (RedisFact fact in facts)
        {
            if (fact.Name.Split(' ') is not [string name, string subcommand])
            {
                PackedName alone = Pack(fact.Name);
                _names[alone] = new(fact, _names.TryGetValue(alone, out Entry known) && known.HasSubcommands);
                continue;
            }

            PackedName packed = Pack(name);
            _subcommands.Add((packed, Pack(subcommand)), fact);
            RedisFact own = _names.TryGetValue(packed, out Entry entry) ? entry.Fact : new() { Name = name };
            _names[packed] = new(own, true);
        }
    }

    /// <inheritdoc cref="RedisFacts.Find(ReadOnlySpan{byte}, out bool)"/>
    public RedisFact Find(ReadOnlySpan<byte> name, out bool hasSubcommands)
    {
        hasSubcommands = false;
        if (!_names.TryGetValue(PackedName.Of(name), out Entry entry)) return Ordinary;
        hasSubcommands = entry.HasSubcommands;
        return entry.Fact;
    }

    /// <inheritdoc cref="RedisFacts.Find(ReadOnlySpan{byte}, ReadOnlySpan{byte})"/>
    public RedisFact? Find(ReadOnlySpan<byte> name, ReadOnlySpan<byte> subcommand) =>
        _subcommands.GetValueOrDefault((PackedName.Of(name), PackedName.Of(subcommand)));

    private static PackedName Pack(string name)
    {
        PackedName packed = PackedName.Of(Encoding.ASCII.GetBytes(name));
        return packed == default ? throw new ArgumentException($"{name} is longer than {PackedName.BytesMax} bytes", nameof(name)) : packed;
    }

    private readonly record struct Entry(RedisFact Fact, bool HasSubcommands);
}
