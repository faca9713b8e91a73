using System.Net;
using System.Net.Sockets;
using System.Text;
using Dynode.Broadcast.Plane;

namespace Dynode.Broadcast.Proxy;

/// <summary>Version 1 of the PROXY header: <c>PROXY TCP4 192.0.2.1 192.0.2.2 56324 443</c> and an end of line.</summary>
internal static class ProxyText
{
    /// <summary><c>PROXY UNKNOWN</c> and the end of the line.</summary>
    public const int BytesMin = 15;

    /// <summary>What it begins with.</summary>
    public static ReadOnlySpan<byte> Signature => "PROXY "u8;

    /// <summary>How long it is.</summary>
    /// <param name="seen">It begins as one.</param>
    /// <param name="length">More than was seen: it has no end yet, and is at least so long.</param>
    /// <returns>Why it is none; null: it may be one.</returns>
    public static string? TryMeasure(ReadOnlySpan<byte> seen, out int length)
    {
        int end = seen.IndexOfAny((byte)'\r', (byte)'\n');
        bool isOpen = end < 0 || (end == seen.Length - 1 && seen[end] == '\r');
        length = isOpen ? Math.Max(BytesMin, (end < 0 ? seen.Length : end) + 2) : end + 2;
        if (length > ProxyHeader.V1BytesMax)
            return $"it is longer than {ProxyHeader.V1BytesMax} bytes";
        return isOpen || (seen[end] == '\r' && seen[end + 1] == '\n') ? null : "it ends with half an end of line";
    }

    /// <summary>Reads one that is whole.</summary>
    /// <returns>Why it is none; null: it is.</returns>
    public static string? Read(ReadOnlySpan<byte> line, ProxyHeader header)
    {
        Span<char> text = stackalloc char[ProxyHeader.V1BytesMax];
        text = text[..Encoding.Latin1.GetChars(line[Signature.Length..^2], text)];
        int space = text.IndexOf(' ');
        ReadOnlySpan<char> family = space < 0 ? text : text[..space];
        if (family is "UNKNOWN")
            return null;
        if (family is not ("TCP4" or "TCP6") || space < 0)
            return "its family is neither TCP4, TCP6 nor UNKNOWN";
        ReadOnlySpan<char> rest = text[(space + 1)..];
        var wanted = family is "TCP4" ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6;
        if (!TryReadAddress(ref rest, wanted, out var source) || !TryReadAddress(ref rest, wanted, out var destination))
            return $"it has no two addresses of {family}";
        if (!TryReadPort(Next(ref rest, out bool isLast), out int sourcePort) || isLast || !TryReadPort(Next(ref rest, out isLast), out int destinationPort) || !isLast)
            return "it does not end with two ports";
        (header.Source, header.Destination) = (new IPEndPoint(source!, sourcePort), new IPEndPoint(destination!, destinationPort));
        return null;
    }

    private static bool TryReadAddress(ref ReadOnlySpan<char> rest, AddressFamily family, out IPAddress? address) =>
        AddressText.TryRead(Next(ref rest, out bool isLast), out address) && !isLast && address.AddressFamily == family;

    private static bool TryReadPort(ReadOnlySpan<char> text, out int port)
    {
        port = 0;
        if (text.Length is 0 or > 5 || text.ContainsAnyExceptInRange('0', '9') || (text[0] == '0' && text.Length > 1))
            return false;
        foreach (char digit in text)
            port = (port * 10) + (digit - '0');
        return port <= ushort.MaxValue;
    }

    /// <summary>What stands before the next space.</summary>
    private static ReadOnlySpan<char> Next(ref ReadOnlySpan<char> rest, out bool isLast)
    {
        int space = rest.IndexOf(' ');
        isLast = space < 0;
        var next = isLast ? rest : rest[..space];
        rest = isLast ? default : rest[(space + 1)..];
        return next;
    }
}
