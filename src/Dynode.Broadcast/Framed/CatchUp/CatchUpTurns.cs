namespace Dynode.Broadcast.Framed.CatchUp;

/// <summary>
/// Who reads the stream by itself at once, and who waits: whoever began goes on, and beside those who stands farthest back comes first. Pure.
/// </summary>
internal static class CatchUpTurns
{
    /// <summary>Decides.</summary>
    /// <param name="all">Of each: whether it can take what it reads now, whether it reads already, and where it stands.</param>
    /// <param name="most">So many at once; at least 1.</param>
    /// <param name="reads">Which of them do.</param>
    public static void Choose(IReadOnlyList<(bool Wants, bool Reads, ulong Number)> all, int most, Span<bool> reads)
    {
        reads.Clear();
        int left = most;
        for (int i = 0; i < all.Count && left > 0; i++)
        {
            reads[i] = all[i] is { Wants: true, Reads: true };
            left -= reads[i] ? 1 : 0;
        }

        for (; left > 0; left--)
        {
            int next = -1;
            for (int i = 0; i < all.Count; i++)
            {
                if (all[i].Wants && !reads[i] && (next < 0 || all[i].Number < all[next].Number))
                    next = i;
            }

            if (next < 0)
                return;
            reads[next] = true;
        }
    }
}
