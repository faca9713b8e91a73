using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Framed.Once;

namespace Dynode.Broadcast.Framed.Servers;

/// <summary>Whether a server of the set is this broadcaster's to deliver to.</summary>
internal enum ServerClaimed
{
    /// <summary>It is not known yet, or it stands ahead of the log: it is passed over for now.</summary>
    NotYet,

    /// <summary>It is, from the end of the log on, or from where it stands.</summary>
    Yes,

    /// <summary>It was, and is not any more: nothing more is sent to it.</summary>
    NoMore,
}

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

    /// <summary>Where it stands was kept beside the stream, when it was claimed.</summary>
    bool IsKept(Backend backend);

    /// <summary>Where it stands is kept beside the stream now: who died from now on would leave it with a place.</summary>
    bool IsWritten(Backend backend);
}
