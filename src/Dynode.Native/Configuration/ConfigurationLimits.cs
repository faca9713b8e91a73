namespace Dynode.Native.Configuration;

/// <summary>Every bound that configuration has, with its unit last and its reason.</summary>
internal static class ConfigurationLimits
{
    /// <summary>A file that is larger is no configuration but a mistake in the path.</summary>
    public const int FileBytesMax = 1 << 20;

    /// <summary>Longer than any password or token; a larger file is a mistake in the path.</summary>
    public const int SecretBytesMax = 64 << 10;

    /// <summary>Each is a connection per client: far beyond what descriptors allow for many clients.</summary>
    public const int ServersMax = 1024;

    /// <summary>30 days: below the 49 that the runtime's timers can wait.</summary>
    public const long DurationMillisecondsMax = 30L * 24 * 3600 * 1000;

    /// <summary>1, in the thousandths that shares are counted in.</summary>
    public const long ShareMax = 1000;

    /// <summary>What the kernel takes is 4,096 with a file's name and an end.</summary>
    public const int DirectoryBytesMax = 4000;

    /// <summary>The growth of waits begins here; a longest wait below it would be a shorter first one.</summary>
    public const long ReconnectMillisecondsMin = 100;

    /// <summary>
    /// What the page pool needs for a slab of each size in its smallest share. It is the floor of the default as well: half
    /// of a very small limit would be a pool from which nothing can be rented, and a broadcaster that says why it does not
    /// fit is better than one that starts and holds every client for ever.
    /// </summary>
    public const long MemoryBytesMin = 2L << 20;

    /// <summary>The default is never more: a broadcaster that is given no number must not take a large machine.</summary>
    public const long MemoryDefaultBytesMax = 1L << 30;

    /// <summary>1024g: beyond any machine, below any overflow.</summary>
    public const long MemoryBytesMax = 1L << 40;

    /// <summary>One small page and its boundaries; below it no burst fits.</summary>
    public const long BacklogBytesMin = 4L << 10;

    /// <summary>The kernel cuts listen(2)'s argument at net.core.somaxconn anyway; this is what fits its 16 bits.</summary>
    public const int AcceptBacklogMax = 65535;

    /// <summary>Above the number of ports of one client address, times sixteen; descriptors end it earlier.</summary>
    public const int ClientsMax = 1 << 20;

    /// <summary>A rate of one in a microsecond: no machine has more.</summary>
    public const int RateMax = 1_000_000;

    /// <summary>One client may fill an eighth of the ring; with fewer that is none.</summary>
    public const int InFlightMin = 8;

    /// <summary>A ring of so many slots is some 80 MiB with a few servers; the budget says how much.</summary>
    public const int InFlightMax = 1 << 20;

    /// <summary>Some 4 MiB of entries and of the answer that shows them; what is older is the log's.</summary>
    public const int SlowLogMax = 10_000;

    /// <summary>More than any machine has cores for.</summary>
    public const int HandshakesMax = 4096;

    /// <summary>Certificates that clients may be shown, by the name that they ask for.</summary>
    public const int PathsMax = 64;

    /// <summary>One request in a thousand million: a line an hour at the most that a broadcaster does.</summary>
    public const int AccessLogSampleMax = 1_000_000_000;

    /// <summary>One line of any protocol fits.</summary>
    public const long FrameBytesMin = 1L << 10;

    /// <summary>The largest string that a redis-server takes by default (proto-max-bulk-len).</summary>
    public const long FrameBytesMax = 512L << 20;

    /// <summary>Each is held until it comes by: some 4 MiB.</summary>
    public const int LogWindowMax = 64;

    /// <summary>Three renewals must fit into it.</summary>
    public const long LogLeaseMillisecondsMin = 3_000;

    /// <summary>Whoever restarts a server is away for as long.</summary>
    public const long LogKeepMillisecondsMin = 60_000;

    /// <summary>What a few seconds of a busy time publish.</summary>
    public const long LogBytesMin = 64L << 20;

    /// <summary>1024g: beyond what one stream should keep, below any overflow.</summary>
    public const long LogBytesMax = 1L << 40;
}
