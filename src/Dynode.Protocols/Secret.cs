using System.Text;

namespace Dynode.Protocols;

/// <summary>
/// A password: bytes, for servers and clients compare bytes and know no text. Immutable; two are equal when their bytes are.
/// Printed it is <c>***</c>, so that no log line, fault or record's text can hold it.
/// </summary>
public readonly record struct Secret
{
    private readonly byte[]? _bytes;

    /// <summary>Takes a copy of <paramref name="bytes"/>.</summary>
    public Secret(ReadOnlySpan<byte> bytes) => _bytes = bytes.IsEmpty ? null : bytes.ToArray();

    /// <summary>There is none.</summary>
    public bool IsEmpty => _bytes is null;

    /// <summary>As they go over the wire.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>The UTF-8 of <paramref name="text"/>.</summary>
    public static implicit operator Secret(string text) => FromString(text);

    /// <inheritdoc cref="op_Implicit"/>
    public static Secret FromString(string text) => new(Encoding.UTF8.GetBytes(text));

    /// <inheritdoc/>
    public bool Equals(Secret other) => Bytes.SequenceEqual(other.Bytes);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(Bytes);
        return hash.ToHashCode();
    }

    /// <inheritdoc/>
    public override string ToString() => IsEmpty ? "" : "***";
}
