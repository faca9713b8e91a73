using BenchmarkDotNet.Attributes;
using Dynode.Benchmarks.Running;
using Dynode.Protocols.Policies;

namespace Dynode.Benchmarks.Protocols.Policies;

/// <summary>The first error in list order, or the first voter's reply.</summary>
[AllocatesNothing]
public class EveryReplyBenchmarks
{
    private VotedRequest _request = null!;
    private Ballot[] _alike = null!;
    private Ballot[] _lastFirst = null!;
    private Ballot[] _failed = null!;

    [Params(3, 9)]
    public int Voters { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _request = new VotedRequest(EveryReply.Instance, Voters);
        _alike = Ballot.Alike(Voters);
        _lastFirst = Ballot.LastFirst(Voters);
        _failed = Ballot.LastFirst(Voters, VoteState.Failed);
    }

    /// <summary>Nobody fails.</summary>
    [Benchmark]
    public PolicyAction Alike() => _request.Run(_alike);

    /// <summary>Nobody fails, and the first in the list is the slowest.</summary>
    [Benchmark]
    public PolicyAction LastFirst() => _request.Run(_lastFirst);

    /// <summary>All fail, and the first in the list is the slowest: each error takes the place of the one kept.</summary>
    [Benchmark]
    public PolicyAction Failed() => _request.Run(_failed);
}
