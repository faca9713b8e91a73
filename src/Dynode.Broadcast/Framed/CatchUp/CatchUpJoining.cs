namespace Dynode.Broadcast.Framed.CatchUp;

/// <summary>What becomes next of a server that reads the stream by itself.</summary>
internal enum CatchUpStep
{
    /// <summary>It reads on.</summary>
    Read,

    /// <summary>It is near the end of the log: from there on that is held for it.</summary>
    Hold,

    /// <summary>It takes too long: what is held for it goes.</summary>
    LetGo,

    /// <summary>It has all up to where the log is held for it, and is owed nothing: it goes on there.</summary>
    Join,
}

/// <summary>How one server stands that reads the stream by itself.</summary>
/// <param name="Has">All entries up to this one are in its own log, or were had before.</param>
/// <param name="Placed">All entries up to this one are in the log of all.</param>
/// <param name="IsBetween">Some of the one behind that are in the log of all, and some wait for room.</param>
/// <param name="Held">From behind this entry on the log is held for it; null: it is not.</param>
/// <param name="HeldBytes">So much is held for it.</param>
/// <param name="IsAnswered">All that is in its own log was done, and is known to have been.</param>
internal readonly record struct CatchUpStanding(ulong Has, ulong Placed, bool IsBetween, ulong? Held, long HeldBytes, bool IsAnswered)
{
    /// <summary>So many entries before the log's end the end is near.</summary>
    public const ulong NearMax = 256;

    /// <summary>No entry behind this one goes into its own log: it would be there and in the log of all.</summary>
    public ulong Limit => Held ?? Placed;

    /// <summary>Decides.</summary>
    /// <param name="heldBytesMax">No more is held for it.</param>
    public CatchUpStep Next(long heldBytesMax)
    {
        if (Held is not { } held)
            return !IsBetween && Placed >= Has && Placed - Has <= NearMax ? CatchUpStep.Hold : CatchUpStep.Read;
        if (Has >= held && IsAnswered)
            return CatchUpStep.Join;
        return HeldBytes > heldBytesMax ? CatchUpStep.LetGo : CatchUpStep.Read;
    }
}
