using Dynode.Broadcast.Framed.Once;
using Dynode.Streams.Claims;

namespace Dynode.Broadcast.Framed.Servers;

/// <summary>
/// Where servers go on for which the log does not hold what they lack: each from the stream by itself, in a log of its own, until that has come to where the log is. In turns only.
/// </summary>
internal interface ICatchUp
{
    /// <summary>It goes on at a place that the log does not hold, as soon as it has no connection.</summary>
    void GoOnAt(FramedDelivery delivery, in PlaceBehind place);

    /// <summary>It is too far behind to be held in the log, or that does not go on: it leaves it now, and goes on from where it stands by itself. Its connection, if there is one, is ended.</summary>
    /// <param name="delivery">Whose server it is.</param>
    /// <param name="now">The turn's time.</param>
    /// <param name="must">The log does not go on: also where nobody knows where it stands, which is a gap.</param>
    /// <returns>False: it retires, or nobody knows where it stands.</returns>
    bool TryLeaveLog(FramedDelivery delivery, long now, bool must = false);

    /// <summary>Where it stands is known to whoever delivers to it next: it may be sent something.</summary>
    bool MayConnect(FramedDelivery delivery);

    /// <summary>Some server held data that are not of the stream: who holds nothing cannot have all from there; null: it is not known.</summary>
    bool? HadData { get; }

    /// <summary>A server holds such data: that is written beside the stream at once, for whoever comes later.</summary>
    void NoteData();

    /// <summary>Where it stands, as it is written beside the stream; null: it is not.</summary>
    ServerPlace? Written(FramedDelivery delivery);

    /// <summary>Memory is short: what the log holds only so that somebody may come back to it goes.</summary>
    void FreeMemory();
}

/// <summary>One server that reads the stream by itself. In turns only.</summary>
internal interface ICatchingUp
{
    /// <summary>The number in the log of all from which on it is to go on there; null: it is not known yet.</summary>
    long? HoldsFrom { get; }

    /// <summary>Where its server stands, for whoever delivers to it next.</summary>
    /// <returns>False: it is not known.</returns>
    bool TryPlace(out ulong number, out ReadOnlyMemory<byte> table);
}
