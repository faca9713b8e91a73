namespace Dynode.Broadcast.Plane;

/// <summary>What came of comparing replies with those of other regions, in ranges of 1,024 numbers of the stream. Counts are since the start.</summary>
/// <param name="Compared">Ranges that were compared with another broadcaster's, with each one counted once.</param>
/// <param name="Differing">Of those, the ones that differ.</param>
/// <param name="Doubtful">Ranges that a server's replies are not known of for certain, and those that could not be compared.</param>
public readonly record struct RangeFigures(long Compared, long Differing, long Doubtful);
