using System.Collections.Immutable;

namespace Dynode.Broadcast.Framed.Answers;

/// <summary>The <see cref="VoterSet"/> of one server alone: made once for all requests that only it can answer. In turns only.</summary>
internal sealed class LoneVoter(Voter voter)
{
    private VoterSet _set = VoterSet.Empty;

    /// <param name="configured">All servers, in list order.</param>
    public VoterSet Among(ImmutableArray<Voter> configured)
    {
        if (_set.Count == 0 || _set.Configured != configured)
            _set = new VoterSet([voter], configured) { IsOrigin = true };
        return _set;
    }
}
