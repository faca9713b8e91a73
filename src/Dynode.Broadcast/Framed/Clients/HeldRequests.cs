namespace Dynode.Broadcast.Framed.Clients;

/// <summary>What is known of requests that wait, used again and again. In turns only.</summary>
internal sealed class HeldRequests
{
    /// <summary>Objects that are kept for requests to come; more at once are rare.</summary>
    private const int SpareMax = 1024;

    private readonly Stack<HeldRequest> _spare = new();

    /// <summary>For what is known of a request that waits.</summary>
    public HeldRequest Take() => _spare.TryPop(out var held) ? held : new HeldRequest();

    /// <summary>It waits no more.</summary>
    public void Give(HeldRequest held)
    {
        if (_spare.Count < SpareMax && !held.IsLarge)
            _spare.Push(held);
    }
}
