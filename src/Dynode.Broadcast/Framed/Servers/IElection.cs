namespace Dynode.Broadcast.Framed.Servers;

/// <summary>Who votes, as one server's standing sees it. In turns only.</summary>
internal interface IElection
{
    /// <summary>A server's standing has changed: who votes from now on?</summary>
    void Reelect();

    /// <summary>Whether a voter has answered something that <paramref name="delivery"/> still owes.</summary>
    bool IsOutrun(FramedDelivery delivery);
}
