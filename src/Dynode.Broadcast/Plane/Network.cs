using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net.Sockets;

namespace Dynode.Broadcast.Plane;

/// <summary>A network of IPv4 or IPv6 addresses, or one address.</summary>
public readonly record struct Network
{
    private const int FourBits = 32;
    private const int SixBits = 128;

    private readonly int _prefix;

    private Network(AddressNumber first, int prefix) => (First, _prefix) = (first, prefix);

    /// <summary>Its first address.</summary>
    internal AddressNumber First { get; }

    /// <summary>The number of its last address.</summary>
    internal UInt128 Last => First.Value | Behind(First.IsFour, _prefix);

    private int Bits => First.IsFour ? FourBits : SixBits;

    /// <summary>Reads <c>10.0.0.0/8</c>, <c>fd00::/8</c>, or an address. IPv4 in the spelling of IPv6 is IPv4.</summary>
    /// <param name="text">All of it, without white space.</param>
    /// <param name="network">When the result is true.</param>
    /// <param name="fault">Why not, as the end of a sentence about <paramref name="text"/>, when the result is false.</param>
    public static bool TryParse(string text, out Network network, [NotNullWhen(false)] out string? fault)
    {
        network = default;
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        if (!AddressText.TryRead(slash < 0 ? text : text.AsSpan(0, slash), out var address))
        {
            fault = "is no network and no address of IPv4 or IPv6 (like 10.0.0.0/8, 10.0.0.7 or fd00::/8)";
            return false;
        }

        int bits = address.AddressFamily == AddressFamily.InterNetwork ? FourBits : SixBits;
        int prefix = bits;
        if (slash >= 0 && !TryReadPrefix(text.AsSpan(slash + 1), bits, out prefix))
        {
            fault = $"has no number from 0 to {bits} behind its /";
            return false;
        }

        var first = AddressNumber.Of(address);
        if (first.IsFour && bits == SixBits)
        {
            // Fewer bits than those that say "IPv4" would be a network of both families, and nobody means that.
            if (prefix < SixBits - FourBits)
            {
                fault = $"is IPv4 in the spelling of IPv6, whose prefix is at least {SixBits - FourBits}: write {first}/{Math.Max(0, prefix - (SixBits - FourBits))} or ::/{prefix}";
                return false;
            }

            prefix -= SixBits - FourBits;
        }

        var behind = first.Value & Behind(first.IsFour, prefix);
        if (behind != 0)
        {
            var rounded = new Network(first with { Value = first.Value - behind }, prefix);
            fault = $"has bits set behind its prefix: write {rounded} for the network, or {first} for that one address";
            return false;
        }

        network = new Network(first, prefix);
        fault = null;
        return true;
    }

    /// <summary>In the one spelling of it, which <see cref="TryParse"/> reads back to an equal one: an address alone without a prefix.</summary>
    public override string ToString() =>
        _prefix == Bits ? First.ToString() : string.Create(CultureInfo.InvariantCulture, $"{First}/{_prefix}");

    /// <summary>The bits that a prefix leaves free.</summary>
    private static UInt128 Behind(bool isFour, int prefix)
    {
        int free = (isFour ? FourBits : SixBits) - prefix;
        return free == SixBits ? UInt128.MaxValue : (UInt128.One << free) - 1;
    }

    private static bool TryReadPrefix(ReadOnlySpan<char> text, int max, out int prefix) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out prefix)
        && text.Length <= 3 && !text.Contains('\0') && (text[0] != '0' || text.Length == 1) && prefix <= max;
}
