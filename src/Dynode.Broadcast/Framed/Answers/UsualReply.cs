using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Dynode.Protocols;

namespace Dynode.Broadcast.Framed.Answers;

/// <summary>The last reply of one connection that was short and no error: most often the next one is the same. The default value is none.</summary>
internal struct UsualReply
{
    private Short _bytes;
    private int _length;
    private ReplyClass? _comparedAs;
    private uint _hash;

    public readonly bool IsNone => _length == 0;

    [UnscopedRef]
    public readonly ReadOnlySpan<byte> Bytes => ((ReadOnlySpan<byte>)_bytes)[.._length];

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
        usual._hash = hash;
        usual._comparedAs = comparedAs;
        return usual;
    }

    /// <summary>Whether no hash is needed, or the one that it has.</summary>
    public readonly bool Serves(ReplyClass? comparedAs) => comparedAs is null || comparedAs == _comparedAs;

    /// <summary>By which it is compared; of no meaning where it is not.</summary>
    public readonly uint HashFor(ReplyClass? comparedAs) => comparedAs is null ? 0 : _hash;

    [InlineArray(Length)]
    private struct Short
    {
        public const int Length = 32;

        private byte _first;
    }
}
