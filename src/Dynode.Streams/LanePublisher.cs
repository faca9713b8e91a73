using Dynode.Log;

namespace Dynode.Streams;

/// <summary>
/// Publishes parcels in a lane, so that each counts exactly once whatever the engine loses, doubles or reorders: up to a window of them are in flight, and are held until they
/// come by in the stream, which is the only proof that they were appended.
/// <code>
///   Publish ─▶ in flight ─▶ comes by and counts: forgotten
///                 │  ▲
///                 └──┘ one comes by without the one before it · nothing came by for max(1 s, 4 × round trip), then for twice that, up to 8 s · connected anew:
///                      all again, from the first, in their order. A lane never skips a number.
/// </code>
/// A lane is over for certain by a closing parcel that counted, or by the stream's time and its 65th lane, as the rule says: only then is what was in flight given back, to be sent again
/// in the next lane. Where the reader begins elsewhere it is not certain, and what was in flight must not be sent again: <see cref="LaneFate"/>.
/// The lane's first parcel has no requests and carries the lanes' table; so does one now and then, and each 10 minutes that it is idle. In turns only; allocates nothing for a parcel.
/// </summary>
public sealed class LanePublisher : IDisposable
{
    private const long IdleMax = 600 * TimeSpan.TicksPerSecond;
    private const long TableTimeMax = 600_000;

    // With 64 lanes and 8 in flight of each behind it, a table comes at least in each 1,024 entries; and not all lanes think of it at once.
    private const int TableEvery = 384;
    private const int TableSpread = 128;

    private readonly OrderReader _reader;
    private readonly Random _random;
    private readonly int _window;
    private readonly LaneSending _sending;
    private readonly LaneFlight _back;
    private ResendPace _pace;
    private ulong _tableAt;
    private long _tableTime;
    private bool _mayPublish;
    private bool _isOpen;
    private bool _closes;
    private bool _givesUp;
    private long _now;
    private long _idleSince;
    private LaneFate _fate;

    /// <summary>Becomes the reader's <see cref="OrderReader.Publisher"/>.</summary>
    /// <param name="reader">Of the same log; run before it in each turn.</param>
    /// <param name="log">To publish to.</param>
    /// <param name="protocol">Of the requests.</param>
    /// <param name="pool">Of pages for parcels of its own.</param>
    /// <param name="share">What they count to.</param>
    /// <param name="time">For the time in each parcel.</param>
    /// <param name="random">For the lanes' ids: no two broadcasters may draw alike.</param>
    /// <param name="window">So many parcels with requests are in flight at most.</param>
    public LanePublisher(
        OrderReader reader, IOrderedLog log, byte protocol, PagePool pool, MemoryShare share, TimeProvider time, Random random, int window = 8)
    {
        _reader = reader;
        _random = random;
        _window = window;
        _sending = new LaneSending(log, protocol, pool, share, time, window);
        _back = new LaneFlight(window);
        reader.Publisher = this;
    }

    /// <summary>The lane that it publishes in; 0: none is open, nor being opened.</summary>
    public ulong Lane => _sending.Lane;

    /// <summary>Parcels with requests that have not come by.</summary>
    public int InFlight => _sending.Flight.Own;

    /// <summary>There is one to <see cref="TryTakeBack"/>.</summary>
    public bool HasBack => _back.Count > 0;

    /// <summary>Another parcel may be published now, of at most <see cref="ParcelBytesMax"/>.</summary>
    public bool CanPublish => _mayPublish && ParcelVersions.AreCommon(VersionMax) && Lane != 0 && !_closes && !_givesUp && !HasBack && InFlight < _window;

    /// <summary>The newest version of a parcel that all read who live: what it lays out itself is no newer, and where this build writes none so old nothing is published.</summary>
    public byte VersionMax { get => _sending.VersionMax; set => _sending.VersionMax = value; }

    /// <summary>The longest that the engine takes, in bytes.</summary>
    public int ParcelBytesMax { get; private set; }

    /// <summary>It was told to close, and the lane is over.</summary>
    public bool IsClosed => _closes && Lane == 0 && !HasBack;

    /// <summary>Parcels that were published again.</summary>
    public long SentAgain => _sending.SentAgain;

    /// <summary>Lanes that were begun.</summary>
    public long LanesBegun { get; private set; }

    /// <summary>What the engine said when it refused one.</summary>
    public LaneRefusals Refusals { get; } = new();

    /// <summary>Publishes what a <see cref="ParcelWriter"/> has ended, as the lane's next.</summary>
    /// <param name="parcel">Its pages are taken over; the chain is empty then.</param>
    /// <exception cref="InvalidOperationException">It must not now, or the parcel is too long: <see cref="CanPublish"/>.</exception>
    public void Publish(PageChain parcel)
    {
        if (!CanPublish || parcel.Length > ParcelBytesMax)
            throw new InvalidOperationException("Not now, or not so long a one.");
        if (_sending.Flight.Count == 0)
            _pace.Moved(_now);
        _sending.Send(parcel, ParcelUse.Requests);
    }

    /// <summary>What was in flight when the lane ended, the first one first. Nothing is published before all of it was taken.</summary>
    /// <param name="parcel">Empty; gets the pages, as they were published: <see cref="Publish"/> takes them again.</param>
    /// <param name="fate">What may be done with it.</param>
    public bool TryTakeBack(PageChain parcel, out LaneFate fate)
    {
        fate = _fate;
        if (_back.Count == 0)
            return false;
        parcel.Append(_back.RemoveFirst(out _));
        return true;
    }

    /// <summary>Publishes nothing more; when all in flight has come by the lane is closed. Nothing is opened behind it.</summary>
    public void Close() => _closes = true;

    /// <summary>
    /// Has the lane closed in the place of what is in flight: of that, some may come by still, and the rest is given back, not kept for certain. Then another lane is opened. While nothing comes by
    /// nothing is decided.
    /// </summary>
    public void GiveUp()
    {
        if (Lane == 0 || _givesUp)
            return;
        _givesUp = true;
        _pace.Moved(_now);
        if (_mayPublish)
            _sending.SendClosing(_reader.Lanes);
    }

    /// <summary>Sends what is due; behind the reader's <see cref="OrderReader.TryTake"/>, and at least each tenth of a second.</summary>
    /// <param name="now">As the reader's.</param>
    public void Step(long now)
    {
        _now = now;
        if (!_mayPublish || !ParcelVersions.AreCommon(VersionMax))
            return;
        if (Lane == 0)
        {
            if (!_closes && !HasBack && _reader.IsCurrent)
                Open();
            return;
        }

        var flight = _sending.Flight;
        if (!_givesUp && _closes && !flight.HasClosing)
            SendOwn(ParcelUse.Closing);
        else if (!_givesUp && !_closes && flight.Tables == 0 && IsTableDue)
            SendOwn(ParcelUse.Table);
        if ((_givesUp || flight.Count > 0) && _pace.IsOverdue(now, _reader.IsCurrent))
            SendAgain();
    }

    /// <summary>Gives back all pages.</summary>
    public void Dispose()
    {
        _sending.Dispose();
        _back.Clear();
        _mayPublish = false;
    }

    internal void Pause() => _mayPublish = false;

    /// <summary>How the stream stands, which is the one that is read.</summary>
    internal void Entered(StreamState state)
    {
        _sending.Entered(state.Identity);
        _pace.RoundTrip(state.RoundTrip);
        ParcelBytesMax = state.ParcelBytesMax;
        for (int i = 0; i < _sending.Flight.Count; i++)
        {
            // It never will be taken, and so nothing behind it: a lane may not skip.
            if (_sending.Flight[i].Chain!.Length > ParcelBytesMax)
                GiveUp();
        }
    }

    /// <summary>The stream is read, and what is in flight may be lost.</summary>
    internal void Resume(long now)
    {
        _now = now;
        if (_mayPublish)
            return;
        _mayPublish = true;
        if (Lane == 0)
            return;
        _pace.Moved(now);
        SendAgain();
    }

    /// <summary>What is read from now on need not be what followed what was read: nobody knows what becomes of what is in flight.</summary>
    internal void Doubt()
    {
        _mayPublish = false;
        (_tableAt, _tableTime) = (0, 0);

        // Also of what was given back before: the lane's end may be lost.
        _fate = LaneFate.Unknown;
        if (Lane != 0)
            Over(LaneFate.Unknown);
    }

    /// <summary>An entry was judged, whoever's.</summary>
    internal void Judged(in ParcelHead head, LaneVerdict verdict, long now)
    {
        _now = now;
        if (head.HasTable)
            (_tableAt, _tableTime) = (_reader.Lanes.Number, _reader.Lanes.Time);
        if (Lane == 0)
            return;
        if (head.Lane == Lane)
            JudgedOwn(head, verdict);

        // By this parcel, by time, or because a 65th opened.
        if (Lane != 0 && _isOpen && !_reader.Lanes.TryGet(Lane, out _))
            Over(LaneFate.NotKept);
    }

    private bool IsTableDue =>
        _reader.Lanes.Number - _tableAt >= TableEvery + (Lane % TableSpread) || _reader.Lanes.Time - _tableTime >= TableTimeMax || _now - _idleSince >= IdleMax;

    private void JudgedOwn(in ParcelHead head, LaneVerdict verdict)
    {
        if (verdict == LaneVerdict.Counts)
            CameBy(head);
        else if (verdict == LaneVerdict.Hole && !_givesUp && _pace.TryHole(_now))
            SendAgain();
        else if (verdict == LaneVerdict.Closed && !_isOpen)
            Over(LaneFate.NotKept);
    }

    private void CameBy(in ParcelHead head)
    {
        _isOpen = true;
        Refusals.CameBy();
        _idleSince = _now;
        _pace.Moved(_now);
        var flight = _sending.Flight;
        bool isFirst = flight.Count > 0 && flight.First.Number == head.Number && flight.First.Hash == head.Hash;
        if (isFirst)
            flight.RemoveFirst(out _).Release();
        else if (!_givesUp || !head.IsClosing)
            Over(LaneFate.Unknown);
        if (isFirst && _givesUp && _reader.Lanes.TryGet(Lane, out _))
            _sending.SendClosing(_reader.Lanes);
    }

    private void Open()
    {
        ulong lane;
        do
            lane = (ulong)_random.NextInt64(long.MinValue, long.MaxValue);
        while (lane == 0 || _reader.Lanes.TryGet(lane, out _));
        _sending.Begin(lane);
        (_isOpen, _givesUp) = (false, false);
        if (SendOwn(ParcelUse.Table))
            LanesBegun++;
        else
            _sending.End();
    }

    private bool SendOwn(ParcelUse use)
    {
        if (_sending.Flight.Count == 0)
            _pace.Moved(_now);
        if (!_sending.TrySendOwn(use, _reader.Lanes))
            return false;
        _idleSince = _now;
        return true;
    }

    private void SendAgain()
    {
        if (_givesUp)
            _sending.SendClosing(_reader.Lanes);
        else
            _sending.SendAgain();
    }

    private void Over(LaneFate fate)
    {
        _fate = fate;
        var flight = _sending.Flight;
        while (flight.Count > 0)
        {
            var parcel = flight.RemoveFirst(out var use);
            if (use == ParcelUse.Requests)
                _back.Add(parcel, 0, use);
            else
                parcel.Release();
        }

        _sending.End();
        (_isOpen, _givesUp) = (false, false);
    }
}
