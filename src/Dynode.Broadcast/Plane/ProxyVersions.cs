namespace Dynode.Broadcast.Plane;

/// <summary>Which spellings of a PROXY header are taken.</summary>
[Flags]
public enum ProxyVersions
{
    /// <summary>None is asked for.</summary>
    None = 0,

    /// <summary>A line of text.</summary>
    V1 = 1,

    /// <summary>Sixteen bytes and what they announce.</summary>
    V2 = 2,

    /// <summary>Either.</summary>
    Any = V1 | V2,
}
