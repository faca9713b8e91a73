using System.Buffers;

namespace Dynode.Broadcast.Framed.Once;

/// <summary>What is written for one server connection before it is sent; of what was written the end can be taken back. One connection's, for as long as its kernel may want it.</summary>
internal sealed class BatchBuffer : IBufferWriter<byte>
{
    private byte[] _bytes = new byte[4 << 10];

    /// <summary>In bytes.</summary>
    public int Length { get; private set; }

    /// <summary>What was written.</summary>
    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, Length);

    /// <inheritdoc/>
    public void Advance(int count) => Length += count;

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        int needed = Length + Math.Max(sizeHint, 1);
        if (needed > _bytes.Length)
            Array.Resize(ref _bytes, Math.Max(needed, _bytes.Length * 2));
        return _bytes.AsMemory(Length);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <summary>Takes back what is behind so many bytes.</summary>
    public void Cut(int length) => Length = length;
}
