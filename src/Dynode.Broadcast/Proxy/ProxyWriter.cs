using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using Dynode.Broadcast.Plane;

namespace Dynode.Broadcast.Proxy;

/// <summary>Writes PROXY headers. Where one address is of IPv4 and the other of IPv6, both are written as IPv6.</summary>
internal static class ProxyWriter
{
    /// <summary>The longest that <see cref="WriteV2"/> writes.</summary>
    public const int V2BytesMax = ProxyHeader.V2BytesMin + ProxyBinary.SixBytes;

    private const byte Two = 0x20;
    private const byte OnBehalf = 0x01;
    private const byte FourStream = 0x11;
    private const byte SixStream = 0x21;
    private const int SixAddressBytes = 16;

    /// <summary>Version 1.</summary>
    /// <param name="to">At least <see cref="ProxyHeader.V1BytesMax"/> bytes.</param>
    /// <param name="source">The client's end.</param>
    /// <param name="destination">Where it has connected to.</param>
    /// <returns>How many bytes.</returns>
    public static int WriteV1(Span<byte> to, IPEndPoint source, IPEndPoint destination)
    {
        AddressNumber from = AddressNumber.Of(source.Address), by = AddressNumber.Of(destination.Address);
        bool areFour = from.IsFour && by.IsFour;
        Span<byte> addresses = stackalloc byte[2 * SixAddressBytes];
        int length = Write(addresses, from, areFour);
        Write(addresses[length..], by, areFour);
        var line = new Line(to);
        line.Add(areFour ? "PROXY TCP4 "u8 : "PROXY TCP6 "u8);
        line.AddAddress(addresses[..length]);
        line.AddAddress(addresses[length..(2 * length)]);
        line.Add(source.Port, ' ');
        line.Add(destination.Port, '\r');
        line.Add("\n"u8);
        return line.Length;
    }

    /// <summary>Version 2.</summary>
    /// <param name="to">At least <see cref="V2BytesMax"/> bytes.</param>
    /// <param name="source">The client's end.</param>
    /// <param name="destination">Where it has connected to.</param>
    /// <returns>How many bytes.</returns>
    public static int WriteV2(Span<byte> to, IPEndPoint source, IPEndPoint destination)
    {
        AddressNumber from = AddressNumber.Of(source.Address), by = AddressNumber.Of(destination.Address);
        bool areFour = from.IsFour && by.IsFour;
        int at = Begin(to, Two | OnBehalf, areFour ? FourStream : SixStream, areFour ? ProxyBinary.FourBytes : ProxyBinary.SixBytes);
        at += Write(to[at..], from, areFour);
        at += Write(to[at..], by, areFour);
        BinaryPrimitives.WriteUInt16BigEndian(to[at..], (ushort)source.Port);
        BinaryPrimitives.WriteUInt16BigEndian(to[(at + sizeof(ushort))..], (ushort)destination.Port);
        return at + (2 * sizeof(ushort));
    }

    /// <summary>Version 2, of a connection that is nobody's but our own.</summary>
    /// <param name="to">At least <see cref="ProxyHeader.V2BytesMin"/> bytes.</param>
    /// <returns>How many bytes.</returns>
    public static int WriteV2Local(Span<byte> to) => Begin(to, Two, 0, 0);

    private static int Begin(Span<byte> to, byte command, byte family, int length)
    {
        ProxyBinary.Signature.CopyTo(to);
        int at = ProxyBinary.Signature.Length;
        to[at++] = command;
        to[at++] = family;
        BinaryPrimitives.WriteUInt16BigEndian(to[at..], (ushort)length);
        return at + sizeof(ushort);
    }

    private static int Write(Span<byte> to, AddressNumber address, bool asFour)
    {
        if (asFour)
        {
            BinaryPrimitives.WriteUInt32BigEndian(to, (uint)address.Value);
            return sizeof(uint);
        }

        BinaryPrimitives.WriteUInt128BigEndian(to, address.IsFour ? address.Value | ((UInt128)ushort.MaxValue << 32) : address.Value);
        return SixAddressBytes;
    }

    /// <summary>What has been written of a line.</summary>
    private ref struct Line(Span<byte> to)
    {
        private readonly Span<byte> _to = to;

        public int Length { get; private set; }

        public void Add(scoped ReadOnlySpan<byte> text)
        {
            text.CopyTo(_to[Length..]);
            Length += text.Length;
        }

        /// <summary>All groups of an IPv6 address, none left out, so that nobody need know how that is done.</summary>
        public void AddAddress(scoped ReadOnlySpan<byte> address)
        {
            bool isSix = address.Length == SixAddressBytes;
            int group = isSix ? sizeof(ushort) : sizeof(byte);
            for (int at = 0; at < address.Length; at += group)
            {
                char behind = at + group == address.Length ? ' ' : isSix ? ':' : '.';
                Add(isSix ? BinaryPrimitives.ReadUInt16BigEndian(address[at..]) : address[at], behind, isSix ? "x" : "");
            }
        }

        public void Add(int number, char behind, scoped ReadOnlySpan<char> format = default)
        {
            if (!number.TryFormat(_to[Length..], out int written, format, CultureInfo.InvariantCulture))
                throw new ArgumentException("The room is too short.", nameof(number));
            Length += written;
            _to[Length++] = (byte)behind;
        }
    }
}
