namespace Dynode.Streams;

/// <summary>
/// The rule by which all readers of a stream take the same parcels of it, each once, whatever was lost, doubled or reordered on the way into it:
/// a parcel counts if its number is one more than the last that counted of its lane, and all others are as if they were not there. It is a function of the stream
/// alone: of its numbers, its times and what its parcels say.
/// <para>
/// Number 1 opens a lane. A lane ends with its closing parcel, when it had none that counted for an hour of the stream's time, or where a 65th opens and it is the one that had none
/// for longest. Then it is forgotten, so that the table stays short; and what is on its way still, held by some network for however long, must never open it again. Therefore a parcel that opens a lane
/// names what its publisher had read of the stream, the table is as of that; and an ended lane leaves the floor behind its own: nothing opens from below the floor. Whoever is turned away so, though it was
/// never open, reads on and opens another.
/// </para>
/// <para>
/// Where the stream was silent for more than an hour nothing is open any more, and the floor is its end: so whoever finds a stream of which nothing is kept begins with
/// the same table as those that read all of it.
/// </para>
/// In memory and in the stream alike: <see cref="Write"/>. Not thread-safe; allocates nothing.
/// </summary>
public sealed class Lanes
{
    /// <summary>So many are open at once.</summary>
    public const int LanesMax = 64;

    /// <summary>A lane without a parcel for longer ends, in milliseconds of the stream's time.</summary>
    public const long SilenceMax = 3_600_000;

    /// <summary>The longest table, in bytes.</summary>
    public const int BytesMax = HeadBytes + (LanesMax * LaneBytes);

    private const int HeadBytes = 40;
    private const int LaneBytes = 32;

    // By id, so that equal tables are equal bytes.
    private readonly Lane[] _lanes = new Lane[LanesMax];

    // No lane had its last parcel before: while this one is not too old, none is.
    private long _oldest;

    /// <summary>The number in the stream of the entry that was judged last: the table is as of that. 0: none was.</summary>
    public ulong Number { get; private set; }

    /// <summary>The hash of that entry.</summary>
    public ulong Hash { get; private set; }

    /// <summary>When the stream appended it, in milliseconds since 1970.</summary>
    public long Time { get; private set; }

    /// <summary>No lane opens that names a lower number.</summary>
    public ulong Floor { get; private set; }

    /// <summary>How many are open.</summary>
    public int Count { get; private set; }

    /// <summary>How long the table is, in bytes.</summary>
    public int Bytes => HeadBytes + (Count * LaneBytes);

    /// <summary>The last number that counted of a lane.</summary>
    /// <returns>False: it is not open.</returns>
    public bool TryGet(ulong lane, out ulong last)
    {
        int index = Find(lane);
        last = index < 0 ? 0 : _lanes[index].Last;
        return index >= 0;
    }

    /// <summary>Judges the stream's next entry.</summary>
    /// <param name="number">In the stream: one more than <see cref="Number"/>.</param>
    /// <param name="time">When the stream appended it, in milliseconds since 1970, by the engine's clock.</param>
    /// <param name="head">Of a whole parcel.</param>
    public LaneVerdict Judge(ulong number, long time, in ParcelHead head)
    {
        if (number != Number + 1)
            throw new ArgumentOutOfRangeException(nameof(number), number, $"The one behind {Number} is next.");
        EndSilent(time);
        Number = number;
        Hash = head.Hash;
        Time = time;
        var verdict = LaneVerdict.Counts;
        int index = Find(head.Lane);
        if (index >= 0)
            verdict = Continue(ref _lanes[index], head.Number, time);
        else if (head.Number != 1)
            verdict = LaneVerdict.Hole;
        else if (!head.HasTable || head.AsOf < Floor || head.AsOf >= number)
            verdict = LaneVerdict.Closed;
        else
            index = Open(head, time);
        if (verdict == LaneVerdict.Counts && head.IsClosing)
            End(index);
        return verdict;
    }

    /// <summary>Nothing of the stream is kept: as those see it who have read all of it, as soon as anything follows.</summary>
    /// <param name="last">The number that the stream gave last; 0: none.</param>
    public void BeginBehind(ulong last)
    {
        Count = 0;
        Number = last;
        Floor = last;
        Hash = 0;
        Time = 0;
    }

    /// <summary>As another one is.</summary>
    public void CopyFrom(Lanes other)
    {
        other._lanes.AsSpan(0, other.Count).CopyTo(_lanes);
        (Number, Hash, Time, Floor, Count, _oldest) = (other.Number, other.Hash, other.Time, other.Floor, other.Count, other._oldest);
    }

    /// <summary>Writes the table: <see cref="Bytes"/>, little-endian.</summary>
    /// <remarks><code>
    ///  0 number u64, hash u64, time i64: of the entry that it is as of     24 floor u64     32 count u32     36 zero
    /// 40 count × ( lane u64, last number u64, time of its parcel i64, what it was opened as of u64 ), by lane
    /// </code></remarks>
    public void Write(Span<byte> table)
    {
        ParcelLayout.Put(table, 0, Number);
        ParcelLayout.Put(table, 8, Hash);
        ParcelLayout.Put(table, 16, (ulong)Time);
        ParcelLayout.Put(table, 24, Floor);
        ParcelLayout.Put(table, 32, (ulong)Count);
        for (int i = 0; i < Count; i++)
        {
            var entry = table.Slice(HeadBytes + (i * LaneBytes), LaneBytes);
            ParcelLayout.Put(entry, 0, _lanes[i].Id);
            ParcelLayout.Put(entry, 8, _lanes[i].Last);
            ParcelLayout.Put(entry, 16, (ulong)_lanes[i].Time);
            ParcelLayout.Put(entry, 24, _lanes[i].From);
        }
    }

    /// <summary>Takes a table that was written.</summary>
    /// <returns>False: it is none, and this one is as it was.</returns>
    public bool TryRead(ReadOnlySpan<byte> table)
    {
        if (!TryReadAsOf(table, out ulong number) || ParcelLayout.U64(table, 24) > number)
            return false;
        int count = (table.Length - HeadBytes) / LaneBytes;
        for (int i = 0; i < count; i++)
        {
            var lane = LaneAt(table, i);
            if (lane.Last == 0 || lane.From >= number || (i > 0 && lane.Id <= LaneAt(table, i - 1).Id))
                return false;
        }

        Number = number;
        Hash = ParcelLayout.U64(table, 8);
        Time = (long)ParcelLayout.U64(table, 16);
        Floor = ParcelLayout.U64(table, 24);
        Count = count;
        _oldest = long.MaxValue;
        for (int i = 0; i < count; i++)
        {
            _lanes[i] = LaneAt(table, i);
            _oldest = Math.Min(_oldest, _lanes[i].Time);
        }

        return true;
    }

    /// <summary>What a table is as of, if its length is right.</summary>
    internal static bool TryReadAsOf(ReadOnlySpan<byte> table, out ulong number)
    {
        number = 0;
        if (table.Length < HeadBytes)
            return false;
        ulong count = ParcelLayout.U64(table, 32);
        number = ParcelLayout.U64(table, 0);
        return count <= LanesMax && table.Length == HeadBytes + ((int)count * LaneBytes);
    }

    private static Lane LaneAt(ReadOnlySpan<byte> table, int index)
    {
        var entry = table.Slice(HeadBytes + (index * LaneBytes), LaneBytes);
        return new Lane(ParcelLayout.U64(entry, 0), ParcelLayout.U64(entry, 8), (long)ParcelLayout.U64(entry, 16), ParcelLayout.U64(entry, 24));
    }

    private LaneVerdict Continue(ref Lane lane, ulong number, long time)
    {
        if (number <= lane.Last)
            return LaneVerdict.Doubled;
        if (number != lane.Last + 1)
            return LaneVerdict.Hole;
        lane = lane with { Last = number, Time = time };

        // The engine's clock may go back.
        _oldest = Math.Min(_oldest, time);
        return LaneVerdict.Counts;
    }

    private void EndSilent(long time)
    {
        if (time - Time > SilenceMax)
        {
            Count = 0;
            Floor = Number;
            return;
        }

        if (Count == 0 || time - _oldest <= SilenceMax)
            return;
        _oldest = long.MaxValue;
        for (int i = Count - 1; i >= 0; i--)
        {
            if (time - _lanes[i].Time > SilenceMax)
                End(i);
            else
                _oldest = Math.Min(_oldest, _lanes[i].Time);
        }
    }

    private int Open(in ParcelHead head, long time)
    {
        if (Count == LanesMax)
            End(LongestWithout());
        int index = ~Find(head.Lane);
        _lanes.AsSpan(index, Count - index).CopyTo(_lanes.AsSpan(index + 1));
        _lanes[index] = new Lane(head.Lane, 1, time, head.AsOf);
        _oldest = Count == 0 ? time : Math.Min(_oldest, time);
        Count++;
        return index;
    }

    // Of several the one with the lowest id: all readers must choose alike.
    private int LongestWithout()
    {
        int oldest = 0;
        for (int i = 1; i < Count; i++)
        {
            if (_lanes[i].Time < _lanes[oldest].Time)
                oldest = i;
        }

        return oldest;
    }

    private void End(int index)
    {
        Floor = Math.Max(Floor, _lanes[index].From + 1);
        Count--;
        _lanes.AsSpan(index + 1, Count - index).CopyTo(_lanes.AsSpan(index));
    }

    private int Find(ulong lane)
    {
        int low = 0;
        int high = Count - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            if (_lanes[middle].Id == lane)
                return middle;
            if (_lanes[middle].Id < lane)
                low = middle + 1;
            else
                high = middle - 1;
        }

        return ~low;
    }

    private readonly record struct Lane(ulong Id, ulong Last, long Time, ulong From);
}
