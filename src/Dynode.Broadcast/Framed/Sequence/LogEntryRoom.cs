using Dynode.Broadcast.Framed.Answers;
using Dynode.Broadcast.Plane;

namespace Dynode.Broadcast.Framed.Sequence;

/// <summary>
/// Room in the shared log itself: within every server's backlog, a slot in the ring, and somebody who answers. Where the servers are what
/// clients wait for, they are told so. In turns only.
/// </summary>
internal sealed class LogEntryRoom(DataPlane plane, SlotRing ring, Voting voting, IServers servers) : IEntryRoom
{
    /// <summary>Where no server may hold clients, one that is being connected to still may: at the start there is no other.</summary>
    private static readonly TimeSpan PatienceLeast = TimeSpan.FromSeconds(1);

    private (bool IsHeld, bool ForMemory) _clients;
    private (bool IsHeld, bool ForMemory) _placement;
    private bool _isHeld;
    private long _voterlessSince = Clock.Never;

    /// <inheritdoc/>
    public bool HasFor(long length, bool waits)
    {
        if (!ring.HasRoom(2))
        {
            voting.MakeRoom();
            if (!ring.HasRoom(2))
                return false;
        }

        return servers.HasRoom(length) && (!waits || SomebodyAnswers());
    }

    /// <inheritdoc/>
    public void Served(long now, bool isHeld, bool forMemory)
    {
        _clients = (isHeld, forMemory);
        Tell(now);
    }

    /// <summary>The same of what a stream has given: it waits for room as clients do, and beside them.</summary>
    public void Placed(long now, bool isHeld, bool forMemory)
    {
        _placement = (isHeld, forMemory);
        Tell(now);
    }

    private void Tell(long now)
    {
        if (servers.Voters.Count > 0)
            _voterlessSince = Clock.Never;
        bool wasHeld = _isHeld;
        _isHeld = _clients.IsHeld || _placement.IsHeld;
        if (_isHeld)
            servers.Hold(now, (_clients.IsHeld && _clients.ForMemory) || (_placement.IsHeld && _placement.ForMemory));
        else if (wasHeld)
            servers.HoldNobody(now);
    }

    /// <summary>Where nobody votes, but somebody may in a moment, that is waited for: not for ever.</summary>
    private bool SomebodyAnswers()
    {
        if (servers.Voters.Count > 0)
        {
            _voterlessSince = Clock.Never;
            return true;
        }

        long now = plane.Clock.Now;
        if (_voterlessSince == Clock.Never)
            _voterlessSince = now;
        long patience = Math.Max(plane.Settings.StallTimeout.Ticks, PatienceLeast.Ticks);
        return !servers.AnyComing || now - _voterlessSince >= patience;
    }
}
