using System.Net;

namespace Dynode.Broadcast.Plane;

/// <summary>One request whose answer was long in coming.</summary>
/// <param name="Number">In the log.</param>
/// <param name="Time">When it was decided, in UTC.</param>
/// <param name="Duration">From the log to that.</param>
/// <param name="Client">Whose it was.</param>
/// <param name="Command">What it is called; <c>?</c>: nobody knows any more.</param>
/// <param name="Key">Its first key; may be empty.</param>
/// <param name="Bytes">Of the request as it is in the log; null: nobody knows any more.</param>
/// <param name="WaitedFor">The server whose word decided; null: none had one.</param>
public sealed record SlowRequest(long Number, DateTimeOffset Time, TimeSpan Duration, EndPoint? Client, string Command, string Key, long? Bytes, string? WaitedFor);
