using Dynode.Protocols;
using Dynode.Streams.Regions;

namespace Dynode.Broadcast.Framed.Regions;

/// <summary>
/// Which requests of the log belong to which range of the stream: by the stream's own numbers, so that all regions cut it alike. A range is a link of a chain that whoever adds up
/// replies walks along; those that nobody is at any more are the collector's. In turns only.
/// </summary>
internal sealed class RangeBook
{
    private bool _hasBegun;

    /// <summary>The range whose entries are read now.</summary>
    public ReplyRange Newest { get; private set; } = new(0, isWhole: false);

    /// <summary>Ranges of which a server's replies are not told, for something was in doubt; of each server counted by itself.</summary>
    public long Spoilt { get; set; }

    /// <summary>A parcel counts, and its requests are placed next.</summary>
    /// <param name="number">In the stream.</param>
    /// <param name="hash">Of the parcel.</param>
    /// <param name="next">The number that the log's next request gets.</param>
    public void Begin(ulong number, ulong hash, long next)
    {
        ulong first = RangeReplies.FirstOf(number);
        if (!_hasBegun || first != Newest.First)
        {
            // Of the first one that is seen some may have come before, unless it begins here.
            var range = new ReplyRange(first, isWhole: _hasBegun || number == first || number == 1);
            Newest.Close(next, range);
            Newest = range;
        }

        _hasBegun = true;
        Newest.Entries = RangeHash.With(RangeHash.With(Newest.Entries, number), hash);
    }

    /// <summary>What comes next does not follow what came last: of its range some may be missing.</summary>
    public void BeginAgain() => _hasBegun = false;

    /// <summary>A request of that parcel has its place.</summary>
    public void Placed(ReplyClass replyClass, int replies)
    {
        if (replies > 0 && replyClass != ReplyClass.Own)
            Newest.Requests++;
    }
}
