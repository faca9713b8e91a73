namespace Dynode.Streams;

/// <summary>How it stands with the place that a stream is read from.</summary>
internal enum PlaceStatus
{
    /// <summary>More must be looked at.</summary>
    Open,

    /// <summary>It is as it should be: on from there.</summary>
    Sure,

    /// <summary>What was looked at was not what was asked for, or was damaged: once more.</summary>
    Again,

    /// <summary>What is being pulled is of no use: it is looked for elsewhere.</summary>
    Elsewhere,

    /// <summary>Another entry is there.</summary>
    Forked,

    /// <summary>What comes next is kept no more.</summary>
    Retention,

    /// <summary>No table of the lanes is kept.</summary>
    NoTable,
}
