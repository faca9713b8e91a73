namespace Dynode.Broadcast.Transport;

/// <summary>Who can stand in a <see cref="ReadyQueue{T}"/>.</summary>
internal interface IReady<T>
    where T : class
{
    /// <summary>Its place there.</summary>
    ref ReadyLink<T> Link { get; }
}

/// <summary>A place in a <see cref="ReadyQueue{T}"/>, kept by whoever stands there: nothing is allocated for it.</summary>
internal struct ReadyLink<T>
    where T : class
{
    internal int Queued;

    internal T? Next;
}

/// <summary>
/// Who has something to do in the next turn, each once. Any thread pushes; the turn takes all at once, in the order they came.
/// </summary>
internal sealed class ReadyQueue<T>
    where T : class, IReady<T>
{
    private T? _top;

    public bool IsEmpty => Volatile.Read(ref _top) is null;

    public void Push(T item)
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
    public T? TakeAll()
    {
        T? first = null;
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
    public static T? TakeNext(T item)
    {
        ref var link = ref item.Link;
        var next = link.Next;
        link.Next = null;
        Volatile.Write(ref link.Queued, 0);
        return next;
    }
}
