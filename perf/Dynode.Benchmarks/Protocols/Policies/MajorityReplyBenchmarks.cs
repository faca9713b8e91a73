using BenchmarkDotNet.Attributes;
using Dynode.Benchmarks.Running;
using Dynode.Protocols.Policies;

namespace Dynode.Benchmarks.Protocols.Policies;

/// <summary>What more than half say alike.</summary>
[AllocatesNothing]
public class MajorityReplyBenchmarks
{
    private VotedRequest _request = null!;
    private Ballot[] _alike = null!;
    private Ballot[] _different = null!;
    private Ballot[] _oneIsLeft = null!;

    [Params(3, 9)]
    public int Voters { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _request = new VotedRequest(MajorityReply.Instance, Voters);
        _alike = Ballot.Alike(Voters);
        _different = Ballot.Different(Voters);
        _oneIsLeft = Ballot.OneIsLeft(Voters);
    }

    /// <summary>Decided as soon as half have spoken.</summary>
    [Benchmark]
    public PolicyAction Alike() => _request.Run(_alike);

    /// <summary>Each says something else, until nobody can win any more.</summary>
    [Benchmark]
    public PolicyAction Different() => _request.Run(_different);

    /// <summary>Too many withdraw.</summary>
    [Benchmark]
    public PolicyAction OneIsLeft() => _request.Run(_oneIsLeft);
}
