using Dynode.Log;

namespace Dynode.Streams;

/// <summary>One lane's parcels on their way: numbers, seals, what is in flight, and parcels of the lane's own. What is to be sent when, others decide. In turns only.</summary>
internal sealed class LaneSending(IOrderedLog log, byte protocol, PagePool pool, MemoryShare share, TimeProvider time, int window)
{
    /// <summary>Beside the window there is room for a table and a closing parcel.</summary>
    private const int Spare = 2;

    private readonly ParcelWriter _writer = new(pool, share);
    private byte _versionMax = ParcelVersions.Newest;
    private readonly PageChain _own = new();
    private readonly PageChain _closing = new();
    private ParcelSeal? _seal;
    private StreamIdentity? _identity;
    private ulong _next;
    private ulong _closes;

    /// <summary>What it lays out itself is of no newer version.</summary>
    public byte VersionMax
    {
        get => _versionMax;
        set
        {
            _versionMax = value;
            _writer.WriteFor(value);
        }
    }

    /// <summary>0: there is none.</summary>
    public ulong Lane { get; private set; }

    public LaneFlight Flight { get; } = new(window + Spare);

    public long SentAgain { get; private set; }

    /// <summary>Of which stream they are.</summary>
    public void Entered(StreamIdentity identity)
    {
        if (_identity == identity)
            return;
        _identity = identity;
        _seal = new ParcelSeal(identity, protocol);
    }

    public void Begin(ulong lane)
    {
        Lane = lane;
        _next = 1;
    }

    /// <summary>The lane is over; what was in flight is another's now.</summary>
    public void End()
    {
        Lane = 0;
        _closes = 0;
        _closing.Release();
    }

    /// <summary>Sends the lane's next.</summary>
    public void Send(PageChain parcel, ParcelUse use)
    {
        ref readonly var sent = ref Flight.Add(parcel, _next, use);
        Flight.Sealed(Seal(sent.Chain!, _next, use == ParcelUse.Closing));
        _next++;
        log.Publish(Lane, sent.Chain!);
    }

    /// <summary>Sends one without requests.</summary>
    /// <param name="use">What it is for.</param>
    /// <param name="lanes">As they stand.</param>
    /// <returns>False: memory is spent, or too many are in flight.</returns>
    public bool TrySendOwn(ParcelUse use, Lanes lanes)
    {
        if (Flight.IsFull || !TryWrite(_own, lanes))
            return false;
        Send(_own, use);
        return true;
    }

    /// <summary>Sends a closing parcel in the place of the first that is in flight, which may have come by meanwhile.</summary>
    /// <param name="lanes">As they stand: it is the next that would count.</param>
    public void SendClosing(Lanes lanes)
    {
        lanes.TryGet(Lane, out ulong last);
        if (_closes != last + 1)
        {
            if (_closing.IsEmpty && !TryWrite(_closing, lanes))
                return;
            _closes = last + 1;
            Seal(_closing, _closes, isClosing: true);
        }

        log.Publish(Lane, _closing);
    }

    /// <summary>Sends all in flight once more, as they are.</summary>
    public void SendAgain()
    {
        for (int i = 0; i < Flight.Count; i++)
            log.Publish(Lane, Flight[i].Chain!);
        SentAgain += Flight.Count;
    }

    public void Dispose()
    {
        End();
        Flight.Clear();
    }

    // The first of a lane must have a table. The others are short with one, too.
    private bool TryWrite(PageChain parcel, Lanes lanes)
    {
        if (!_writer.TryBegin(parcel, 0, lanes))
            return false;
        _writer.End();
        return true;
    }

    private ulong Seal(PageChain parcel, ulong number, bool isClosing) => _seal!.Put(parcel, Lane, number, time.GetUtcNow().ToUnixTimeMilliseconds(), isClosing);
}
