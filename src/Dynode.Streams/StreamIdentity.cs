using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;

namespace Dynode.Streams;

/// <summary>Tells a stream from one of the same name that was made later.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Created">When it was made, in nanoseconds since 1970, by the clock of whoever made it.</param>
public sealed record StreamIdentity(string Name, long Created)
{
    // Only read: a copy with another name would keep the seed of this one.

    /// <summary>Its name.</summary>
    public string Name { get; } = Name;

    /// <summary>When it was made, in nanoseconds since 1970, by the clock of whoever made it.</summary>
    public long Created { get; } = Created;

    /// <summary>What the hash of each parcel begins with: one of another stream is damaged in this one.</summary>
    public long Seed { get; } = SeedOf(Name, Created);

    /// <summary>As it stands in watermarks and lines: 16 hexadecimal digits.</summary>
    public override string ToString() => $"{Seed:x16}";

    private static long SeedOf(string name, long created)
    {
        var hash = new XxHash3();
        Span<byte> time = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(time, created);
        hash.Append(time);
        hash.Append(Encoding.UTF8.GetBytes(name));
        return (long)hash.GetCurrentHashAsUInt64();
    }
}
