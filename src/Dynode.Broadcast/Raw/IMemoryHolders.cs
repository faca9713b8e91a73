namespace Dynode.Broadcast.Raw;

/// <summary>The sessions, as <see cref="MemoryRelief"/> knows them. Any thread.</summary>
internal interface IMemoryHolders
{
    /// <summary>
    /// Has pages given back that hold nothing but what is owed to servers that are away: the oldest lingering session goes, else those with
    /// most of it lose their oldest. Each that is asked is announced (<see cref="MemoryRelief.Asks"/>) before, and says when it has obeyed.
    /// </summary>
    /// <param name="pages">So many are wanted.</param>
    /// <param name="orStalled">A lingering session goes also where servers that are connected take nothing of it.</param>
    void Free(int pages, bool orStalled);

    /// <summary>Sessions whose servers are behind look whether memory is held by that.</summary>
    void LookAtMemory();
}
