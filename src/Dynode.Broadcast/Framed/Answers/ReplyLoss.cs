namespace Dynode.Broadcast.Framed.Answers;

/// <summary>Why the bytes of a reply are gone.</summary>
internal enum ReplyLoss : byte
{
    /// <summary>They are not.</summary>
    None,

    /// <summary>There was no memory for them.</summary>
    NoMemory,

    /// <summary>They are more than may wait for one client: <c>max_reply_bytes</c>.</summary>
    TooLong,
}
