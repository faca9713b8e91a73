using System.Diagnostics.CodeAnalysis;

namespace Dynode.Streams;

/// <summary>
/// How the entries come to a <see cref="OrderReader"/>: makes sure that the stream is the one that was read, listens, pulls what is missing, and has the next one ready.
/// What the reader judges moves the <see cref="Lanes"/>, and with them what is next. In turns only.
/// </summary>
internal sealed class StreamCourse
{
    private const int EntriesMax = 8_192;

    private readonly StreamPulling _pulling;
    private readonly StreamLooking _looking;
    private readonly StreamPlace _place = new();
    private bool _isPlacing;
    private bool _isSure; // What was judged last is there, and nothing was since.
    private bool _isHere;
    private StreamCounters _counters;
    private ulong _first;
    private long _now;

    public StreamCourse(IOrderedLog log, byte protocol, int pullBytes, long heardBytesMax)
    {
        Hearing = new StreamHearing(log, new EntryQueue(EntriesMax, heardBytesMax));
        _pulling = new StreamPulling(log, pullBytes, new EntryQueue(EntriesMax, Math.Max(heardBytesMax, 2L * pullBytes)));
        _looking = new StreamLooking(log);
        Trust = new StreamTrust(_place, protocol);
    }

    public StreamTrust Trust { get; }

    public StreamHearing Hearing { get; }

    public Lanes Lanes => _place.Lanes;

    public ulong Last { get; private set; }

    /// <summary>The place is sure. Before that it is looked for, or looked at, unless there is no connection.</summary>
    public bool IsReading { get; private set; }

    public bool IsCurrent => IsReading && Next > Last;

    public LanePublisher? Publisher { get; set; }

    public ref StreamCounters Counters => ref _counters;

    private ulong Next => Lanes.Number + 1;

    /// <summary>It is read from somewhere else from now on.</summary>
    public void Begin(StreamStart start, StreamIdentity? identity)
    {
        Drop();
        _place.Begin(start);
        Trust.Begin(identity, _isHere);
        Publisher?.Doubt();

        // Where it stands now: that begins it.
        _looking.Must();
    }

    public void Turn(long now) => _now = now;

    /// <summary>All words were taken: asks for what is needed.</summary>
    public void Ask()
    {
        if (!_isHere || !_place.IsGiven || Trust.IsStill)
            return;
        if (_pulling.MayBegin(_now))
            Pull();
        _looking.Step(_now, Lanes.Number);
    }

    public bool TryNext([MaybeNullWhen(false)] out StreamWord word)
    {
        word = default;
        bool isThere = IsReading && (_pulling.TryTake(Next, out word) || Hearing.TryTake(Next, out word));
        _isSure &= !isThere;
        return isThere;
    }

    public void CouldRead()
    {
        _pulling.Healed();
        Trust.CouldRead();
    }

    public void CannotRead(ulong number, ParcelStatus status, in ParcelHead head)
    {
        if (status == ParcelStatus.Damaged)
        {
            _counters.Damaged++;
            Again(number);
            return;
        }

        Trust.CannotRead(number, status, head);
        StandStill();
    }

    public void Drop()
    {
        Hearing.Drop();
        _pulling.Drop();
        IsReading = _isPlacing = false;
        _place.Begin(StreamStart.None);
    }

    /// <summary>It is connected, anew.</summary>
    public void Here(StreamState state)
    {
        Lost();
        _isHere = true;
        if (_place.IsGiven && !Trust.IsStill)
            Enter(state);
    }

    public void Pulled(in StreamWord word)
    {
        _looking.Quiet(_now);
        if (!_pulling.TryCome() || !TryUse(word))
            word.Parcel!.Release();
    }

    public void PullEnded(bool isBroken) => _pulling.Ended(_now, isBroken);

    /// <summary>There is no connection.</summary>
    public void Lost()
    {
        _isHere = false;
        IsReading = _isPlacing = false;
        Hearing.Lost();
        _pulling.Lost();
        _looking.Answered(_now);
        Publisher?.Pause();
    }

    /// <summary>The stream as it is now is looked at as if for the first time: it may be another one, or less than it was.</summary>
    private void Enter(StreamState state)
    {
        Trust.Enter(state);
        (_first, Last) = (state.First, state.Last);
        if (!Trust.IsSame(state, Lanes.Number))
        {
            StandStill();
            return;
        }

        Publisher?.Entered(state);
        Hearing.Listen();
        _looking.Must(); // What came between is in neither.
        (IsReading, _isPlacing) = (false, true);
        Placed(_place.Enter(state), 0);
    }

    public void Stands(StreamState state)
    {
        _looking.Answered(_now);
        if (!_isHere || !_place.IsGiven || Trust.IsStill)
            return;
        if (!IsReading && !_isPlacing)
        {
            Enter(state);
        }
        else if (!Trust.IsSame(state, _looking.Judged))
        {
            StandStill();
        }
        else
        {
            // What has come since may be above it; what was only said to be there may be gone.
            Last = Math.Max(Math.Max(state.Last, Lanes.Number), Math.Max(Hearing.Last, _pulling.Last));
            _first = Math.Max(_first, state.First);
            _place.Kept(_first);
            Publisher?.Entered(state);
        }
    }

    /// <summary>An entry was heard, or missed for want of memory.</summary>
    public void Heard(in StreamWord word)
    {
        _looking.Quiet(_now);
        if (!Hearing.TryNote(word.Number))
            Doubt();
        Last = Math.Max(Last, word.Number);
        bool isOfUse = (IsReading || _isPlacing) && (!_place.IsKnown || word.Number >= Next);
        if (isOfUse && word.Parcel is not null && Hearing.TryKeep(word))
            return;
        word.Parcel?.Release();
        if (isOfUse)
            Hearing.Deafen();
    }

    /// <summary>A lower number was heard than before: is it still the stream that was read?</summary>
    private void Doubt()
    {
        Hearing.Drop();
        Hearing.Deafen();
        _looking.Must();
        if (!IsReading)
            return;
        (IsReading, _isPlacing) = (false, true);
        _pulling.Drop();
        Publisher?.Pause();
    }

    /// <summary>
    /// What is to be pulled now, if anything. Each pull begins with what was judged last: a stream that went back and on meanwhile has another entry there.
    /// </summary>
    private void Pull()
    {
        if (IsReading && !_isSure && WantsMore())
        {
            (IsReading, _isPlacing) = (false, true);
            _counters.GapsPulled += Hearing.IsEmpty ? 0 : 1;
        }

        if (_isPlacing)
        {
            var status = _place.Next(_first, out ulong from);
            if (status == PlaceStatus.Open)
                _pulling.Begin(from);
            else
                Placed(status, _first);
        }

        if (IsReading && _isSure && WantsMore())
            _pulling.Begin(Next);
    }

    private bool WantsMore()
    {
        if (!_pulling.IsEmpty || Hearing.First == Next)
            return false;
        if (Next < _first)
        {
            Placed(PlaceStatus.Retention, _first);
            return false;
        }

        // All was pulled: what has come since is pulled while it listens.
        if (Next > Last && Hearing.TryListenAgain())
            _looking.Must();
        return Next <= Last;
    }

    private bool TryUse(in StreamWord word)
    {
        if (_isPlacing)
            Placed(_place.See(word, Trust.Parcels!), word.Number);
        if (!IsReading || word.Number < Next)
            return false;
        if (_pulling.TryKeep(word, Next))
            return true;
        if (_pulling.IsEmpty && word.Number > Next)
            Again(Next);
        return false;
    }

    private void Placed(PlaceStatus status, ulong number)
    {
        if (status == PlaceStatus.Sure)
        {
            (IsReading, _isPlacing, _isSure) = (true, false, true);
            Trust.Sure();
            Publisher?.Resume(_now);
        }
        else if (status == PlaceStatus.Again)
        {
            Again(Lanes.Number);
        }
        else if (status == PlaceStatus.Elsewhere)
        {
            _pulling.Drop();
        }
        else if (status != PlaceStatus.Open)
        {
            Trust.CannotBegin(status, number);
            StandStill();
        }
    }

    /// <summary>An entry was not as it should be, or was not the one that was asked for.</summary>
    private void Again(ulong number)
    {
        _pulling.Again(_now);
        _looking.Must();
        if (_pulling.IsInTrouble)
            Trust.InTrouble(number);
    }

    private void StandStill()
    {
        IsReading = _isPlacing = false;
        Hearing.Drop();
        Hearing.Deafen();
        _pulling.Drop();
        Publisher?.Pause();
    }
}
