using Dynode.Broadcast.Framed.Answers;
using Dynode.Log;
using Dynode.Protocols;

namespace Dynode.Broadcast.Framed.Servers;

/// <summary>The request that one server has owed longest: what it is called, and what it is. Slow; in turns only.</summary>
internal sealed class OldestRequest(FramedDelivery delivery, ServerParts parts) : IRequestNames
{
    /// <inheritdoc/>
    public RequestName Describe(long number) =>
        delivery.IsInLog && TryRead(number, out var bytes) ? parts.Protocol.Describe(bytes) : new RequestName("?", "");

    /// <summary>It is known to change nothing.</summary>
    public bool IsRead(long number) => TryRead(number, out var bytes) && parts.Protocol.NatureOf(bytes).HasFlag(RequestNature.Reads);

    private bool TryRead(long number, out ReadOnlySpan<byte> request)
    {
        var (log, cursor) = (parts.Log.Log, delivery.Cursor);
        var scan = LogScan.At(log, cursor);
        bool isThere = scan.TryPeek(log, cursor, out var entry) && entry.Number == number;
        request = isThere && scan.TryRead(log, cursor, out var bytes, out _) ? bytes.Span[..(int)Math.Min(bytes.Length, entry.Length)] : default;
        return isThere;
    }
}
