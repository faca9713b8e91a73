using System.Diagnostics.CodeAnalysis;

namespace Dynode.Streams;

/// <summary>What is heard: as long as there is room for it; then nothing, until whoever reads has pulled all the rest. In turns only.</summary>
internal sealed class StreamHearing(IOrderedLog log, EntryQueue kept)
{
    /// <summary>The number that was heard last; 0: none was.</summary>
    public ulong Last { get; private set; }

    private bool IsDeaf { get; set; } = true;

    /// <summary>Times that it heard no more.</summary>
    public long Deafened { get; private set; }

    /// <summary>Nothing waits to be taken.</summary>
    public bool IsEmpty => kept.IsEmpty;

    /// <summary>The number that waits first; 0: none does.</summary>
    public ulong First => kept.First;

    public void Listen()
    {
        Last = 0;
        IsDeaf = false;
        log.Listen();
    }

    /// <summary>Listens, if it does not.</summary>
    public bool TryListenAgain()
    {
        if (!IsDeaf)
            return false;
        Listen();
        return true;
    }

    /// <summary>Hears no more. What was heard stays.</summary>
    public void Deafen()
    {
        if (IsDeaf)
            return;
        IsDeaf = true;
        Deafened++;
        log.Deafen();
    }

    /// <summary>Notes what was heard.</summary>
    /// <returns>False: its number is not above the one before, which never happens while the stream is what it was.</returns>
    public bool TryNote(ulong number)
    {
        bool isHigher = number > Last;
        Last = number;
        return isHigher;
    }

    /// <summary>Keeps what was heard, for whoever wants it later.</summary>
    /// <returns>False: it is deaf, or there is no room.</returns>
    public bool TryKeep(in StreamWord word) => !IsDeaf && kept.TryAdd(word);

    /// <summary>Takes out the entry of a number.</summary>
    public bool TryTake(ulong number, [MaybeNullWhen(false)] out StreamWord word) => kept.TryTake(number, out word);

    /// <summary>Gives back what waits.</summary>
    public void Drop() => kept.Clear();

    /// <summary>There is no connection, and so nothing is heard.</summary>
    public void Lost()
    {
        Drop();
        IsDeaf = true;
        Last = 0;
    }
}
