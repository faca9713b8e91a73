namespace Dynode.Streams;

/// <summary>What the engine said against what was published. That proves nothing of any one parcel: it may have been taken before, or be taken yet. In turns only.</summary>
public sealed class LaneRefusals
{
    /// <summary>In words; empty: it never refused one.</summary>
    public string Last { get; private set; } = "";

    /// <summary>How many.</summary>
    public long Count { get; private set; }

    /// <summary>Nothing of the lane has come by since.</summary>
    public bool Lasts { get; private set; }

    internal void Note(string text)
    {
        (Last, Lasts) = (text, true);
        Count++;
    }

    internal void CameBy() => Lasts = false;
}
