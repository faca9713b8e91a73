namespace Dynode.Log;

/// <summary>The two sizes that pages come in.</summary>
public enum PageSize
{
    /// <summary><see cref="PagePool.SmallPageBytes"/>: where a quiet connection waits.</summary>
    Small,

    /// <summary><see cref="PagePool.LargePageBytes"/>: where a busy one moves to.</summary>
    Large,
}
