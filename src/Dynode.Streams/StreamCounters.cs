namespace Dynode.Streams;

/// <summary>What a <see cref="OrderReader"/> has counted.</summary>
public record struct StreamCounters
{
    /// <summary>Parcels that counted.</summary>
    public long Counted { get; internal set; }

    /// <summary>Parcels that had counted before.</summary>
    public long Doubled { get; internal set; }

    /// <summary>Parcels without the one before them.</summary>
    public long Holes { get; internal set; }

    /// <summary>Parcels that came too late to open a lane.</summary>
    public long Closed { get; internal set; }

    /// <summary>Times that something was missing of what was heard.</summary>
    public long GapsPulled { get; internal set; }

    /// <summary>Times that an entry was damaged and asked for again.</summary>
    public long Damaged { get; internal set; }

    /// <summary>Times that it heard no more because there was no room.</summary>
    public long Deafened { get; internal set; }

    internal void Count(LaneVerdict verdict)
    {
        switch (verdict)
        {
            case LaneVerdict.Counts:
                Counted++;
                break;
            case LaneVerdict.Doubled:
                Doubled++;
                break;
            case LaneVerdict.Hole:
                Holes++;
                break;
            default:
                Closed++;
                break;
        }
    }
}
