using System.Diagnostics.CodeAnalysis;

namespace Dynode.Streams;

/// <summary>Entries in the order of their numbers, that wait to be taken: no more than so many, and no more bytes. Not thread-safe.</summary>
internal sealed class EntryQueue(int countMax, long bytesMax)
{
    private StreamWord[] _words = new StreamWord[16];
    private int _head;
    private long _bytes;

    public int Count { get; private set; }

    public bool IsEmpty => Count == 0;

    /// <summary>The number of the first; 0: there is none.</summary>
    public ulong First => Count == 0 ? 0 : _words[_head].Number;

    /// <summary>Takes over an entry's pages. One fits always, however long.</summary>
    /// <returns>False: it does not fit, and is the caller's still.</returns>
    public bool TryAdd(in StreamWord word)
    {
        if (Count == countMax || (Count > 0 && _bytes + word.Parcel!.PageBytes > bytesMax))
            return false;
        if (Count == _words.Length)
            Grow();
        _words[(_head + Count) % _words.Length] = word;
        _bytes += word.Parcel!.PageBytes;
        Count++;
        return true;
    }

    /// <summary>Takes out the entry of a number; lower ones are given back on the way.</summary>
    public bool TryTake(ulong number, [MaybeNullWhen(false)] out StreamWord word)
    {
        while (Count > 0 && First < number)
            Take().Parcel!.Release();
        word = default;
        if (First != number || Count == 0)
            return false;
        word = Take();
        return true;
    }

    /// <summary>Gives all of them back.</summary>
    public void Clear()
    {
        while (Count > 0)
            Take().Parcel!.Release();
    }

    private void Grow()
    {
        var words = new StreamWord[Math.Min(countMax, Count * 2)];
        for (int i = 0; i < Count; i++)
            words[i] = _words[(_head + i) % _words.Length];
        (_words, _head) = (words, 0);
    }

    private StreamWord Take()
    {
        var word = _words[_head];
        _words[_head] = default;
        _head = (_head + 1) % _words.Length;
        Count--;
        _bytes -= word.Parcel!.PageBytes;
        return word;
    }
}
