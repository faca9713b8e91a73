namespace Dynode.Log;

/// <summary>
/// The place of one who waits for pages of a share: where none is left it stands in that share's queue, and only who stands first may take
/// the next page, whoever asks before. Who no longer wants one leaves (<see cref="PagePool.Leave"/>), or nobody behind would get any. What it
/// is given is guarded by the pool; <see cref="Stands"/> changes in its owner's own calls alone.
/// </summary>
public sealed class PageWait(MemoryShare share, IPageWaiter waiter)
{
    /// <summary>Whose pages.</summary>
    public MemoryShare Share => share;

    /// <summary>It has found no page, and waits for its turn.</summary>
    public bool Stands { get; internal set; }

    /// <summary>How many have come to stand before it.</summary>
    internal long Number { get; set; }

    /// <summary>It was told that pages came free, and has not tried since.</summary>
    internal bool IsTold { get; set; }

    internal LinkedListNode<PageWait>? Node { get; set; }

    internal IPageWaiter Waiter => waiter;
}
