namespace Dynode.Broadcast.Framed.Once;

/// <summary>Where a place in the stream lies, seen from what the log holds.</summary>
internal enum PlaceSpot
{
    /// <summary>Before all that is known of, or it is not known where.</summary>
    Before,

    /// <summary>In the log, or at its end.</summary>
    Within,

    /// <summary>Behind what has been placed yet.</summary>
    Beyond,
}

/// <summary>
/// Which place in the stream lies where in the log. Requests are counted as the stream has them: what is in the log and in no parcel is none. In turns only.
/// </summary>
internal interface IStreamPlaces
{
    /// <summary>The stream's name in watermarks; empty: it is not known yet.</summary>
    string Stream { get; }

    /// <summary>The highest number that it is known to have given.</summary>
    ulong Last { get; }

    /// <summary>They are of a log that one server reads from the stream by itself.</summary>
    bool IsApart { get; }

    /// <summary>The stream has all that it ever had, as far as is known.</summary>
    bool IsWhole { get; }

    /// <summary>Requests of the stream that were ever placed in the log.</summary>
    long Requests { get; }

    /// <summary>The place behind so many of them.</summary>
    /// <param name="requests">Counted from the log's beginning.</param>
    /// <param name="number">All of the entries up to this one.</param>
    /// <param name="index">And so many requests behind it.</param>
    /// <param name="table">The lanes, as of that entry or an earlier one.</param>
    /// <returns>False: nobody knows any more.</returns>
    bool TryPlace(long requests, out ulong number, out long index, out ReadOnlyMemory<byte> table);

    /// <summary>The stream has another entry where a table of the lanes is as of: it lost what it had acknowledged.</summary>
    bool IsOther(ReadOnlySpan<byte> table);

    /// <summary>Behind how many of them a place lies.</summary>
    PlaceSpot Find(ulong number, long index, out long requests);
}
