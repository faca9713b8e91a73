using System.Buffers.Binary;
using System.Numerics;

namespace Dynode.Broadcast.Proxy;

/// <summary>What stands behind the addresses of a PROXY header of version 2: a type, a length, and so many bytes; each type that is looked at once.</summary>
/// <param name="bytes">The whole header.</param>
/// <param name="header">Takes what is said.</param>
internal readonly ref struct ProxyVectors(ReadOnlySpan<byte> bytes, ProxyHeader header)
{
    private const int HeadBytes = 3;
    private const int AuthorityBytesMax = 255;
    private const int UniqueIdBytesMax = 128;
    private const int TlsBytesMin = 5;

    private readonly ReadOnlySpan<byte> _bytes = bytes;

    private enum Kind : byte
    {
        Authority = 0x02,
        Checksum = 0x03,
        UniqueId = 0x05,
        Tls = 0x20,
        CommonName = 0x22,
    }

    /// <summary>Reads from <paramref name="at"/> to the header's end.</summary>
    /// <returns>Why it is no header; null: it is one.</returns>
    public string? Read(int at)
    {
        bool isChecked = false;
        for (; at < _bytes.Length;)
        {
            if (!TryNext(_bytes[at..], out var kind, out var value))
                return "what it announces ends in the midst";
            int valueAt = at + HeadBytes;
            at = valueAt + value.Length;
            string? fault = kind switch
            {
                Kind.Authority => Authority(value),
                Kind.UniqueId => UniqueId(value),
                Kind.Tls => Tls(value),
                Kind.Checksum => isChecked ? "it has two checksums" : Checksum(value, valueAt),
                _ => null,
            };
            if (fault is not null)
                return fault;
            isChecked |= kind == Kind.Checksum;
        }

        return null;
    }

    private static bool TryNext(ReadOnlySpan<byte> rest, out Kind kind, out ReadOnlySpan<byte> value)
    {
        kind = default;
        value = default;
        if (rest.Length < HeadBytes)
            return false;
        kind = (Kind)rest[0];
        int length = BinaryPrimitives.ReadUInt16BigEndian(rest[1..]);
        if (rest.Length - HeadBytes < length)
            return false;
        value = rest.Slice(HeadBytes, length);
        return true;
    }

    private string? Authority(ReadOnlySpan<byte> value)
    {
        if (header.Authority is not null)
            return "it has two authorities";
        if (value.Length > AuthorityBytesMax)
            return $"its authority is longer than {AuthorityBytesMax} bytes";
        header.Authority = ProxyBinary.Text(value);
        return header.Authority is null ? "its authority is no text" : null;
    }

    private string? UniqueId(ReadOnlySpan<byte> value)
    {
        if (!header.UniqueId.IsDefault)
            return "it has two unique ids";
        if (value.Length > UniqueIdBytesMax)
            return $"its unique id is longer than {UniqueIdBytesMax} bytes";
        header.UniqueId = [.. value];
        return null;
    }

    private string? Tls(ReadOnlySpan<byte> value)
    {
        if (header.Tls is not null)
            return "it speaks of TLS twice";
        if (value.Length < TlsBytesMin)
            return "what it says of TLS is too short";
        byte client = value[0];
        bool isGood = BinaryPrimitives.ReadUInt32BigEndian(value[1..]) == 0;
        string? name = null;
        for (var rest = value[TlsBytesMin..]; !rest.IsEmpty;)
        {
            if (!TryNext(rest, out var kind, out var part))
                return "what it says of TLS ends in the midst";
            rest = rest[(HeadBytes + part.Length)..];
            if (kind != Kind.CommonName)
                continue;
            if (name is not null)
                return "it has two common names";
            name = ProxyBinary.Text(part);
            if (name is null)
                return "its common name is no text";
        }

        // The first bit says that TLS was spoken, the next two that a certificate was shown: here, or in the session.
        header.Tls = new ProxyTls((client & 1) != 0, (client & 6) != 0 && isGood, name);
        return null;
    }

    /// <summary>CRC-32C over the whole header, in which the sum itself counts as zeros.</summary>
    private string? Checksum(ReadOnlySpan<byte> value, int at)
    {
        if (value.Length != sizeof(uint))
            return "its checksum has not four bytes";
        uint sum = Crc(Crc(Crc(uint.MaxValue, _bytes[..at]), [0, 0, 0, 0]), _bytes[(at + sizeof(uint))..]);
        return ~sum == BinaryPrimitives.ReadUInt32BigEndian(value) ? null : "its checksum is another";
    }

    private static uint Crc(uint sum, ReadOnlySpan<byte> bytes)
    {
        foreach (byte one in bytes)
            sum = BitOperations.Crc32C(sum, one);
        return sum;
    }
}
