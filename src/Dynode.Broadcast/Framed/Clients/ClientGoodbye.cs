using Dynode.Broadcast.Plane;
using Dynode.Broadcast.Transport;

namespace Dynode.Broadcast.Framed.Clients;

/// <summary>
/// The last of a client: our FIN, and until its own comes what it still sends, read into nothing: closing on unread bytes would reset it, and tear
/// replies on their way. It may send without a pause, so it has a few reads a turn, as all have, and a time that ends. In turns only.
/// </summary>
internal struct ClientGoodbye
{
    /// <summary>Reads in one turn before others have theirs.</summary>
    public const int ReadsPerTurnMax = 4;

    /// <summary>How long a client that did not end first is waited for behind our FIN; and one that did until it has taken ours.</summary>
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(2);

    private long _since;

    /// <summary>Our FIN was sent, or is on its way.</summary>
    public bool HasBegun { get; private set; }

    /// <summary>It began so long ago that nothing is waited for any more.</summary>
    public readonly bool IsOverdue(long now) => HasBegun && now - _since >= Wait.Ticks;

    /// <summary>Sends our FIN.</summary>
    public void Begin(ref ClientInput input, ByteTransport transport, long now)
    {
        (HasBegun, _since) = (true, now);
        input.Finish(transport);
    }

    /// <summary>Reads on; what is pending is left alone.</summary>
    /// <returns>True: there may be more at once, which is another turn's.</returns>
    public static bool Discard(ref ClientInput input, ByteTransport transport, TrafficCounters traffic)
    {
        for (int reads = 0; !input.SawEnd && !transport.IsReceiving; reads++)
        {
            if (reads == ReadsPerTurnMax)
                return true;
            if (input.Receive(transport, DataPlane.Scratch))
                Take(ref input, transport, traffic);
        }

        return false;
    }

    /// <summary>What a receive has brought behind our FIN.</summary>
    public static void Take(ref ClientInput input, ByteTransport transport, TrafficCounters traffic)
    {
        var outcome = input.Take(transport, silence: 0, out int count);
        if (outcome == InputOutcome.Bytes)
            traffic.Unread(count);
        else if (outcome != InputOutcome.Word)
            traffic.SawEnd(transport.IsCut);
    }
}
