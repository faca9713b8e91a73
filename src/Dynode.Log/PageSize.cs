namespace Dynode.Log;

/// <summary>The two sizes of pages that traffic is received into; what is kept may lie in others between them: <see cref="PagePool.TryRentFor"/>.</summary>
public enum PageSize
{
    /// <summary><see cref="PagePool.SmallPageBytes"/>: where a quiet connection waits.</summary>
    Small,

    /// <summary><see cref="PagePool.LargePageBytes"/>: where a busy one moves to.</summary>
    Large,
}
