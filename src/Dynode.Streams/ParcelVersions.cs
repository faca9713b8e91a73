namespace Dynode.Streams;

/// <summary>
/// The versions of the parcel that this build reads: each broadcaster announces them, and each publishes the highest that all living ones read. So a new version
/// comes with two releases: one that reads it, and when all have that, whatever is published is of it by itself.
/// </summary>
public static class ParcelVersions
{
    /// <summary>The highest.</summary>
    public const byte Newest = 1;

    /// <summary>The lowest: one less than the newest, as soon as there is one.</summary>
    public const byte Oldest = 1;

    /// <summary>There is one that this build writes and all others read.</summary>
    /// <param name="to">The newest that they do: <see cref="Claims.Living.ParcelsTo"/>.</param>
    public static bool AreCommon(byte to) => to >= Oldest;
}
