namespace Dynode.Streams.Claims;

/// <summary>A connection to a server, as that knows it.</summary>
/// <param name="Run">The server's process.</param>
/// <param name="Connection">Its number there: above 0.</param>
public sealed record ServerLink(string Run, long Connection);
