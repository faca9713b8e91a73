using System.Buffers.Binary;

namespace Dynode.Protocols.Redis;

/// <summary>
/// The name of a client's last request that was forwarded for its name alone, as it was spelled: clients send the same command
/// again and again, and what is known of it need not be looked up anew. The default value is no name.
/// </summary>
internal readonly struct UsualName
{
    private readonly ulong _bytes;
    private readonly int _length;

    private UsualName(ulong bytes, int length, ReplyClass replyClass, bool reads) => (_bytes, _length, Class, Reads) = (bytes, length, replyClass, reads);

    /// <summary>How replies to it are compared.</summary>
    public ReplyClass Class { get; }

    /// <summary>As in <see cref="RequestVerdict.Reads"/>.</summary>
    public bool Reads { get; }

    /// <summary>No name where it is longer than eight bytes.</summary>
    public static UsualName Of(ReadOnlySpan<byte> name, ReplyClass replyClass, bool reads)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        bytes.Clear();
        if (name.IsEmpty || name.Length > bytes.Length) return default;
        name.CopyTo(bytes);
        return new(BinaryPrimitives.ReadUInt64LittleEndian(bytes), name.Length, replyClass, reads);
    }

    /// <summary>Whether the request's name is this one.</summary>
    /// <param name="head">Of the request.</param>
    /// <param name="name">Where its name lies.</param>
    public bool Is(ReadOnlySpan<byte> head, RespArgument name)
    {
        // A request that ends so soon behind its name is looked up.
        if (name.Length != _length || _length == 0 || head.Length < name.Offset + sizeof(ulong)) return false;
        ulong bytes = BinaryPrimitives.ReadUInt64LittleEndian(head[name.Offset..]);
        return (bytes & (ulong.MaxValue >> (8 * (sizeof(ulong) - _length)))) == _bytes;
    }
}
