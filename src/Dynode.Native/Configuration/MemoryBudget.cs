using System.Collections.Immutable;
using System.Numerics;
using Dynode.Broadcast.Plane;

namespace Dynode.Native.Configuration;

/// <summary>One holder of memory.</summary>
/// <param name="Holder">Its name, fit for grep.</param>
/// <param name="Bytes">The most that it holds.</param>
/// <param name="Meaning">What it is, in a few words.</param>
internal readonly record struct BudgetLine(string Holder, long Bytes, string Meaning);

/// <summary>The most memory that the process holds: a sum with a named holder per line. Socket buffers are the kernel's.</summary>
internal static class MemoryBudget
{
    /// <summary>Code, runtime, stacks and what the collector keeps, as measured with a margin: a broadcaster at rest is below it.</summary>
    private const long RuntimeBytes = 8L << 20;

    /// <summary>One connection without its pages: a socket, its two operations and its place in the tables.</summary>
    private const long ConnectionBytes = 2L << 10;

    /// <summary>Framed: one client without its pages: a socket, its two operations, its place in the tables and in the order of replies.</summary>
    private const long FramedClientBytes = 2L << 10;

    /// <summary>What OpenSSL and the runtime keep for one client that is idle.</summary>
    private const long TlsClientBytes = 40L << 10;

    /// <summary>What they keep for one connection to a server.</summary>
    private const long TlsServerBytes = 60L << 10;

    /// <summary>One request in flight, and for each server what its reply was.</summary>
    private const long SlotBytes = 64;

    private const long SlotBytesPerServer = 8;

    /// <summary>A reply that is kept until its request is decided, without its pages.</summary>
    private const long KeptReplyBytes = 160;

    /// <summary>What HttpClient and TLS add once a list is asked for, the answer's bound of 1 MiB included.</summary>
    private const long ServerListBytes = 8L << 20;

    /// <summary>The sum's last line is the total.</summary>
    public static ImmutableArray<BudgetLine> Of(HostSettings settings)
    {
        BroadcastSettings broadcast = settings.Broadcast;

        // How many the URL will name is not known yet.
        int servers = Math.Max(1, settings.Membership.Servers.Length);
        bool isFramed = broadcast.Protocol != Protocol.Raw;
        ImmutableArray<BudgetLine> lines =
        [
            new("pages.backlog", broadcast.MemoryBytesMax / 2, "what logs hold for servers (half of memory_max)"),
            new("pages.replies", broadcast.MemoryBytesMax / 4, "replies on their way to clients (a quarter)"),
            new("pages.requests", broadcast.MemoryBytesMax / 4, "half-received requests (a quarter; framed protocols only)"),
            isFramed ? FramedSessions(broadcast, servers) : RawSessions(broadcast, servers),
            new("slots", isFramed ? Slots(broadcast, servers) : 0, "max_in_flight requests whose clients wait, a power of two (framed protocols only)"),
            new("tls", Tls(settings), "max_clients by TLS, idle, and connections to servers by TLS, beside what they take plain"),
            new("server_list", settings.Membership.AutoUpdate ? ServerListBytes : 0, "asking servers_autoupdate_url"),
            new("runtime", RuntimeBytes, "code, stacks, collector"),
        ];
        return lines.Add(new("total", lines.Sum(line => line.Bytes), "the sum"));
    }

    /// <summary>Raw: how many clients at once can each have <c>backlog_bytes</c> held; with more that are behind, memory is the bound.</summary>
    public static long FullBacklogs(BroadcastSettings broadcast) => broadcast.MemoryBytesMax / 2 / broadcast.BacklogBytesMax;

    /// <summary>How many clients fit into a heap of that size, beside all else; less than one: nothing does.</summary>
    public static long ClientsThatFit(HostSettings settings, long heapBytes)
    {
        BroadcastSettings broadcast = settings.Broadcast;
        int servers = Math.Max(1, settings.Membership.Servers.Length);
        bool isFramed = broadcast.Protocol != Protocol.Raw;
        long others = broadcast.MemoryBytesMax + RuntimeBytes
            + (isFramed ? Slots(broadcast, servers) + (servers * ConnectionBytes) : 0)
            + (settings.Membership.AutoUpdate ? ServerListBytes : 0);
        return (heapBytes - others) / ((isFramed ? FramedClientBytes : (1L + servers) * ConnectionBytes) + TlsOfClient(settings));
    }

    private static long Tls(HostSettings settings) =>
        (settings.Broadcast.ClientsMax * TlsOfClient(settings)) + (settings.Broadcast.Protocol == Protocol.Raw ? 0 : ServersByTls(settings) * TlsServerBytes);

    /// <summary>Of one client: its own, and in raw its connections'.</summary>
    private static long TlsOfClient(HostSettings settings) =>
        (settings.Broadcast.TlsPort is null ? 0 : TlsClientBytes) + (settings.Broadcast.Protocol == Protocol.Raw ? ServersByTls(settings) * TlsServerBytes : 0);

    private static int ServersByTls(HostSettings settings) => settings.Membership.Servers.Count(server => server.ByTls ?? settings.Membership.ByTls);

    private static long Slots(BroadcastSettings broadcast, int servers)
    {
        long kept = broadcast.FramedReply is FramedReply.All or FramedReply.Majority ? servers : 1;
        return BitOperations.RoundUpToPowerOf2((uint)broadcast.InFlightMax) * (SlotBytes + (servers * SlotBytesPerServer) + (kept * KeptReplyBytes));
    }

    private static BudgetLine RawSessions(BroadcastSettings broadcast, int servers) => new(
        "sessions", broadcast.ClientsMax * (1L + servers) * ConnectionBytes, "max_clients, each connected to every server, without their pages");

    private static BudgetLine FramedSessions(BroadcastSettings broadcast, int servers) => new(
        "sessions",
        (broadcast.ClientsMax * FramedClientBytes) + (servers * ConnectionBytes),
        "max_clients, and one connection to every server, without their pages");
}
