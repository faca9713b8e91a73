namespace Dynode.Broadcast.Listening;

/// <summary>Which spellings of a PROXY header are taken.</summary>
[Flags]
internal enum ProxyVersions
{
    /// <summary>A line of text.</summary>
    V1 = 1,

    /// <summary>Sixteen bytes and what they announce.</summary>
    V2 = 2,

    /// <summary>Either.</summary>
    Any = V1 | V2,
}

/// <summary>What has been seen of a PROXY header.</summary>
internal enum ProxyVerdict
{
    /// <summary>A part of one; or nothing.</summary>
    NeedMore,

    /// <summary>All of one.</summary>
    Found,

    /// <summary>None, whatever follows.</summary>
    Malformed,
}
