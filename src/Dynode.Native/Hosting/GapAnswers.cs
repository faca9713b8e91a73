using System.Collections.Immutable;
using Dynode.Broadcast;
using Dynode.Broadcast.Backends;
using Dynode.Native.Admin;
using Microsoft.Extensions.Logging;

namespace Dynode.Native.Hosting;

/// <summary>What became of the word that servers were made equal, in sentences. Pure, but for <see cref="BySignal"/>.</summary>
internal static class GapAnswers
{
    /// <summary>Of an order.</summary>
    /// <param name="order">It.</param>
    /// <param name="gaps">What became of it, server by server.</param>
    public static OrderAnswer Of(GapOrder order, ImmutableArray<GapClosed> gaps)
    {
        bool isOne = order is { Adopts: false, Servers: [_] };
        int closed = gaps.Count(static gap => gap.Fate == GapFate.Closed);

        // Of one that is away, and of which nothing is known, nothing need be said to whoever has named nobody.
        if (order is { Adopts: false, Servers: [] })
            gaps = [.. gaps.Where(static gap => gap is not { Fate: GapFate.NotConnected, Reason: null })];
        string[] more = [.. gaps.Where(gap => order.Adopts || gap.Number is not null || gap.Fate is not (GapFate.None or GapFate.Closed)).Select(Sentence)];
        string text = order.Adopts ? "" : isOne ? $"gaps closed of server {order.Servers[0]}: {closed}" : $"gaps closed: {closed}";
        if (more.Length > 0)
            text = $"{text}{(text.Length > 0 ? "; " : "")}{string.Join("; ", more)}";
        bool isElsewhere = order.Servers.IsEmpty ? order.Adopts && gaps.All(static gap => gap.Fate == GapFate.Elsewhere) : gaps.Any(static gap => gap.Fate == GapFate.Elsewhere);
        var outcome = gaps.Any(static gap => gap.Fate is GapFate.NotWritten or GapFate.Void) ? OrderOutcome.NotCertain
            : isElsewhere || gaps.Any(static gap => gap.Fate is GapFate.NeedsAdopt or GapFate.NotConnected) ? OrderOutcome.Refused
            : closed > 0 ? OrderOutcome.Done
            : OrderOutcome.WasSo;
        return new(outcome, text) { Gaps = gaps };
    }

    /// <summary>SIGUSR1: all servers of this broadcaster; nobody waits for what becomes of it but the log.</summary>
    public static void BySignal(Broadcaster broadcaster, KeptRun kept, ILogger log) => _ = ObeyAsync(broadcaster, kept, log);

    /// <summary>What an earlier run kept of gaps that are closed is kept no more.</summary>
    /// <returns>As of <see cref="KeptRun.GapsClosed"/>; null: none was closed.</returns>
    public static Task<string?>? Forget(KeptRun kept, GapOrder order, ImmutableArray<GapClosed> gaps, bool isOrdered)
    {
        if (!isOrdered && order.Servers.IsEmpty)
            return kept.GapsClosed(null);
        Task<string?>? written = null;
        foreach (GapClosed gap in gaps.Where(static gap => gap.Fate == GapFate.Closed))
            written = kept.GapsClosed(gap.Server);
        return written;
    }

    private static async Task ObeyAsync(Broadcaster broadcaster, KeptRun kept, ILogger log)
    {
        // It says itself how many there were.
        var gaps = await broadcaster.CloseGapsAsync(GapOrder.All).ConfigureAwait(false);
        foreach (GapClosed gap in gaps.Where(static gap => gap.Fate is not (GapFate.None or GapFate.Closed) && gap is not { Fate: GapFate.NotConnected, Reason: null }))
            HostLog.GapStands(log, Sentence(gap));
        bool isOrdered = broadcaster.Snapshot().Feed is not null;
        _ = Forget(kept, GapOrder.All, gaps, isOrdered);
    }

    private static string Sentence(GapClosed gap)
    {
        string gapText = gap.Reason is { } reason ? $"its gap ({reason})" : "what it may lack";
        return gap.Fate switch
        {
            GapFate.None => gap.Number is { } at ? $"server {gap.Server} has no gap, at number {at} of the stream" : $"server {gap.Server} has no gap",
            GapFate.Closed => gap.Number is { } at ? $"server {gap.Server} counts as equal, at number {at} of the stream: {gapText} is closed" : $"server {gap.Server}: {gapText} is closed",
            GapFate.NotWritten => $"server {gap.Server}: it is not written yet that {gapText} is closed, and not certain that it will be; the gap is shown until it is",
            GapFate.Void => $"server {gap.Server}: {gapText} is not closed: it has missed something since, or is this broadcaster's no more",
            GapFate.NeedsAdopt => $"server {gap.Server} has more than the stream, or what is not of it ({gap.Reason}): give it another's data (dynode bootstrap {gap.Server} --from SERVER), or say that it counts as equal as it is (dynode adopt {gap.Server})",
            GapFate.NotConnected => $"server {gap.Server} is not connected: {gapText} is noted in its own data, and cannot be closed now",
            _ => $"server {gap.Server} is another broadcaster's ({gap.Owner}): say it there",
        };
    }
}
