using System.Numerics;

namespace Dynode.Broadcast.Framed.Regions;

/// <summary>A hash of words in their order. It stands beside the stream, so its steps are the format's: a build that changes them says so by another version of the list.</summary>
internal static class RangeHash
{
    private const ulong OddA = 0x9E3779B97F4A7C15;
    private const ulong OddB = 0xC2B2AE3D27D4EB4F;

    /// <summary>With one word more.</summary>
    public static ulong With(ulong hash, ulong word) => unchecked((BitOperations.RotateLeft(hash ^ (word * OddB), 29) * OddA) + OddB);
}
