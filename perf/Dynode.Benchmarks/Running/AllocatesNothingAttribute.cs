using BenchmarkDotNet.Attributes;

namespace Dynode.Benchmarks.Running;

/// <summary>
/// What is measured here runs for every request, reply or vote, and promises to allocate nothing: <c>--gate</c> fails over a
/// single byte. A category, so that <c>--allCategories "0 B"</c> picks these.
/// </summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
public sealed class AllocatesNothingAttribute() : BenchmarkCategoryAttribute(Category)
{
    /// <summary>Its name.</summary>
    public const string Category = "0 B";
}
