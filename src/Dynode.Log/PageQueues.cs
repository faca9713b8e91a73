namespace Dynode.Log;

/// <summary>
/// Who waits for pages, first come first served: a queue for each share, of those that take in their turn, and those that only want to hear
/// of it, once. Guarded by the pool's lock, but for <see cref="Any"/>.
/// </summary>
internal sealed class PageQueues
{
    private readonly LinkedList<PageWait>[] _standing = [new(), new(), new()];
    private readonly Queue<IPageWaiter> _listening = new();
    private int _count;

    /// <summary>Anybody waits. A moment's view, for the price of a read.</summary>
    public bool Any => Volatile.Read(ref _count) > 0;

    /// <summary>How many have ever come to stand.</summary>
    public long Numbers { get; private set; }

    /// <summary>Those who stand for pages of a share.</summary>
    public int Standing(MemoryShare share) => _standing[(int)share].Count;

    /// <summary>Nobody stands before it.</summary>
    public bool MayTake(PageWait wait) => _standing[(int)wait.Share].First is not { } first || first.Value == wait;

    /// <summary>Whether the first of a share's queue stands there since before that number.</summary>
    public bool StandsSince(MemoryShare share, long number) => _standing[(int)share].First is { } first && first.Value.Number < number;

    /// <summary>It found no page: stands behind the others, or where it stood.</summary>
    public void Stand(PageWait wait)
    {
        if (wait.Stands)
            return;
        wait.Stands = true;
        wait.Number = Numbers++;
        wait.Node ??= new LinkedListNode<PageWait>(wait);
        _standing[(int)wait.Share].AddLast(wait.Node);
        _count++;
    }

    /// <summary>It has its page, or wants none any more.</summary>
    public void Leave(PageWait wait)
    {
        if (!wait.Stands)
            return;
        wait.Stands = wait.IsTold = false;
        _standing[(int)wait.Share].Remove(wait.Node!);
        _count--;
    }

    /// <summary>It hears of the next page that comes back.</summary>
    public void Listen(IPageWaiter waiter)
    {
        _listening.Enqueue(waiter);
        _count++;
    }

    /// <summary>The next who is to be told that pages came free, as long as there is one: each queue's first, and who listens.</summary>
    public IPageWaiter? TakeToTell()
    {
        foreach (var queue in _standing)
        {
            if (queue.First is not { Value: { IsTold: false } first })
                continue;
            first.IsTold = true;
            return first.Waiter;
        }

        if (!_listening.TryDequeue(out var listening))
            return null;
        _count--;
        return listening;
    }

    /// <summary>Each queue's first is told once more.</summary>
    public void TellAgain()
    {
        foreach (var queue in _standing)
        {
            if (queue.First is { } first)
                first.Value.IsTold = false;
        }
    }
}
