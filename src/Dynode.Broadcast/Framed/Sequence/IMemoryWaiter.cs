namespace Dynode.Broadcast.Framed.Sequence;

/// <summary>Who may find no page, and is signalled when some come back. In turns only.</summary>
internal interface IMemoryWaiter : ISequenced
{
    /// <summary>It stands among those that found none.</summary>
    bool AwaitsMemory { get; set; }
}
