namespace Dynode.Streams;

/// <summary>What became of a parcel that was in flight when its lane ended.</summary>
public enum LaneFate
{
    /// <summary>It does not count, and never will: it may be sent again in another lane, or its requests refused.</summary>
    NotKept,

    /// <summary>It may have counted, or may yet. It must not be sent again.</summary>
    Unknown,
}
