namespace Dynode.Broadcast.Framed.Once;

/// <summary>Which databases one connection's server has been seen to have. In turns only.</summary>
internal interface ISelected
{
    /// <summary>Whether this one is among them.</summary>
    bool IsGranted(int database);
}
