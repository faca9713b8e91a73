using System.Buffers.Binary;
using System.Net;
using System.Text;

namespace Dynode.Broadcast.Proxy;

/// <summary>
/// Version 2 of the PROXY header.
/// <code>
///   │ signature │ version, command │ family, transport │ length │ addresses │ type │ length │ value │ …
///        12              1                   1             2      0, 12, 36,    1       2
///                                                                 or 216
/// </code>
/// </summary>
internal static class ProxyBinary
{
    public const int FourBytes = 12;
    public const int SixBytes = 36;

    private const int PathBytes = 108;
    private const int LengthAt = 14;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>What it begins with.</summary>
    public static ReadOnlySpan<byte> Signature => "\r\n\r\n\0\r\nQUIT\n"u8;

    /// <summary>How long it is.</summary>
    /// <param name="seen">It begins as one.</param>
    /// <param name="length">More than was seen: it is at least so long.</param>
    /// <returns>Why it is none; null: it may be one.</returns>
    public static string? TryMeasure(ReadOnlySpan<byte> seen, out int length)
    {
        length = ProxyHeader.V2BytesMin;
        if (seen.Length > Signature.Length)
        {
            byte command = seen[Signature.Length];
            if (command >> 4 != 2)
                return $"its version is {command >> 4}";
            if ((command & 0xF) > 1)
                return $"its command is {command & 0xF}";
        }

        // Of a check of the proxy's own it is to be ignored, whatever it is.
        if (seen.Length > Signature.Length + 1 && !IsLocal(seen))
        {
            byte family = seen[Signature.Length + 1];
            if (family >> 4 > 3 || (family & 0xF) > 2)
                return $"its family is 0x{family:x2}";
        }

        if (seen.Length < ProxyHeader.V2BytesMin)
            return null;
        length += BinaryPrimitives.ReadUInt16BigEndian(seen[LengthAt..]);
        return length > ProxyHeader.V2BytesMax ? $"it is longer than {ProxyHeader.V2BytesMax} bytes" : null;
    }

    /// <summary>Reads one that is whole.</summary>
    /// <returns>Why it is none; null: it is.</returns>
    public static string? Read(ReadOnlySpan<byte> bytes, ProxyHeader header)
    {
        if (IsLocal(bytes))
        {
            // What it announces is to be thrown away, its family too.
            header.IsLocal = true;
            return null;
        }

        var family = (AddressKind)(bytes[Signature.Length + 1] >> 4);
        bool isStream = (bytes[Signature.Length + 1] & 0xF) == 1;
        if (family == AddressKind.Unknown)
            return null; // How long its addresses are nobody knows, so nor does anybody where the rest begins.
        int addresses = family switch { AddressKind.Four => FourBytes, AddressKind.Six => SixBytes, _ => 2 * PathBytes };
        var announced = bytes[ProxyHeader.V2BytesMin..];
        if (announced.Length < addresses)
            return $"its addresses have {announced.Length} bytes instead of {addresses}";
        string? fault = new ProxyVectors(bytes, header).Read(ProxyHeader.V2BytesMin + addresses);
        if (fault is not null || !isStream)
            return fault;
        if (family == AddressKind.Path)
        {
            header.SourcePath = Path(announced[..PathBytes]);
            return null;
        }

        int length = (addresses - (2 * sizeof(ushort))) / 2;
        header.Source = new IPEndPoint(new IPAddress(announced[..length]), BinaryPrimitives.ReadUInt16BigEndian(announced[(2 * length)..]));
        header.Destination = new IPEndPoint(new IPAddress(announced[length..(2 * length)]), BinaryPrimitives.ReadUInt16BigEndian(announced[((2 * length) + sizeof(ushort))..]));
        return null;
    }

    /// <summary>Reads a text.</summary>
    /// <returns>Null: its bytes are no text in UTF-8.</returns>
    public static string? Text(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    private static bool IsLocal(ReadOnlySpan<byte> bytes) => (bytes[Signature.Length] & 0xF) == 0;

    /// <summary>With @ for the zero before the name of an abstract one.</summary>
    private static string Path(ReadOnlySpan<byte> bytes)
    {
        bool isAbstract = bytes[0] == 0 && bytes[1] != 0;
        var name = isAbstract ? bytes[1..] : bytes;
        int end = name.IndexOf((byte)0);
        string text = Encoding.UTF8.GetString(end < 0 ? name : name[..end]);
        return isAbstract ? "@" + text : text;
    }

    private enum AddressKind
    {
        Unknown,
        Four,
        Six,
        Path,
    }
}
