using Dynode.Protocols;

namespace Dynode.Broadcast.Framed.Sequence;

/// <summary>
/// What holds on a server connection for the request that comes next. Two things: that one of them is unknown leaves the other known.
/// </summary>
/// <param name="Database">The one that is selected; <see cref="Unknown"/> where a client's own request for another may have been refused by some servers.</param>
/// <param name="Protocol">The one that is spoken.</param>
internal readonly record struct InForce(int Database, byte Protocol)
{
    /// <summary>In place of a database.</summary>
    public const int Unknown = -1;

    private const int ProtocolBits = 2;

    /// <summary>On a new connection.</summary>
    public static InForce First => new(0, RequestVerdict.FirstProtocol);

    /// <summary>As pages note it; 0 is <see cref="First"/>.</summary>
    public int Bits => (Database << ProtocolBits) | (Protocol - RequestVerdict.FirstProtocol);

    public static InForce Of(int bits) =>
        new(bits >> ProtocolBits, (byte)((bits & ((1 << ProtocolBits) - 1)) + RequestVerdict.FirstProtocol));

    /// <summary>Behind a request.</summary>
    public InForce After(RequestTag tag) => tag.Kind switch
    {
        RequestKind.Select => this with { Database = tag.Named },
        RequestKind.ClientSelect => this with { Database = Unknown },
        RequestKind.Protocol => this with { Protocol = (byte)tag.Named },
        _ => this,
    };
}
