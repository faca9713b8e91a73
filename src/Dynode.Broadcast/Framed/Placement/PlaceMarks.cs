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

    /// <inheritdoc/>
    public string Stream { get; set; } = "";

    /// <inheritdoc/>
    public ulong Last { get; set; }

    /// <inheritdoc/>
    public long Requests { get; private set; }

    /// <summary>All requests of the entries up to this one are in the log, though the last of them had none.</summary>
    public ulong Reached { get; set; }

    /// <summary>A request of the stream has its place.</summary>
    public void PlacedOne() => Requests++;

    /// <summary>All requests of entries up to <paramref name="number"/> have their places, the last of them before <paramref name="next"/>.</summary>
    public void Placed(long next, ulong number)
    {
        if (_marks.Count > 0 && _marks[^1].Next == next)
        {
            _marks[^1] = (next, _marks[^1].First, number, Requests);
            return;
        }

        if (_marks.Count == marksMax)
        {
            Thin(_marks);
            _isThinned = true;
        }

        _marks.Add((next, number, number, Requests));
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
