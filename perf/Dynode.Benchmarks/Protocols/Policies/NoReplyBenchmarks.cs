using BenchmarkDotNet.Attributes;
using Dynode.Benchmarks.Running;
using Dynode.Protocols.Policies;

namespace Dynode.Benchmarks.Protocols.Policies;

/// <summary>Nothing is waited for.</summary>
[AllocatesNothing]
public class NoReplyBenchmarks
{
    private VotedRequest _request = null!;
    private Ballot[] _silence = null!;

    [Params(3, 9)]
    public int Voters { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _request = new VotedRequest(NoReply.Instance, Voters);
        _silence = Ballot.Alike(Voters);
    }

    /// <summary>Decided when the request enters the log.</summary>
    [Benchmark]
    public PolicyAction Silence() => _request.Run(_silence);
}
