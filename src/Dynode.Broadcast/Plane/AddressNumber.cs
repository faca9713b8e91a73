using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Dynode.Broadcast.Plane;

/// <summary>An address as a number, by which it is compared and counted. An IPv4 address in the spelling of IPv6 is one of IPv4; a zone is no part of it.</summary>
/// <param name="IsFour">It is one of IPv4; the number has 32 bits.</param>
/// <param name="Value">In the order of its bytes.</param>
internal readonly record struct AddressNumber(bool IsFour, UInt128 Value)
{
    public static AddressNumber Of(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        if (address.AddressFamily == AddressFamily.InterNetwork)
            return new(true, BinaryPrimitives.ReadUInt32BigEndian(bytes));
        return address.IsIPv4MappedToIPv6
            ? new(true, BinaryPrimitives.ReadUInt32BigEndian(bytes[12..]))
            : new(false, BinaryPrimitives.ReadUInt128BigEndian(bytes));
    }

    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[16];
        if (!IsFour)
        {
            BinaryPrimitives.WriteUInt128BigEndian(bytes, Value);
            return new IPAddress(bytes).ToString();
        }

        BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)Value);
        return new IPAddress(bytes[..4]).ToString();
    }
}
