using Dynode.Protocols;

namespace Dynode.Broadcast.Framed.Placement;

/// <summary>
/// What other broadcasters must know of a request in a parcel: how many replies each server gives, and how they compare.
/// <code>
///   31 … 23    22 … 20   19 … 0
///   unused   │ class   │ replies
/// </code>
/// </summary>
/// <param name="Bits">As drawn.</param>
internal readonly record struct ParcelTag(uint Bits)
{
    private const int RepliesBits = 20;
    private const uint RepliesMask = (1 << RepliesBits) - 1;
    private const uint ClassMask = 7;

    public static ParcelTag Of(in RequestVerdict verdict) => new((uint)verdict.Replies | ((uint)verdict.Class << RepliesBits));

    /// <summary>It says nothing that a publisher of this version would not.</summary>
    public bool IsKnown => Bits >> (RepliesBits + 3) == 0 && Class <= ReplyClass.Own;

    private ReplyClass Class => (ReplyClass)((Bits >> RepliesBits) & ClassMask);

    /// <summary>On a request of another broadcaster's: nobody waits for it here.</summary>
    /// <param name="database">That it is for.</param>
    public RequestVerdict Verdict(uint database) => new() { Replies = (int)(Bits & RepliesMask), Class = Class, Database = (int)database };
}
