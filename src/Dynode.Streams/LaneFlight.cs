using Dynode.Log;

namespace Dynode.Streams;

/// <summary>Parcels of one lane in the order of their numbers, held until it is known what became of them. Not thread-safe; allocates nothing once it was full.</summary>
internal sealed class LaneFlight(int max)
{
    private readonly Parcel[] _ring = new Parcel[max];
    private int _head;

    public int Count { get; private set; }

    /// <summary>Requests are in so many of them.</summary>
    public int Own { get; private set; }

    /// <summary>One of them carries a table of the lanes.</summary>
    public int Tables { get; private set; }

    /// <summary>The last of them ends the lane.</summary>
    public bool HasClosing => Count > 0 && this[Count - 1].Use == ParcelUse.Closing;

    public bool IsFull => Count == max;

    public ref readonly Parcel First => ref _ring[_head];

    public ref readonly Parcel this[int index] => ref _ring[(_head + index) % max];

    /// <summary>Takes over the pages; the chain is empty then.</summary>
    public ref readonly Parcel Add(PageChain parcel, ulong number, ParcelUse use)
    {
        ref var last = ref _ring[(_head + Count) % max];
        (last.Number, last.Use, last.Hash) = (number, use, 0);
        last.Chain ??= new PageChain();
        last.Chain.Append(parcel);
        Counted(use, 1);
        return ref last;
    }

    /// <summary>What the seal of the last one gave.</summary>
    public void Sealed(ulong hash) => _ring[(_head + Count - 1) % max].Hash = hash;

    /// <summary>The first one, for whoever takes its pages.</summary>
    public PageChain RemoveFirst(out ParcelUse use)
    {
        ref var first = ref _ring[_head];
        use = first.Use;
        _head = (_head + 1) % max;
        Counted(use, -1);
        return first.Chain!;
    }

    public void Clear()
    {
        while (Count > 0)
            RemoveFirst(out _).Release();
    }

    private void Counted(ParcelUse use, int by)
    {
        Count += by;
        Own += use == ParcelUse.Requests ? by : 0;
        Tables += use == ParcelUse.Table ? by : 0;
    }

    /// <summary>One of them.</summary>
    internal struct Parcel
    {
        public PageChain? Chain;
        public ulong Number;
        public ulong Hash;
        public ParcelUse Use;
    }
}

/// <summary>What a parcel is for.</summary>
internal enum ParcelUse
{
    Requests,

    /// <summary>No requests: the lanes' table, which also opens a lane and keeps it open.</summary>
    Table,

    /// <summary>No requests: ends the lane.</summary>
    Closing,
}
