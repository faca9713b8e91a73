using Dynode.Log;

namespace Dynode.Streams;

/// <summary>
/// Looks through what a stream keeps for a table of the lanes to begin behind. Each lane's first parcel has one, and whoever publishes sees to it that one comes at least in each
/// <see cref="TableEvery"/> entries: so the newest is near the end, the oldest near the beginning.
/// <code>
///         first kept      S named        T carries it                last
///   ┄┄┄┄┄┄┄┄┄┼──────────────┼──────────────┼───────────────────────────┤
///                           │ checked: its hash is the one that T names
///                            ═════════════════════════════════════════▶ read from here on, T itself in its turn
/// </code>
/// A table is as of an entry S, some way before the entry T that carries it, for its publisher did not know what would come between. So whoever takes it reads
/// all from S + 1 on. S must be kept still and have the hash that the table names: else the table is of what the stream has lost.
/// </summary>
internal sealed class TableSearch
{
    /// <summary>There is a table at least in each so many entries.</summary>
    public const int TableEvery = 1_024;

    private readonly Lanes _found = new();
    private ulong _first;
    private ulong _to;
    private ulong _span;
    private ulong _carrier;
    private bool _isOldest;

    /// <summary>The next one to look at; above <see cref="To"/>: ask <see cref="TryGoOn"/>.</summary>
    public ulong At { get; private set; }

    /// <summary>The last one to look at.</summary>
    public ulong To => _carrier > 0 && _isOldest ? 0 : _to;

    /// <summary>Begins to look.</summary>
    /// <param name="first">The first number that the stream keeps.</param>
    /// <param name="last">The last one that is looked at.</param>
    /// <param name="isOldest">Looks for the oldest that can be used; else for the newest.</param>
    public void Begin(ulong first, ulong last, bool isOldest)
    {
        (_first, _to, _isOldest, _carrier) = (first, last, isOldest, 0);
        _span = TableEvery + (TableEvery / 2);
        At = isOldest ? first : StartOf(last);
    }

    /// <summary>Retention has moved meanwhile.</summary>
    public void Kept(ulong first)
    {
        _first = Math.Max(_first, first);
        At = Math.Max(At, _first);
    }

    /// <summary>Looks at an entry.</summary>
    public void See(ulong number, ParcelStatus status, in ParcelHead head, PageChain parcel)
    {
        if (number < At || number > To)
            return;
        At = number + 1;
        if (status != ParcelStatus.Whole || !head.HasTable || head.AsOf >= number || head.AsOf + (_first == 1 ? 1ul : 0) < _first)
            return;
        if (_found.TryRead(head.Table(parcel)))
            _carrier = number;
    }

    /// <summary>All that was to be looked at was.</summary>
    /// <param name="table">Becomes the table that was found.</param>
    /// <param name="isFound">False: there is more to look at, from <see cref="At"/> on.</param>
    /// <returns>False: there is no table.</returns>
    public bool TryGoOn(Lanes table, out bool isFound)
    {
        isFound = _carrier > 0;
        if (isFound)
        {
            table.CopyFrom(_found);
            return true;
        }

        ulong start = StartOf(_to);
        if (_isOldest || start <= _first)
            return false;
        _to = start - 1;
        _span *= 4;
        At = StartOf(_to);
        return true;
    }

    /// <summary>The table that was found was of what the stream has lost: another one.</summary>
    public void Reject()
    {
        if (_isOldest)
            At = _carrier + 1;
        else
            (_to, At) = (_carrier - 1, StartOf(_carrier - 1));
        _carrier = 0;
    }

    private ulong StartOf(ulong last) => last >= _first + _span ? last - _span + 1 : _first;
}
