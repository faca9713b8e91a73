using System.Collections.Immutable;
using System.Net.Sockets;

namespace Dynode.Broadcast.Backends;

/// <summary>What one broadcaster leaves to the one that goes on from it, when the first takes no requests any more.</summary>
/// <param name="Next">The number that the next request gets. Raw: 0.</param>
/// <param name="Servers">Each that it had, and how it stands to the log that has ended.</param>
public sealed record HandedOver(long Next, ImmutableArray<HandedServer> Servers);

/// <summary>How one server stands to a log that has ended.</summary>
/// <param name="Address">Which.</param>
/// <param name="Gap">Why it has missed something; null: it has had everything, and has said so.</param>
/// <param name="FirstMissing">The number of the first request that it has missed, or may have; -1: none.</param>
/// <param name="Connection">What its kernel may still have to bring it; null: nothing.</param>
public sealed record HandedServer(BackendAddress Address, DropReason? Gap, long FirstMissing, HandedConnection? Connection);

/// <summary>
/// A connection to a server that has not ended: its bytes must have been read, to the FIN behind them, before another connection brings the
/// server more.
/// </summary>
/// <param name="Socket">Belongs to whoever holds this.</param>
/// <param name="Rest">Of the request in whose midst it stands: the kernel has not taken it. Empty: it has our FIN.</param>
public sealed record HandedConnection(Socket Socket, ReadOnlyMemory<byte> Rest);
