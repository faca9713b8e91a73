using System.Buffers;

namespace Dynode.UnitTests.Fuzzing;

/// <summary>Bytes in several segments, as a pipe gives them.</summary>
internal sealed class Segments : ReadOnlySequenceSegment<byte>
{
    public static ReadOnlySequence<byte> Of(IReadOnlyList<ReadOnlyMemory<byte>> pieces)
    {
        Segments first = new(), last = first;
        foreach (var piece in pieces)
        {
            var next = new Segments { Memory = piece, RunningIndex = last.RunningIndex + last.Memory.Length };
            last.Next = next;
            last = next;
        }

        return new(first, 0, last, last.Memory.Length);
    }
}
