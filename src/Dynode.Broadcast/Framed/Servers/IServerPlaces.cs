using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Framed.Once;
using Dynode.Streams.Claims;

namespace Dynode.Broadcast.Framed.Servers;

/// <summary>Whether a server of the set is this broadcaster's to deliver to.</summary>
internal enum ServerClaimed
{
    /// <summary>It is not known yet, or it stands ahead of the log: it is passed over for now.</summary>
    NotYet,

    /// <summary>It is, from the end of the log on, or from where it stands.</summary>
    Yes,

    /// <summary>It is, and another broadcaster is to have it: what it was sent is answered, and no more is sent.</summary>
    Leaves,

    /// <summary>It was, and is not any more: nothing more is sent to it.</summary>
    NoMore,
}

/// <summary>How far a server had come when it left the log.</summary>
/// <param name="Number">It has all requests of the log of all before this one; -1: its log was its own, and it has all up to <paramref name="Behind"/>.</param>
/// <param name="Behind">An entry of the stream.</param>
/// <param name="HasGap">But for what it has missed.</param>
/// <param name="Run">Which of its processes that was, as it calls it; empty: it does not say.</param>
internal readonly record struct ServerLeft(long Number, PlaceBehind? Behind, bool HasGap, string Run);

/// <summary>
/// Where servers stand in an order that goes on beyond this broadcaster's life, and whose they are. In turns only.
/// </summary>
internal interface IServerPlaces
{
    /// <summary>These are the servers that are wanted.</summary>
    void Follow(IReadOnlyList<Backend> backends);

    /// <summary>Something has changed of what <see cref="Of"/> says; once.</summary>
    bool TakeChanged();

    /// <summary>Of one of them.</summary>
    /// <param name="backend">Which.</param>
    /// <param name="isServed">The log owes it what comes, now.</param>
    /// <param name="gap">With <see cref="ServerClaimed.Yes"/>: why it has missed something before; null: it has not.</param>
    /// <param name="behind">With <see cref="ServerClaimed.Yes"/>: where it stands, before all that the log holds; null: where it joins.</param>
    ServerClaimed Of(Backend backend, bool isServed, out DropReason? gap, out PlaceBehind? behind);

    /// <summary>The claim to one of them, as <see cref="Of"/> said yes to it.</summary>
    IClaimed ClaimOf(Backend backend);

    /// <summary>It has left the log.</summary>
    /// <param name="backend">Which.</param>
    /// <param name="left">How far it had come.</param>
    void Left(Backend backend, in ServerLeft left);

    /// <summary>Which of its processes stood where it was kept beside the stream, when it was claimed; empty: it is not known; null: nothing was kept.</summary>
    string? KeptRun(Backend backend);

    /// <summary>Where it stands, as it is kept beside the stream now: who died from now on would leave it with that place; null: with none.</summary>
    ServerPlace? Written(Backend backend);
}
