namespace Dynode.Broadcast.Listening;

/// <summary>The listener could not be opened; the message names the address and the reason, for the operator.</summary>
public sealed class ListenException(string message, Exception? inner = null) : Exception(message, inner);
