using BenchmarkDotNet.Attributes;
using Dynode.Benchmarks.Running;
using Dynode.Protocols.Policies;

namespace Dynode.Benchmarks.Protocols.Policies;

/// <summary>The first reply that is no error.</summary>
[AllocatesNothing]
public class FastestReplyBenchmarks
{
    private VotedRequest _request = null!;
    private Ballot[] _alike = null!;
    private Ballot[] _failed = null!;

    [Params(3, 9)]
    public int Voters { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _request = new VotedRequest(FastestReply.Instance, Voters);
        _alike = Ballot.Alike(Voters);
        _failed = Ballot.Alike(Voters, VoteState.Failed);
    }

    /// <summary>The first to speak is taken.</summary>
    [Benchmark]
    public PolicyAction Alike() => _request.Run(_alike);

    /// <summary>All fail: each is waited for, and the last error is taken.</summary>
    [Benchmark]
    public PolicyAction Failed() => _request.Run(_failed);
}
