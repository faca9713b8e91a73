namespace Dynode.Streams;

/// <summary>What reading a parcel came to.</summary>
public enum ParcelStatus
{
    /// <summary>It is as it was published, and can be read.</summary>
    Whole,

    /// <summary>
    /// It is not as anybody published it for this stream: cut, changed, or of another one. Another replica of the engine's may have it whole, so it is to be asked for again;
    /// it is never passed over, for it may count.
    /// </summary>
    Damaged,

    /// <summary>Whole, and of a version, or with a flag, that this build does not know.</summary>
    Unknown,

    /// <summary>Whole, and its requests are of another protocol.</summary>
    Foreign,
}
