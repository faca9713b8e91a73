using System.Collections.Immutable;
using System.Net;

namespace Dynode.Broadcast.Plane;

/// <summary>Some networks: whether an address is in one of them. Immutable; two are equal that were written alike.</summary>
public sealed class Networks : IEquatable<Networks>
{
    /// <summary>Networks at once: more are a firewall's affair.</summary>
    public const int CountMax = 1024;

    /// <summary>None at all.</summary>
    public static readonly Networks None = new([]);

    private readonly ImmutableArray<Network> _all;
    private readonly Ranges _four;
    private readonly Ranges _six;

    private Networks(ImmutableArray<Network> all)
    {
        _all = all;
        _four = new Ranges(all.Where(static network => network.First.IsFour));
        _six = new Ranges(all.Where(static network => !network.First.IsFour));
    }

    /// <summary>There is none, and so no address in any.</summary>
    public bool IsEmpty => _all.IsEmpty;

    /// <summary>Those; duplicates count once.</summary>
    public static Networks Of(IEnumerable<Network> networks) => networks.Distinct().ToImmutableArray() is { IsEmpty: false } all ? new(all) : None;

    /// <summary>Whether an address is in one of them. An IPv4 address in the spelling of IPv6 is one of IPv4; a zone is not looked at. Allocates nothing.</summary>
    public bool Contains(IPAddress address)
    {
        if (IsEmpty)
            return false;
        var number = AddressNumber.Of(address);
        return (number.IsFour ? _four : _six).Contains(number.Value);
    }

    /// <inheritdoc/>
    public bool Equals(Networks? other) => other is not null && _all.SequenceEqual(other._all);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Networks);

    /// <inheritdoc/>
    public override int GetHashCode() => _all.Length == 0 ? 0 : HashCode.Combine(_all.Length, _all[0]);

    /// <summary>With commas, in the order in which they were written.</summary>
    public override string ToString() => string.Join(", ", _all);

    /// <summary>Numbers of one family, from first to last, in their order, with a number at least between two of them.</summary>
    private readonly struct Ranges
    {
        private readonly UInt128[] _first;
        private readonly UInt128[] _last;

        public Ranges(IEnumerable<Network> networks)
        {
            List<UInt128> first = [], last = [];
            foreach (var network in networks.OrderBy(static network => network.First.Value))
            {
                // Of two networks that have an address in common one is within the other.
                if (last.Count > 0 && network.First.Value <= last[^1])
                {
                    last[^1] = UInt128.Max(last[^1], network.Last);
                    continue;
                }

                first.Add(network.First.Value);
                last.Add(network.Last);
            }

            (_first, _last) = ([.. first], [.. last]);
        }

        public bool Contains(UInt128 number)
        {
            int at = Array.BinarySearch(_first, number);
            return at >= 0 || (~at > 0 && number <= _last[~at - 1]);
        }
    }
}
