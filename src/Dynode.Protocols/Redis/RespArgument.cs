namespace Dynode.Protocols.Redis;

/// <summary>Where an argument lies in its request.</summary>
/// <param name="Offset">Of its first byte, from the request's first byte.</param>
/// <param name="Length">In bytes, also of those that do not lie in the request's head; -1: there is no such argument within it.</param>
internal readonly record struct RespArgument(int Offset, int Length)
{
    /// <summary>There is no such argument.</summary>
    public static RespArgument Absent => new(0, -1);
}
