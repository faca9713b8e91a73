namespace Dynode.Broadcast.Framed.Regions;

/// <summary>
/// One range of the stream's numbers, as it lies in the log: all servers' replies to its requests are one hash, which those of other regions can be compared with. Written by <see cref="RangeBook"/>
/// alone. In turns only.
/// </summary>
/// <param name="first">Its first number, of the stream.</param>
/// <param name="isWhole">All entries of it have been read, or will be.</param>
internal sealed class ReplyRange(ulong first, bool isWhole)
{
    public ulong First => first;

    public bool IsWhole => isWhole;

    /// <summary>The number of the log behind its last request; the largest while more of it may come.</summary>
    public long End { get; private set; } = long.MaxValue;

    /// <summary>The range behind it; null while more of this one may come.</summary>
    public ReplyRange? Next { get; private set; }

    /// <summary>All of its requests have their places.</summary>
    public bool IsClosed => Next is not null;

    /// <summary>Its requests whose replies are compared, so far.</summary>
    public int Requests { get; set; }

    /// <summary>Of its entries that count, so far.</summary>
    public ulong Entries { get; set; }

    /// <summary>Nothing more of it comes.</summary>
    public void Close(long end, ReplyRange next) => (End, Next) = (end, next);
}
