using System.Collections.Immutable;
using System.Net.Sockets;
using Dynode.Broadcast.Backends;
using Dynode.Native.State;
using Microsoft.Win32.SafeHandles;

namespace Dynode.Native.Handover;

/// <summary>What a broadcaster goes on from: of one that has ended, or of a service manager, which has the sockets alone.</summary>
internal sealed record Inheritance
{
    /// <summary>Bound, and perhaps with clients that wait; they belong to whoever takes them.</summary>
    public ImmutableArray<Socket> Listeners { get; init; } = [];

    /// <summary>How the servers stand; null: nothing ran.</summary>
    public HandedOver? Servers { get; init; }

    /// <summary>Orders, gaps and the list; null: nothing ran, or it did not say.</summary>
    public KeptState? Kept { get; init; }

    /// <summary>The lock of the state's directory; null: there was none.</summary>
    public SafeFileHandle? Lock { get; init; }

    /// <summary>The directory that it locks.</summary>
    public string LockPath { get; init; } = "";
}
