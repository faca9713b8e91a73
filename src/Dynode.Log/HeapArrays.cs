using System.Buffers;

namespace Dynode.Log;

/// <summary>
/// Arrays of the heap, which go back to it as soon as they are returned. A slab lives for seconds at least, so nothing is gained by
/// keeping one for the next; and what is kept is memory that a quiet broadcaster would not give back.
/// </summary>
internal sealed class HeapArrays : ArrayPool<byte>
{
    public static readonly HeapArrays Instance = new();

    public override byte[] Rent(int minimumLength) => GC.AllocateUninitializedArray<byte>(minimumLength);

    public override void Return(byte[] array, bool clearArray = false)
    {
    }
}
