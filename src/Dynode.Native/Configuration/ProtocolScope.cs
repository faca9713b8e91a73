namespace Dynode.Native.Configuration;

/// <summary>Which protocols look at a key; bit n stands for the protocol that is choice n of <see cref="ConfigurationKeys.Protocol"/>.</summary>
[Flags]
internal enum ProtocolScope
{
    None = 0,
    Raw = 1,
    Redis = 2,
    Memcached = 4,
    Line = 8,

    /// <summary>Those that know requests.</summary>
    Framed = Redis | Memcached | Line,

    /// <summary>All of them.</summary>
    Every = Raw | Framed,
}
