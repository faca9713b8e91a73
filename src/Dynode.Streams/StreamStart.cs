namespace Dynode.Streams;

/// <summary>From where a stream is read.</summary>
internal enum StreamStart
{
    /// <summary>Nobody has said.</summary>
    None,

    /// <summary>Behind a place that is known.</summary>
    Place,

    /// <summary>Behind the newest table of the lanes.</summary>
    Newest,

    /// <summary>Behind the oldest one.</summary>
    Oldest,
}
