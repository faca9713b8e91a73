namespace Dynode.Broadcast.Framed;

/// <summary>Somebody with steps to run in the sequencer's turns.</summary>
internal interface ISequenced
{
    /// <summary>Its place in the <see cref="ReadyQueue"/>.</summary>
    ref ReadyLink Link { get; }

    /// <summary>Runs its steps: takes completions, goes on where it stopped. In a turn.</summary>
    void Step(long now);

    /// <summary>A fault of this program: it ends, alone. In a turn.</summary>
    void Fail();
}

/// <summary>A place in the <see cref="ReadyQueue"/>, kept by whoever stands there: nothing is allocated for it.</summary>
internal struct ReadyLink
{
    internal int Queued;

    internal ISequenced? Next;
}

/// <summary>
/// Who has something to do in the next turn, each once. Any thread pushes; the turn takes all at once, in the order they came.
/// </summary>
internal sealed class ReadyQueue
{
    private ISequenced? _top;

    public bool IsEmpty => Volatile.Read(ref _top) is null;

    public void Push(ISequenced item)
    {
        if (Interlocked.Exchange(ref item.Link.Queued, 1) == 1)
            return;
        var top = Volatile.Read(ref _top);
        while (true)
        {
            item.Link.Next = top;
            var seen = Interlocked.CompareExchange(ref _top, item, top);
            if (ReferenceEquals(seen, top))
                return;
            top = seen;
        }
    }

    /// <summary>All that were pushed, first come first; go through them with <see cref="TakeNext"/>.</summary>
    public ISequenced? TakeAll()
    {
        ISequenced? first = null;
        for (var item = Interlocked.Exchange(ref _top, null); item is not null;)
        {
            var below = item.Link.Next;
            item.Link.Next = first;
            first = item;
            item = below;
        }

        return first;
    }

    /// <summary>Takes <paramref name="item"/> out of what <see cref="TakeAll"/> gave: from here on it may be pushed again.</summary>
    /// <returns>The one behind it.</returns>
    public static ISequenced? TakeNext(ISequenced item)
    {
        var next = item.Link.Next;
        item.Link.Next = null;
        Volatile.Write(ref item.Link.Queued, 0);
        return next;
    }
}
