using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Dynode.Protocols;

namespace Dynode.Broadcast.Framed;

/// <summary>The last reply of one connection that was short and no error: most often the next one is the same. The default value is none.</summary>
internal struct UsualReply
{
    private Short _bytes;
    private int _length;
    private ReplyClass? _comparedAs;

    public readonly bool IsNone => _length == 0;

    [UnscopedRef]
    public readonly ReadOnlySpan<byte> Bytes => ((ReadOnlySpan<byte>)_bytes)[.._length];

    /// <summary>Of its bytes, by which it is compared.</summary>
    public uint Hash { get; private set; }

    /// <summary>None where it is too long.</summary>
    /// <param name="bytes">The reply, whole.</param>
    /// <param name="hash">Its hash.</param>
    /// <param name="comparedAs">How it was hashed; null: it was not.</param>
    public static UsualReply Of(ReadOnlySpan<byte> bytes, uint hash, ReplyClass? comparedAs)
    {
        var usual = default(UsualReply);
        if (bytes.Length > Short.Length)
            return usual;
        bytes.CopyTo(usual._bytes);
        usual._length = bytes.Length;
        usual.Hash = hash;
        usual._comparedAs = comparedAs;
        return usual;
    }

    /// <summary>Whether no hash is needed, or <see cref="Hash"/> is the one.</summary>
    public readonly bool Serves(ReplyClass? comparedAs) => comparedAs is null || comparedAs == _comparedAs;

    [InlineArray(Length)]
    private struct Short
    {
        public const int Length = 32;

        private byte _first;
    }
}
