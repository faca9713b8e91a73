namespace Dynode.Broadcast.Framed.Answers;

/// <summary>Who can give memory for replies back where it is spent. In turns only.</summary>
internal interface IReplyRelief
{
    /// <summary>
    /// Has clients take what they have been given in this turn. Where that frees nothing, closes the one that has most untaken, of those that have
    /// taken nothing for a while.
    /// </summary>
    /// <param name="evenOfTakers">Where there is none, of those too that take what they get.</param>
    /// <returns>False: nothing came of it.</returns>
    bool TryRelieve(bool evenOfTakers);
}
