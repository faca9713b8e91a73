using System.Buffers;

namespace Dynode.Benchmarks.Native;

/// <summary>A piece of a sequence.</summary>
internal sealed class Pieces : ReadOnlySequenceSegment<byte>
{
    /// <summary>Cuts bytes into pieces of <paramref name="length"/>.</summary>
    public static ReadOnlySequence<byte> Of(byte[] bytes, int length)
    {
        var first = new Pieces { Memory = bytes.AsMemory(0, Math.Min(length, bytes.Length)) };
        var last = first;
        for (int at = length; at < bytes.Length; at += length)
        {
            var next = new Pieces { Memory = bytes.AsMemory(at, Math.Min(length, bytes.Length - at)), RunningIndex = at };
            last.Next = next;
            last = next;
        }

        return new(first, 0, last, last.Memory.Length);
    }
}
