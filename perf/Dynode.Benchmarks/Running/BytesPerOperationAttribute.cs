namespace Dynode.Benchmarks.Running;

/// <summary>How many bytes one operation moves, where no <see cref="Captures.Capture"/> says so.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class BytesPerOperationAttribute(int bytes) : Attribute
{
    /// <summary>In bytes.</summary>
    public int Bytes { get; } = bytes;
}
