namespace Dynode.Log;

/// <summary>What a page is rented for. Each share has its own bound, so that one cannot starve the others.</summary>
public enum MemoryShare
{
    /// <summary>What logs hold for backends that are behind: at most one half of the pool.</summary>
    Backlog,

    /// <summary>Replies on their way to clients: at most one quarter.</summary>
    Replies,

    /// <summary>Requests of which only a part has been received (framed modes): at most one quarter.</summary>
    Requests,
}
