using Dynode.Broadcast.Framed.Once;
using Dynode.Streams;

namespace Dynode.Broadcast.Framed.Placement;

/// <summary>
/// Which number of the log lies behind which entry of the stream, and how the lanes stood now and then: so that where a server stands in the log can be said as a
/// place in the stream, from which another run, or another broadcaster, goes on. What is forgotten for want of room makes places earlier, never later. In turns only.
/// </summary>
/// <param name="marksMax">No more are kept.</param>
internal sealed class PlaceMarks(int marksMax = PlaceMarks.MarksMax) : IStreamPlaces
{
    private const int MarksMax = 65_536;
    private const int TablesMax = 64;

    // The entry whose requests end there, and the newest behind it that had none: all of these are one place.
    private readonly List<(long Next, ulong First, ulong Number, long Requests)> _marks = [];
    private readonly List<(ulong Number, byte[] Table)> _tables = [];
    private bool _isThinned;

    // Requests behind the first mark that were had before this log began.
    private long _behind;

    /// <inheritdoc/>
    public string Stream { get; set; } = "";

    /// <inheritdoc/>
    public ulong Last { get; set; }

    /// <inheritdoc/>
    public bool IsApart { get; init; }

    /// <summary>Of the same stream.</summary>
    public EntryHashes Hashes { get; init; } = new();

    /// <inheritdoc/>
    public bool IsWhole { get; set; }

    /// <inheritdoc/>
    public long Requests { get; private set; }

    /// <summary>All requests of the entries up to this one are in the log, though the last of them had none.</summary>
    public ulong Reached { get; set; }

    /// <summary>Of what counts behind an entry so many requests are had already, and are not in this log: all else follows.</summary>
    /// <param name="next">The number that the log's first request gets.</param>
    /// <param name="number">Of the entry.</param>
    /// <param name="index">So many.</param>
    public void BeginBehind(long next, ulong number, long index)
    {
        _marks.Add((next, number, number, 0));
        (Requests, _behind) = (index, index);
    }

    /// <summary>
    /// What lies between is not to be had any more: the log goes on behind entry <paramref name="number"/>, and nobody is in it before <paramref name="next"/>. Whoever says that he stands before
    /// that entry is not in this log, and so does not pass for one that has what is missing.
    /// </summary>
    public void PassTo(long next, ulong number)
    {
        _marks.Clear();
        (_behind, _isThinned) = (0, false);
        _marks.Add((next, number, number, Requests));
    }

    /// <summary>A request of the stream is had already.</summary>
    /// <returns>False: it is not, and is to be placed.</returns>
    public bool TryPassOne()
    {
        bool isBehind = _behind > 0;
        _behind -= isBehind ? 1 : 0;
        return isBehind;
    }

    /// <summary>A request of the stream has its place.</summary>
    public void PlacedOne() => Requests++;

    /// <summary>All requests of entries up to <paramref name="number"/> have their places, the last of them before <paramref name="next"/>.</summary>
    public void Placed(long next, ulong number)
    {
        long requests = Requests - _behind;
        if (_marks.Count > 0 && _marks[^1].Next == next && _marks[^1].Requests == requests)
        {
            _marks[^1] = (next, _marks[^1].First, number, requests);
            return;
        }

        if (_marks.Count == marksMax)
        {
            Thin(_marks);
            _isThinned = true;
        }

        _marks.Add((next, number, number, requests));
    }

    /// <summary>The lanes as they stand.</summary>
    public void Note(Lanes lanes)
    {
        if (_tables.Count > 0 && _tables[^1].Number == lanes.Number)
            return;
        if (_tables.Count == TablesMax)
            Thin(_tables);
        byte[] table = new byte[lanes.Bytes];
        lanes.Write(table);
        _tables.Add((lanes.Number, table));
    }

    /// <summary>The newest entry of which whoever has done all requests before <paramref name="next"/> has done all; 0: not known.</summary>
    public ulong NumberAt(long next)
    {
        int index = Find(_marks, mark => mark.Next <= next);
        return index < 0 ? 0 : _marks[index].Number;
    }

    /// <summary>The oldest of which that is so: behind it there is no request that has not been done; 0: not known.</summary>
    public ulong FirstAt(long next)
    {
        int index = Find(_marks, mark => mark.Next <= next);
        return index < 0 ? 0 : _marks[index].First;
    }

    /// <summary>How the lanes stood at that entry, or before it.</summary>
    /// <returns>Null: it is not known.</returns>
    public byte[]? TableAt(ulong number)
    {
        int index = Find(_tables, table => table.Number <= number);
        return index < 0 ? null : _tables[index].Table;
    }

    /// <inheritdoc/>
    public bool TryPlace(long requests, out ulong number, out long index, out ReadOnlyMemory<byte> table)
    {
        int at = Find(_marks, mark => mark.Requests <= requests);
        (number, index, table) = (0, 0, default);
        if (at < 0 || requests > Requests || TableAt(_marks[at].Number) is not { } found)
            return false;
        (number, index, table) = (_marks[at].Number, requests - _marks[at].Requests, found);
        return true;
    }

    /// <summary>The place of whoever has done all requests before <paramref name="next"/>, by what follows that up to the next mark.</summary>
    /// <param name="next">A number of the log.</param>
    /// <param name="ofStream">How many requests of the stream lie in the log from <paramref name="next"/> up to a number.</param>
    /// <param name="requests">Of the stream, before <paramref name="next"/>.</param>
    /// <returns>False: it is before all marks.</returns>
    public bool TryCount(long next, Func<long, long> ofStream, out long requests)
    {
        int at = Find(_marks, mark => mark.Next <= next);
        requests = 0;
        if (at < 0)
            return false;
        var (end, before) = at + 1 < _marks.Count ? (_marks[at + 1].Next, _marks[at + 1].Requests) : (long.MaxValue, Requests);
        requests = _marks[at].Next == next ? _marks[at].Requests : before - ofStream(end);
        return true;
    }

    /// <inheritdoc/>
    public bool IsOther(ReadOnlySpan<byte> table) => Hashes.IsOther(table);

    /// <inheritdoc/>
    public PlaceSpot Find(ulong number, long index, out long requests)
    {
        requests = 0;
        int at = Find(_marks, mark => mark.First <= number);
        if (at < 0)
            return PlaceSpot.Before;
        if (number > Math.Max(Reached, _marks[^1].Number))
            return PlaceSpot.Beyond;

        // Of entries between two marks nothing has a place, unless marks have gone.
        if (_isThinned && at < _marks.Count - 1 && number > _marks[at].Number)
            return PlaceSpot.Before;
        requests = _marks[at].Requests + index;
        return requests > Requests ? PlaceSpot.Beyond : PlaceSpot.Within;
    }

    /// <summary>Nobody stands before <paramref name="next"/> any more.</summary>
    public void Forget(long next)
    {
        int index = Find(_marks, mark => mark.Next <= next);
        if (index <= 0)
            return;
        _marks.RemoveRange(0, index);
        int table = Find(_tables, table => table.Number <= _marks[0].Number);
        if (table > 0)
            _tables.RemoveRange(0, table);
    }

    private static int Find<T>(List<T> list, Predicate<T> isAtOrBefore)
    {
        int low = 0;
        int high = list.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (isAtOrBefore(list[middle]))
                low = middle + 1;
            else
                high = middle;
        }

        return low - 1;
    }

    /// <summary>Every second one goes, but for the first and the last.</summary>
    private static void Thin<T>(List<T> list)
    {
        int kept = 1;
        for (int i = 2; i < list.Count; i += 2)
            list[kept++] = list[i];
        if (list.Count % 2 == 0)
            list[kept++] = list[^1];
        list.RemoveRange(kept, list.Count - kept);
    }
}
