using BenchmarkDotNet.Attributes;
using Dynode.Benchmarks.Running;
using Dynode.Protocols.Policies;

namespace Dynode.Benchmarks.Protocols.Policies;

/// <summary>Every reply is waited for and kept.</summary>
[AllocatesNothing]
public class AllRepliesBenchmarks
{
    private VotedRequest _request = null!;
    private Ballot[] _alike = null!;
    private Ballot[] _oneIsLeft = null!;

    [Params(3, 9)]
    public int Voters { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _request = new VotedRequest(AllReplies.Instance, Voters);
        _alike = Ballot.Alike(Voters);
        _oneIsLeft = Ballot.OneIsLeft(Voters);
    }

    /// <summary>As servers answer: in any order, for it makes no difference.</summary>
    [Benchmark]
    public PolicyAction Alike() => _request.Run(_alike);

    /// <summary>All but one withdraw.</summary>
    [Benchmark]
    public PolicyAction OneIsLeft() => _request.Run(_oneIsLeft);
}
