namespace Dynode.Broadcast.Framed.Sequence;

/// <summary>
/// Clients whose next request finds no room: in the log, in the ring, in memory, or no server that could answer although one may
/// any moment. They stand in one queue; who has come to its head goes on for so many bytes, then stands behind the others again.
/// In turns only.
/// </summary>
internal sealed class HoldQueue(Turns turns, IEntryRoom room)
{
    /// <summary>What one client may append before the next has its turn.</summary>
    private const long BytesPerTurnMax = 64 << 10;

    private readonly Queue<ISequencedClient> _queue = new();
    private ISequencedClient? _served;
    private long _servedBytes;
    private bool _servedIsHeld;
    private bool _lacksMemory;
    private long _headLength = 1;
    private bool _headWaits = true;

    /// <summary>Clients that stand in it.</summary>
    public int Count => _queue.Count;

    /// <summary>Whether the first in it could go on, or may try.</summary>
    public bool HasRoom => !_lacksMemory && room.HasFor(1, waits: true);

    /// <summary>Whether the first in it could go on, by what its request is as far as that is known: a turn for it would not be in vain.</summary>
    public bool HasRoomForFirst => !_lacksMemory && room.HasFor(_headLength, _headWaits);

    /// <summary>Whether a request may enter now; else its client stands in the queue.</summary>
    /// <param name="client">Whose.</param>
    /// <param name="length">In bytes.</param>
    /// <param name="waits">The client waits for an answer.</param>
    public bool MayPass(ISequencedClient client, long length, bool waits)
    {
        bool isServed = client == _served && _servedBytes < BytesPerTurnMax;
        if ((_queue.Count > 0 && !isServed) || !room.HasFor(length, waits))
        {
            if (_queue.Count == 0 || client == _queue.Peek())
                (_headLength, _headWaits) = (length, waits);
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
        if (client.WaitsIn == this)
            return;

        // One that is being served in another queue leaves that one.
        client.WaitsIn = this;
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
            (_headLength, _headWaits) = (1, true);
            if (_servedIsHeld)
                _queue.Enqueue(client);
            else if (client.WaitsIn == this)
                client.WaitsIn = null;
        }

        _served = null;
        room.Served(now, _queue.Count > 0, _lacksMemory);
    }
}
