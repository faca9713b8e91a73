namespace Dynode.Broadcast.Framed.Servers;

/// <summary>Who votes, as one server's standing sees it. In turns only.</summary>
internal interface IElection
{
    /// <summary>A server's standing has changed: who votes from now on?</summary>
    void Reelect();

    /// <summary>Whether somebody other than <paramref name="delivery"/> votes.</summary>
    bool HasOtherVoter(FramedDelivery delivery);
}
