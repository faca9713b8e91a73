namespace Dynode.Broadcast.Framed.Servers;

/// <summary>Which process answers behind which address: one server with two addresses would be sent everything twice. In turns only.</summary>
internal sealed class ServerRuns
{
    private readonly Dictionary<FramedDelivery, string> _runs = [];

    /// <summary>A connection has learned which process it has.</summary>
    /// <param name="delivery">Whose.</param>
    /// <param name="runId">Of the process; empty: it does not say.</param>
    /// <returns>One that has the same by another address, and a connection to it; null: there is none.</returns>
    public FramedDelivery? Meet(FramedDelivery delivery, string runId)
    {
        foreach (var (other, run) in _runs)
        {
            if (!other.IsInLog)
                _runs.Remove(other);
            else if (runId.Length > 0 && run == runId && other != delivery && other.Connection is not null)
                return other;
        }

        _runs[delivery] = runId;
        return null;
    }
}
