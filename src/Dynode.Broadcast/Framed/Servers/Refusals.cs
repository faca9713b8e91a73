using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;

namespace Dynode.Broadcast.Framed.Servers;

/// <summary>What one server has refused, and what was made of it: counted, said, and where it has missed something, its gap. In turns only.</summary>
internal sealed class Refusals(FramedDelivery delivery, ServerParts parts)
{
    private readonly RateLimit _databases = new(parts.Plane.Clock, BackendReport.Interval);
    private bool _hasSaidUntold;

    /// <summary>The number of the request that was last refused, not now; -1: none.</summary>
    public long LastRefused { get; set; } = -1;

    /// <summary>A connection is ready.</summary>
    /// <param name="unknown">What the server did not tell when it was asked whether it is so; said once.</param>
    /// <param name="selection">Which database it is in.</param>
    /// <param name="database">The one in force where the log goes on.</param>
    public void Opened(string unknown, Selection selection, int database)
    {
        if (unknown.Length > 0 && !_hasSaidUntold)
            parts.Plane.Logger.Untold(delivery.Backend.Address, unknown);
        _hasSaidUntold |= unknown.Length > 0;
        if (selection.IsRefusing)
            Database(database, selection.Refusal);
    }

    /// <summary>It refused a request, and serves: to send that one again would put it behind later ones.</summary>
    /// <param name="number">Of the first.</param>
    /// <param name="refusal">What it said.</param>
    /// <param name="count">So many in a row.</param>
    public void MissedInPassing(long number, string refusal, int count = 1)
    {
        parts.Plane.Logger.RefusedInPassing(delivery.Backend.Address, number, refusal);
        delivery.Standing.Missed(DropReason.Refused, number);
        delivery.Backend.Report.Dropped(DropReason.Refused, new(0, count));
    }

    /// <summary>So many requests were not sent to it, for it refuses their database.</summary>
    public void NotSent(int requests) => delivery.Backend.Counters.Refused(requests);

    /// <summary>It refuses a database.</summary>
    public void Database(int database, ReadOnlySpan<byte> refusal)
    {
        if (_databases.TryPass())
            parts.Plane.Logger.DatabaseRefused(delivery.Backend.Address, database, ReplyText.Printable(refusal), delivery.Backend.Counters.Refused(0));
    }
}
