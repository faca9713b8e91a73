namespace Dynode.Log;

/// <summary>Somebody who found no page and waits for one.</summary>
public interface IPageWaiter
{
    /// <summary>Pages came free; try again. Called outside the pool's lock, on the thread that freed them: only note it and return.</summary>
    void PagesFreed();
}
