using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Framed.Regions;
using Dynode.Broadcast.Framed.Servers;
using Dynode.Broadcast.Plane;
using Dynode.Streams;
using Dynode.Streams.Regions;

namespace Dynode.Broadcast.Framed.Placement;

/// <summary>
/// What the own servers replied is said beside the stream, and compared with what those of other broadcasters did: of each range what the first of them says that is certain. Servers of this broadcaster that
/// differ from each other are <see cref="Answers.Divergence"/>'s to name. In turns only, but for what the watch itself does.
/// </summary>
internal sealed class RegionReplies(DataPlane plane, OrderedLog ordered, RangeBook ranges, FramedDeliveries deliveries) : IAsyncDisposable
{
    private readonly RateLimit _line = new(plane.Clock, BackendReport.Interval);
    private volatile RangeWatch? _watch;

    /// <summary>Says what is known now, and names what differs.</summary>
    /// <param name="stream">That is read; null: none is.</param>
    public void Look(StreamIdentity? stream)
    {
        if (stream is null)
            return;
        _watch ??= new RangeWatch(ordered.Keys, ordered.Broadcaster, stream.ToString(), plane.Settings.ClaimLease, plane.Clock.Time);
        foreach (var delivery in deliveries.InLog)
        {
            while (delivery.Standing.Tally!.Ranges.TryTake(out var told))
                _watch.Say(told);
        }

        while (_watch.TryTake(out var differs))
        {
            if (_line.TryPass())
                plane.Logger.RegionsDiffer(ordered.Where, differs.Other, differs.First, differs.Last, _watch.Differing);
        }
    }

    /// <summary>Values of this moment.</summary>
    public RangeFigures Figures() => _watch is { } watch ? new(watch.Compared, watch.Differing, watch.Unlike + ranges.Spoilt) : new(0, 0, ranges.Spoilt);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _watch?.DisposeAsync() ?? ValueTask.CompletedTask;
}
