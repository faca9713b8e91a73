namespace Dynode.Streams;

/// <summary>What the rule says of a parcel.</summary>
public enum LaneVerdict
{
    /// <summary>Its requests are the next of all.</summary>
    Counts,

    /// <summary>It has counted before: as if it were not there.</summary>
    Doubled,

    /// <summary>One before it of its lane is missing, or its lane is not open: as if it were not there.</summary>
    Hole,

    /// <summary>It would open a lane, and comes too late for that: the lane may have been open before. As if it were not there, now and whenever it comes.</summary>
    Closed,
}
