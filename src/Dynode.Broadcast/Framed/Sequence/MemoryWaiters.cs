using Dynode.Log;

namespace Dynode.Broadcast.Framed.Sequence;

/// <summary>Who has found no page: all look again when some come back. In turns only, but for <see cref="PagesFreed"/>.</summary>
internal sealed class MemoryWaiters(PagePool pool, Turns turns) : IPageWaiter
{
    private readonly List<IMemoryWaiter> _clients = [];
    private readonly List<IMemoryWaiter> _connections = [];
    private bool _pagesAwaited;
    private bool _pagesFreed;

    /// <summary>Clients wait for memory for the rest of their requests.</summary>
    public bool AnyClient => _clients.Count > 0;

    /// <summary>Pages came back since those who wait were last served.</summary>
    public bool PagesCameBack => Volatile.Read(ref _pagesFreed);

    /// <inheritdoc/>
    public void PagesFreed()
    {
        Volatile.Write(ref _pagesFreed, true);
        turns.Wake();
    }

    /// <summary>A client found no page for its request. Always false, for the caller to return.</summary>
    public bool AwaitRequest(IMemoryWaiter client)
    {
        Add(_clients, client);
        return false;
    }

    /// <summary>A server connection found no page for replies.</summary>
    public void AwaitReply(IMemoryWaiter connection) => Add(_connections, connection);

    /// <summary>A turn is wanted when pages come back.</summary>
    public void AwaitPages()
    {
        if (_pagesAwaited)
            return;
        _pagesAwaited = true;
        pool.Await(this);
    }

    /// <summary>All who wait look again.</summary>
    public void Serve()
    {
        Volatile.Write(ref _pagesFreed, false);
        _pagesAwaited = false;
        Signal(_clients);
        Signal(_connections);
    }

    private void Add(List<IMemoryWaiter> waiters, IMemoryWaiter waiter)
    {
        if (!waiter.AwaitsMemory)
            waiters.Add(waiter);
        waiter.AwaitsMemory = true;
        AwaitPages();
    }

    private void Signal(List<IMemoryWaiter> waiters)
    {
        foreach (var waiter in waiters)
        {
            waiter.AwaitsMemory = false;
            turns.Signal(waiter);
        }

        waiters.Clear();
    }
}
