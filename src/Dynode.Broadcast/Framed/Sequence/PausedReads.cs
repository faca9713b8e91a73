namespace Dynode.Broadcast.Framed.Sequence;

/// <summary>
/// Server connections that are not read for now: a client must take some of its replies first, or another server be read as far. Whatever
/// changes that happens in a turn, so at the end of each they look again. In turns only.
/// </summary>
internal sealed class PausedReads
{
    private readonly List<IPausedRead> _all = [];

    /// <summary>It is read on when it need not wait any more.</summary>
    public void Add(IPausedRead read)
    {
        if (read.IsPaused)
            return;
        read.IsPaused = true;
        _all.Add(read);
    }

    /// <summary>The end of a turn.</summary>
    public void Look()
    {
        for (int i = _all.Count - 1; i >= 0; i--)
        {
            var read = _all[i];
            if (read.MustWait)
                continue;
            read.IsPaused = false;
            _all.RemoveAt(i);
            read.ReadOn();
        }
    }
}
