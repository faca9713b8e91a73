using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Framed.Answers;
using Dynode.Log;
using Dynode.Protocols;

namespace Dynode.Broadcast.Framed.Servers;

/// <summary>The oldest request that one server has not acknowledged: what it is called, and its end where it is poison. In turns only.</summary>
internal sealed class OldestRequest(FramedDelivery delivery, ServerParts parts) : IRequestNames
{
    /// <inheritdoc/>
    public RequestName Describe(long number, out long? length)
    {
        length = null;
        if (!delivery.IsInLog || !TryRead(number, out var bytes, out long all))
            return new RequestName("?", "");
        length = all;
        return parts.Protocol.Describe(bytes);
    }

    /// <summary>Drops it: it ends its server's connections.</summary>
    public void DropPoison(long number)
    {
        var name = Describe(number, out _);
        parts.Plane.Logger.Poison(delivery.Backend.Address, number, name.Command, name.Key);

        // What changes nothing is not missed: a read may end its server's connection by nothing but the length of its reply.
        if (!TryRead(number, out var bytes, out _) || !parts.Protocol.NatureOf(bytes).HasFlag(RequestNature.Reads))
            delivery.Standing.Missed(DropReason.Poison, number);
        delivery.Once?.Dropping();
        delivery.Backend.Report.Dropped(DropReason.Poison, delivery.Log.Log.DropOldest(delivery.Cursor));
    }

    private bool TryRead(long number, out ReadOnlySpan<byte> request, out long length)
    {
        var log = delivery.Log.Log;
        var scan = LogScan.At(log, delivery.Cursor);
        bool isThere = scan.TryPeek(log, delivery.Cursor, out var entry) && entry.Number == number;
        length = entry.Length;
        request = isThere && scan.TryRead(log, delivery.Cursor, out var bytes, out _) ? bytes.Span[..(int)Math.Min(bytes.Length, entry.Length)] : default;
        return isThere;
    }
}
