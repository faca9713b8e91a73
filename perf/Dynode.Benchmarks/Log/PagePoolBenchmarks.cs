using BenchmarkDotNet.Attributes;
using Dynode.Benchmarks.Running;
using Dynode.Log;

namespace Dynode.Benchmarks.Log;

/// <summary>Pages, out of the pool and back.</summary>
[AllocatesNothing]
public class PagePoolBenchmarks
{
    private const int Many = 256;

    private readonly PagePool _pool = new(64 << 20);
    private readonly Page[] _pages = new Page[Many];

    [Params(PageSize.Small, PageSize.Large)]
    public PageSize Size { get; set; }

    [Benchmark]
    public void RentAndRelease() => Rent().Release();

    /// <summary>Through many slabs: each becomes full, and free again. One operation is one page.</summary>
    [Benchmark(OperationsPerInvoke = Many)]
    public void RentAndReleaseMany()
    {
        foreach (ref var page in _pages.AsSpan())
            page = Rent();
        foreach (var page in _pages)
            page.Release();
    }

    /// <summary>What an operation of the kernel does with the page that it works on.</summary>
    [Benchmark(OperationsPerInvoke = Many)]
    public void Hold()
    {
        var page = Rent();
        for (int i = 0; i < Many; i++)
        {
            page.AddRef();
            page.Release();
        }

        page.Release();
    }

    private Page Rent() => _pool.TryRent(Size, MemoryShare.Backlog, out var page) ? page : throw new InvalidOperationException("The pool is spent.");
}
