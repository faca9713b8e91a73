namespace Dynode.Streams;

/// <summary>
/// From where a stream is read: behind what was judged last, if that is there still; where nothing was, behind a table of the lanes that is looked for, if what that names is there. In turns only.
/// </summary>
internal sealed class StreamPlace
{
    private readonly TableSearch _search = new();
    private StreamStart _start;
    private bool _isSearching;

    /// <summary>The lanes as of the place.</summary>
    public Lanes Lanes { get; } = new();

    /// <summary>Somebody has said from where.</summary>
    public bool IsGiven => _start != StreamStart.None;

    /// <summary>It is that of <see cref="Lanes"/>.</summary>
    public bool IsKnown => _start == StreamStart.Place;

    public void Begin(StreamStart start) => _start = start;

    /// <summary>The stream is here: all is looked at again.</summary>
    public PlaceStatus Enter(StreamState state)
    {
        _isSearching = !IsKnown && state.First <= state.Last;
        if (_isSearching)
            _search.Begin(state.First, state.Last, _start == StreamStart.Oldest);
        if (IsKnown || _isSearching)
            return PlaceStatus.Open;
        Lanes.BeginBehind(state.Last);
        return Sure();
    }

    /// <summary>Retention has moved meanwhile.</summary>
    public void Kept(ulong first) => _search.Kept(first);

    /// <summary>What is to be looked at next.</summary>
    /// <param name="first">The first that is kept.</param>
    /// <param name="from">While it is <see cref="PlaceStatus.Open"/>.</param>
    public PlaceStatus Next(ulong first, out ulong from)
    {
        while (true)
        {
            while (_isSearching)
            {
                from = _search.At;
                if (from <= _search.To)
                    return PlaceStatus.Open;
                if (_search.TryGoOn(Lanes, out bool isFound))
                {
                    _isSearching = !isFound;
                    continue;
                }

                if (first > 1)
                    return PlaceStatus.NoTable;
                Lanes.BeginBehind(0);
                return Sure();
            }

            from = Lanes.Number;
            if (from > 0 && from >= first)
                return PlaceStatus.Open;

            // Nothing is kept of it that could be looked at: with nothing missing behind it that is no fault.
            if (IsKnown || from == 0)
                return from + 1 < first ? PlaceStatus.Retention : Sure();
            SearchOn();
        }
    }

    /// <summary>Looks at an entry that was pulled.</summary>
    public PlaceStatus See(in StreamWord word, ParcelReader parcels)
    {
        if (!_isSearching && word.Number < Lanes.Number)
            return PlaceStatus.Open;
        var status = parcels.Read(word.Parcel!, out var head);
        if (_isSearching)
        {
            _search.See(word.Number, status, head, word.Parcel!);
            return PlaceStatus.Open;
        }

        if (word.Number != Lanes.Number || status == ParcelStatus.Damaged)
            return PlaceStatus.Again;
        if (head.Hash == Lanes.Hash)
            return Sure();
        if (IsKnown)
            return PlaceStatus.Forked;

        // The table was of what the stream has lost.
        SearchOn();
        return PlaceStatus.Elsewhere;
    }

    private PlaceStatus Sure()
    {
        _start = StreamStart.Place;
        _isSearching = false;
        return PlaceStatus.Sure;
    }

    private void SearchOn()
    {
        _search.Reject();
        _isSearching = true;
    }
}
