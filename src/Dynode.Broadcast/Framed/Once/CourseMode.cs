namespace Dynode.Broadcast.Framed.Once;

/// <summary>How one server is sent what the log holds for it.</summary>
internal enum CourseMode
{
    /// <summary>In batches, several in flight.</summary>
    Batched,

    /// <summary>One at a time, for a batch was not done: which request it was is not known.</summary>
    Careful,

    /// <summary>As without: the server refuses the watermark, for a reason that is its own. Looked at again each second.</summary>
    Suspended,
}

/// <summary>What a reply means for a course.</summary>
internal enum CourseEvent
{
    /// <summary>Nothing yet.</summary>
    None,

    /// <summary>The replies of its requests are next.</summary>
    Answers,

    /// <summary>Nothing is in flight any more, and something of it was not done: what follows the last answer is sent again.</summary>
    Again,

    /// <summary>The watermark is not what it was left as, or could not be written: the connection begins anew.</summary>
    MarkLost,

    /// <summary>A batch was done behind one that was not: something is missing there for ever.</summary>
    Overtaken,

    /// <summary>It is not known whether it was done.</summary>
    Unknown,
}
