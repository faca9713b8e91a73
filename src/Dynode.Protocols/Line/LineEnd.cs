namespace Dynode.Protocols.Line;

/// <summary>Where a line ends: behind its LF. What stands before it, a CR too, belongs to the line.</summary>
internal static class LineEnd
{
    /// <summary>Looks for the end of a line within what may still belong to it.</summary>
    /// <param name="fresh">Never seen before.</param>
    /// <param name="room">Bytes that the line may still have.</param>
    /// <param name="consumed">Never more than <paramref name="room"/>: of a line that is too long, what came before the limit.</param>
    public static FrameStatus Find(ReadOnlySpan<byte> fresh, long room, out int consumed)
    {
        var within = fresh.Length > room ? fresh[..(int)Math.Max(room, 0)] : fresh;
        int end = within.IndexOf((byte)'\n');
        consumed = end < 0 ? within.Length : end + 1;
        if (end >= 0)
            return FrameStatus.Complete;
        return within.Length < fresh.Length ? FrameStatus.Malformed : FrameStatus.NeedMore;
    }
}
