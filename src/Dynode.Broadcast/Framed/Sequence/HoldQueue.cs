using Dynode.Broadcast.Framed.Answers;
using Dynode.Broadcast.Plane;

namespace Dynode.Broadcast.Framed.Sequence;

/// <summary>
/// Clients whose next request finds no room: in the log, in the ring, in memory, or no server that could answer although one may
/// any moment. They stand in one queue; who has come to its head goes on for so many bytes, then stands behind the others again.
/// In turns only.
/// </summary>
internal sealed class HoldQueue(DataPlane plane, Turns turns, SlotRing ring, Voting voting, IServers servers)
{
    /// <summary>What one client may append before the next has its turn.</summary>
    private const long BytesPerTurnMax = 64 << 10;

    /// <summary>Where no server may hold clients, one that is being connected to still may: at the start there is no other.</summary>
    private static readonly TimeSpan PatienceLeast = TimeSpan.FromSeconds(1);

    private readonly Queue<ISequencedClient> _queue = new();
    private ISequencedClient? _served;
    private long _servedBytes;
    private bool _servedIsHeld;
    private bool _lacksMemory;
    private bool _isHeld;
    private long _voterlessSince = Clock.Never;

    /// <summary>Clients that stand in it.</summary>
    public int Count => _queue.Count;

    /// <summary>Whether the first in it could go on, or may try.</summary>
    public bool HasRoom => !_lacksMemory && HasRoomFor(1, waits: true);

    /// <summary>Whether a request may enter now; else its client stands in the queue.</summary>
    /// <param name="client">Whose.</param>
    /// <param name="length">In bytes.</param>
    /// <param name="waits">The client waits for an answer.</param>
    public bool MayPass(ISequencedClient client, long length, bool waits)
    {
        bool isServed = client == _served && _servedBytes < BytesPerTurnMax;
        if ((_queue.Count > 0 && !isServed) || !HasRoomFor(length, waits))
        {
            Hold(client);
            return false;
        }

        _servedBytes += length;
        return true;
    }

    /// <summary>There was room, but no memory, for a request that may pass: its client stands in the queue, and the first there tries again when told.</summary>
    public void HoldForMemory(ISequencedClient client, long length)
    {
        _servedBytes -= length;
        _lacksMemory = true;
        Hold(client);
    }

    /// <summary>There may be memory again.</summary>
    public void TryMemoryAgain() => _lacksMemory = false;

    /// <summary>The client stands in the queue, once; where it is being served, it has had its turn.</summary>
    public void Hold(ISequencedClient client)
    {
        if (client == _served)
            _servedIsHeld = true;
        if (client.IsWaiting)
            return;
        client.IsWaiting = true;
        _queue.Enqueue(client);
    }

    /// <summary>Lets those go on whose turn it is.</summary>
    public void Serve(long now)
    {
        for (int left = _queue.Count; left > 0 && HasRoom; left--)
        {
            var client = _queue.Peek();
            (_served, _servedBytes, _servedIsHeld) = (client, 0, false);
            if (!client.IsClosed)
                turns.Run(client, now);

            // One whose request is too long for the room that there is stays the first, or it would never find any.
            if (_servedIsHeld && _servedBytes == 0)
                break;
            _queue.Dequeue();
            client.IsWaiting = _servedIsHeld;
            if (_servedIsHeld)
                _queue.Enqueue(client);
        }

        _served = null;
        if (servers.Voters.Count > 0)
            _voterlessSince = Clock.Never;
        bool held = _isHeld;
        _isHeld = _queue.Count > 0;
        if (_isHeld)
            servers.Hold(now, _lacksMemory);
        else if (held)
            servers.HoldNobody(now);
    }

    private bool HasRoomFor(long length, bool waits)
    {
        if (!ring.HasRoom(2))
        {
            voting.MakeRoom();
            if (!ring.HasRoom(2))
                return false;
        }

        return servers.HasRoom(length) && (!waits || SomebodyAnswers());
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
