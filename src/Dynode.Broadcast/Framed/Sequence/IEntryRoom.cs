namespace Dynode.Broadcast.Framed.Sequence;

/// <summary>Whether a client's next request may enter now, as the <see cref="HoldQueue"/> asks it. In turns only.</summary>
internal interface IEntryRoom
{
    /// <summary>Whether so many bytes more find room.</summary>
    /// <param name="length">Of the request.</param>
    /// <param name="waits">Its client waits for an answer: there should be somebody who can give one.</param>
    bool HasFor(long length, bool waits);

    /// <summary>A turn is over, and clients are held or are not.</summary>
    /// <param name="now">The turn's time.</param>
    /// <param name="isHeld">Some are.</param>
    /// <param name="forMemory">What they wait for is memory.</param>
    void Served(long now, bool isHeld, bool forMemory);
}
