using System.Diagnostics.CodeAnalysis;

namespace Dynode.Streams;

/// <summary>What is pulled: one pull at a time, what came of it until it is taken, and when the next one may be. In turns only.</summary>
internal sealed class StreamPulling(IOrderedLog log, int bytes, EntryQueue kept)
{
    /// <summary>What broke off, or brought nothing, is tried again so much later.</summary>
    private const long Pause = TimeSpan.TicksPerSecond / 5;

    /// <summary>What is damaged each time is asked for so often at once, then now and then.</summary>
    private const int TriesMax = 4;

    private const long LongPause = 10 * TimeSpan.TicksPerSecond;

    private bool _ignores;
    private bool _came;
    private int _tries;
    private long _notBefore;

    /// <summary>One was asked for that has not ended.</summary>
    public bool IsUnderWay { get; private set; }

    /// <summary>Nothing waits to be taken.</summary>
    public bool IsEmpty => kept.IsEmpty;

    /// <summary>The highest number that was kept of the pull.</summary>
    public ulong Last { get; private set; }

    /// <summary>The same entry could not be had too often.</summary>
    public bool IsInTrouble => _tries >= TriesMax;

    /// <summary>Whether another one may be asked for now.</summary>
    public bool MayBegin(long now) => !IsUnderWay && now >= _notBefore;

    public void Begin(ulong from)
    {
        IsUnderWay = true;
        _ignores = _came = false;
        log.Pull(from, bytes);
    }

    public void Ended(long now, bool isBroken)
    {
        IsUnderWay = false;
        if (isBroken || !_came)
            _notBefore = Math.Max(_notBefore, now + Pause);
    }

    /// <summary>An entry has come, of a pull that is still of use.</summary>
    public bool TryCome()
    {
        _came = true;
        return !_ignores;
    }

    /// <summary>Keeps an entry that is next, or behind what is kept.</summary>
    /// <returns>False: it is not that, or there is no room; it is the caller's, and so are those that follow.</returns>
    public bool TryKeep(in StreamWord word, ulong next)
    {
        if (word.Number == (kept.IsEmpty ? next : Last + 1) && kept.TryAdd(word))
        {
            Last = word.Number;
            return true;
        }

        _ignores = true;
        return false;
    }

    /// <summary>Takes out the entry of a number.</summary>
    public bool TryTake(ulong number, [MaybeNullWhen(false)] out StreamWord word) => kept.TryTake(number, out word);

    /// <summary>An entry could not be had as it should be: all is pulled again from there.</summary>
    public void Again(long now)
    {
        Drop();
        _tries++;
        _notBefore = now + (IsInTrouble ? LongPause : Pause);
    }

    /// <summary>It could be had.</summary>
    public void Healed() => _tries = 0;

    /// <summary>What is kept, and what comes still, is of no use.</summary>
    public void Drop()
    {
        kept.Clear();
        Last = 0;
        _ignores = true;
    }

    /// <summary>There is no connection, and so no pull.</summary>
    public void Lost()
    {
        Drop();
        IsUnderWay = false;
        _tries = 0;
        _notBefore = 0;
    }
}
