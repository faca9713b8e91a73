using BenchmarkDotNet.Attributes;
using Dynode.Benchmarks.Running;
using Dynode.Protocols.Policies;

namespace Dynode.Benchmarks.Protocols.Policies;

/// <summary>The first voter's reply.</summary>
[AllocatesNothing]
public class PrimaryReplyBenchmarks
{
    private VotedRequest _request = null!;
    private Ballot[] _alike = null!;
    private Ballot[] _lastFirst = null!;
    private Ballot[] _oneIsLeft = null!;

    [Params(3, 9)]
    public int Voters { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _request = new VotedRequest(PrimaryReply.Instance, Voters);
        _alike = Ballot.Alike(Voters);
        _lastFirst = Ballot.LastFirst(Voters);
        _oneIsLeft = Ballot.OneIsLeft(Voters);
    }

    /// <summary>The first in the list speaks first.</summary>
    [Benchmark]
    public PolicyAction Alike() => _request.Run(_alike);

    /// <summary>The first in the list is the slowest: each reply takes the place of the one kept.</summary>
    [Benchmark]
    public PolicyAction LastFirst() => _request.Run(_lastFirst);

    /// <summary>All but the last in the list withdraw.</summary>
    [Benchmark]
    public PolicyAction OneIsLeft() => _request.Run(_oneIsLeft);
}
