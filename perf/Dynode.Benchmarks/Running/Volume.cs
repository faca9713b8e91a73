using System.Reflection;
using BenchmarkDotNet.Running;
using Dynode.Benchmarks.Captures;

namespace Dynode.Benchmarks.Running;

/// <summary>What one operation of a benchmark reads or moves.</summary>
/// <param name="Bytes">In bytes; 0: it is not about bytes.</param>
/// <param name="Frames">Requests, replies or entries among them; 0: no more than the operation itself.</param>
internal readonly record struct Volume(long Bytes, int Frames)
{
    public static Volume Of(BenchmarkCase benchmark)
    {
        foreach (var parameter in benchmark.Parameters.Items)
        {
            if (parameter.Value is Capture capture)
                return new(capture.Bytes.Length, capture.Frames);
        }

        return new(benchmark.Descriptor.WorkloadMethod.GetCustomAttribute<BytesPerOperationAttribute>()?.Bytes ?? 0, 0);
    }
}
