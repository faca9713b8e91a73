namespace Dynode.Broadcast.Proxy;

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
