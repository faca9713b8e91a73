namespace Dynode.Streams.Nats;

/// <summary>
/// What is to be said, in order, for whoever takes it. Bounded: what was heard and finds no place is said to be missed, and one <see cref="StreamWordKind.Missed"/> is enough for
/// all that was missed in a row. Any thread; one lock, at the bottom of all orders, and the waking is outside of it.
/// </summary>
internal sealed class NatsWords(Action wake)
{
    /// <summary>That many are waiting at most, but for a few of those that nobody can do without.</summary>
    public const int WordsMax = 1 << 16;

    private readonly Lock _lock = new();
    private readonly Queue<(int Life, StreamWord Word)> _words = new();
    private int _life;
    private ulong _missed;

    public bool TryTake(out StreamWord word, out int life)
    {
        lock (_lock)
        {
            bool any = _words.TryDequeue(out (int Life, StreamWord Word) next);
            (life, word) = next;
            if (any || _missed == 0)
                return any;
            (life, word) = (_life, new StreamWord(StreamWordKind.Missed, _missed));
            _missed = 0;
            return true;
        }
    }

    /// <summary>A connection begins, or has ended: what one before would still say is not heard any more.</summary>
    /// <returns>For the words of this one.</returns>
    public int Begin()
    {
        lock (_lock)
        {
            // Nobody takes any: what was said of connections that are no more is of no use.
            while (_words.Count >= WordsMax)
                _words.Dequeue().Word.Parcel?.Release();
            _missed = 0;
            return ++_life;
        }
    }

    /// <returns>False: it had no place; its pages are released.</returns>
    public bool Add(int life, StreamWord word)
    {
        bool isBulk = word.Kind is StreamWordKind.Heard or StreamWordKind.Missed or StreamWordKind.Pulled or StreamWordKind.Refused;
        lock (_lock)
        {
            if (life != _life)
            {
                word.Parcel?.Release();
                return false;
            }

            bool isFull = _words.Count >= WordsMax && isBulk;
            if (word.Kind is StreamWordKind.Heard or StreamWordKind.Missed && (isFull || _missed != 0))
            {
                // None may come before one with a lower number: until this is taken, all are missed.
                _missed = word.Number;
                word.Parcel?.Release();
                isFull = true;
            }
            else if (isFull)
            {
                word.Parcel?.Release();
            }
            else
            {
                _words.Enqueue((life, word));
            }

            if (isFull)
                return false;
        }

        wake();
        return true;
    }

    /// <summary>Gives back what nobody took.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            _life++;
            _missed = 0;
            while (_words.TryDequeue(out (int Life, StreamWord Word) next))
                next.Word.Parcel?.Release();
        }
    }
}
