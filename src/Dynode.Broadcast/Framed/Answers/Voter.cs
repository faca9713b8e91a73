using Dynode.Broadcast.Backends;
using Dynode.Protocols;

namespace Dynode.Broadcast.Framed.Answers;

/// <summary>Who can say what a request is called that one server owes.</summary>
internal interface IRequestNames
{
    /// <summary>What a request is called, and its bytes (null: not known); only of the oldest that it has not acknowledged.</summary>
    RequestName Describe(long number, out long? length);
}

/// <summary>One server as the answers know it: who it is, what it speaks, and whether it has missed anything. In turns only.</summary>
/// <param name="id">A small number that is its own while the broadcaster runs.</param>
/// <param name="address">As configured.</param>
/// <param name="counters">Its.</param>
/// <param name="names">Of what it owes.</param>
internal sealed class Voter(int id, BackendAddress address, BackendCounters counters, IRequestNames names)
{
    public int Id => id;

    public BackendAddress Address => address;

    public BackendCounters Counters => counters;

    /// <summary>It has missed requests: it is compared only where it votes.</summary>
    public bool HasGap { get; set; }

    /// <summary>The newest protocol that it speaks, as far as it is known.</summary>
    public int ProtocolMax { get; set; } = RequestVerdict.LastProtocol;

    /// <summary>Whether what it replies is of use to a client that chose this protocol.</summary>
    public bool Speaks(byte protocol) => protocol <= ProtocolMax;

    /// <inheritdoc cref="IRequestNames.Describe"/>
    public RequestName Describe(long number, out long? length) => names.Describe(number, out length);
}
