namespace Dynode.Broadcast.Listening;

/// <summary>Handshakes with clients until one moment.</summary>
/// <param name="Now">Under way.</param>
/// <param name="Done">That have come to a client.</param>
/// <param name="Failed">That have not, but for those below.</param>
/// <param name="Refused">Whose client showed no certificate that may come in.</param>
/// <param name="TimedOut">That took too long.</param>
/// <param name="Plain">That began with what is no TLS.</param>
public sealed record HandshakeFigures(int Now, long Done, long Failed, long Refused, long TimedOut, long Plain);
