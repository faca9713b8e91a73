using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace Dynode.Broadcast.Plane;

/// <summary>Addresses in one spelling alone: what decides who may come must not be read in two ways.</summary>
internal static class AddressText
{
    private const int SixCharactersMax = 45;

    private static readonly SearchValues<char> OfSix = SearchValues.Create("0123456789abcdefABCDEF:.");

    /// <summary>Reads four decimal numbers without zeros before them, or an IPv6 address without brackets and zone.</summary>
    /// <param name="text">All of it.</param>
    /// <param name="address">Of the family that was written: an IPv4 address in the spelling of IPv6 stays one of IPv6.</param>
    public static bool TryRead(ReadOnlySpan<char> text, [NotNullWhen(true)] out IPAddress? address)
    {
        address = null;
        if (!text.Contains(':'))
        {
            if (!TryReadFour(text, out uint four))
                return false;
            Span<byte> bytes = stackalloc byte[sizeof(uint)];
            BinaryPrimitives.WriteUInt32BigEndian(bytes, four);
            address = new IPAddress(bytes);
            return true;
        }

        if (text.Length > SixCharactersMax || text.ContainsAnyExcept(OfSix))
            return false;

        // What the framework takes for the four numbers at the end of an IPv6 address is more than four numbers.
        var last = text[(text.LastIndexOf(':') + 1)..];
        if (text.Contains('.') && !TryReadFour(last, out _))
            return false;
        return IPAddress.TryParse(text, out address) && address.AddressFamily == AddressFamily.InterNetworkV6;
    }

    private static bool TryReadFour(ReadOnlySpan<char> text, out uint address)
    {
        address = 0;
        int numbers = 0;
        foreach (var part in text.Split('.'))
        {
            var digits = text[part];
            if (++numbers > 4 || digits.Length is 0 or > 3 || digits.ContainsAnyExceptInRange('0', '9') || (digits[0] == '0' && digits.Length > 1))
                return false;
            int number = 0;
            foreach (char digit in digits)
                number = (number * 10) + (digit - '0');
            if (number > byte.MaxValue)
                return false;
            address = (address << 8) | (uint)number;
        }

        return numbers == 4;
    }
}
