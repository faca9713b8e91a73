using System.Collections.Immutable;
using System.Net;
using Dynode.Broadcast.Plane;

namespace Dynode.Broadcast.Proxy;

/// <summary>
/// The header by which a proxy says whose connection it passes on (haproxy's PROXY protocol, versions 1 and 2). Strict: what could be read in
/// two ways is refused. Pure.
/// </summary>
/// <param name="versions">Those that are taken.</param>
internal sealed class ProxyHeader(ProxyVersions versions)
{
    /// <summary>The longest of version 1, its end of line included.</summary>
    public const int V1BytesMax = 107;

    /// <summary>The longest of version 2.</summary>
    public const int V2BytesMax = 4096;

    /// <summary>Of version 2, what stands before all that it announces.</summary>
    public const int V2BytesMin = 16;

    /// <summary>The client's address and port; null: those of the connection itself are meant (<see cref="IsLocal"/>, or they are not known).</summary>
    public IPEndPoint? Source { get; internal set; }

    /// <summary>Where the client had connected to; null with <see cref="Source"/>.</summary>
    public IPEndPoint? Destination { get; internal set; }

    /// <summary>The client came by a unix socket: its path, which may be empty; null: it did not.</summary>
    public string? SourcePath { get; internal set; }

    /// <summary>The proxy speaks for itself: a check of its own.</summary>
    public bool IsLocal { get; internal set; }

    /// <summary>The host that the client asked for; null: it was not said.</summary>
    public string? Authority { get; internal set; }

    /// <summary>What the proxy knows the connection by, at most 128 bytes; default: it was not said.</summary>
    public ImmutableArray<byte> UniqueId { get; internal set; }

    /// <summary>What the proxy says of its client's TLS; null: nothing.</summary>
    public ProxyTls? Tls { get; internal set; }

    /// <summary>With <see cref="ProxyVerdict.Malformed"/>: why, in a few words.</summary>
    public string Fault { get; private set; } = "";

    /// <summary>With <see cref="ProxyVerdict.NeedMore"/>: so many bytes from the connection's first one on are its header at the least. Who reads no more than these has read no byte behind it.</summary>
    public int Wanted { get; private set; } = ProxyText.BytesMin;

    /// <summary>Looks at what has come.</summary>
    /// <param name="seen">All bytes of the connection, from its first one on.</param>
    /// <param name="taken">With <see cref="ProxyVerdict.Found"/>: its length; what stands behind it is the client's. Else 0.</param>
    public ProxyVerdict Read(ReadOnlySpan<byte> seen, out int taken)
    {
        taken = 0;
        string? fault;
        int length;
        if (versions.HasFlag(ProxyVersions.V2) && IsBegun(seen, ProxyBinary.Signature))
            fault = ProxyBinary.TryMeasure(seen, out length) ?? (length <= seen.Length ? ProxyBinary.Read(seen[..length], this) : null);
        else if (versions.HasFlag(ProxyVersions.V1) && IsBegun(seen, ProxyText.Signature))
            fault = ProxyText.TryMeasure(seen, out length) ?? (length <= seen.Length ? ProxyText.Read(seen[..length], this) : null);
        else
            (fault, length) = ("it does not begin as one", 0);
        if (fault is not null)
        {
            Fault = fault;
            return ProxyVerdict.Malformed;
        }

        if (length > seen.Length)
        {
            // Of nothing nobody knows yet which it will be.
            Wanted = seen.IsEmpty ? Least : length;
            return ProxyVerdict.NeedMore;
        }

        taken = length;
        return ProxyVerdict.Found;
    }

    private int Least => versions.HasFlag(ProxyVersions.V1) ? ProxyText.BytesMin : V2BytesMin;

    /// <summary>What was seen is the signature's beginning, or begins with it.</summary>
    private static bool IsBegun(ReadOnlySpan<byte> seen, ReadOnlySpan<byte> signature) =>
        seen.Length < signature.Length ? signature.StartsWith(seen) : seen.StartsWith(signature);
}
