namespace Dynode.LoadTest.Stages;

/// <summary>What a scenario has done to a server; it decides what the server may lack.</summary>
internal enum Fate
{
    /// <summary>Nothing: it has everything, once.</summary>
    Undisturbed,

    /// <summary>Its connections were reset, and it came back within the backlog.</summary>
    Killed,

    /// <summary>It stood still for longer than it may hold others.</summary>
    Stalled,

    /// <summary>To the list, while clients were sending.</summary>
    Added,

    /// <summary>From the list, while clients were sending.</summary>
    Removed,
}
