namespace Dynode.Protocols;

/// <summary>What a framer says of the bytes that it was given.</summary>
public enum FrameStatus
{
    /// <summary>It took them all, and the frame has not ended.</summary>
    NeedMore,

    /// <summary>The frame ends with the last byte that it took.</summary>
    Complete,

    /// <summary>They are no frame of this protocol, or one beyond a limit; nothing more can be read from this side.</summary>
    Malformed,
}
