using System.Collections.Immutable;
using Dynode.Broadcast;
using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;
using Dynode.Native.Admin;
using Dynode.Native.Configuration;
using Dynode.Native.Hosting.Logging;
using Dynode.Native.Membership;
using Microsoft.Extensions.Logging;

namespace Dynode.Native.Hosting;

/// <summary>Does what operators order, and says in a sentence what came of it, and what it does not promise. Any thread.</summary>
/// <param name="broadcaster">Whose servers they are.</param>
/// <param name="membership">Who adds and removes them.</param>
/// <param name="kept">Keeps what is ordered.</param>
/// <param name="log">Whose level may be lent.</param>
/// <param name="settings">In force.</param>
/// <param name="reload">Reads the configuration again.</param>
/// <param name="drain">Begins the end.</param>
/// <param name="time">The clock.</param>
internal sealed class Operator(
    Broadcaster broadcaster,
    MembershipService membership,
    KeptRun kept,
    StderrLogSink log,
    Func<HostSettings> settings,
    Func<Reload> reload,
    Action drain,
    TimeProvider time) : IOperator, IDisposable
{
    private readonly Lock _lock = new();

    /// <summary>Held while an order is carried out and noted, so that what is kept is what came last.</summary>
    private readonly Lock _ordering = new();
    private ITimer? _lent;

    private bool IsOrdered => settings().Ordered is not null;

    private bool IsRaw => settings().Broadcast.Protocol == Protocol.Raw;

    /// <inheritdoc/>
    public OrderAnswer Order(BackendAddress server, BackendOrder order, bool whenCurrent)
    {
        if (whenCurrent && Behind(server) is { } behind)
            return new(OrderOutcome.Refused, behind);
        if (order == BackendOrder.Ejected && IsRaw)
            return new(OrderOutcome.Refused, "with protocol=raw no server votes and none can be ejected; disable it");
        (BackendOrder? was, Task<string?>? written) = (null, null);
        lock (_ordering)
        {
            was = broadcaster.Order(server, order);
            if (was is not null)
                written = kept.Ordered(server, order);
        }

        if (was is not { } before)
            return NotThere(server);
        string what = order switch
        {
            BackendOrder.Enabled => $"server {server} is enabled",
            BackendOrder.Ejected => $"server {server} is ejected: it receives everything, holds nobody and does not vote",
            _ when IsRaw => $"server {server} is disabled: each client's bytes are kept for it within backlog_bytes while the client is there and linger_timeout beyond; sessions that lose some go on as raw_resume says",
            _ => $"server {server} is disabled: what it misses is kept for it within backlog_bytes, and is sent when it is enabled",
        };
        return new(before == order ? OrderOutcome.WasSo : OrderOutcome.Done, what) { Written = written };
    }

    /// <inheritdoc/>
    public OrderAnswer Add(BackendAddress server)
    {
        if (OwnListener.Is(server, settings().Broadcast))
            return new(OrderOutcome.Refused, $"server {server} is this broadcaster itself: its bytes would go round for ever");
        if (server.Path is not null && settings().Ordered is not null)
            return new(OrderOutcome.Refused, UnixServers.WithLog(server));
        (bool? added, Task<string?>? written) = (null, null);
        lock (_ordering)
        {
            added = membership.TryAdd(server, ConfigurationLimits.ServersMax);
            if (added is not null)
                written = Written();
        }

        return added is { } isNew
            ? new(isNew ? OrderOutcome.Done : OrderOutcome.WasSo, isNew ? $"server {server} is added{HowLong}; it has nothing of what was sent before" : $"server {server} is there already") { Written = written }
            : new(OrderOutcome.Refused, $"there are {ConfigurationLimits.ServersMax} servers, and no more can be served");
    }

    /// <inheritdoc/>
    public OrderAnswer Remove(BackendAddress server)
    {
        (bool? removed, Task<string?>? written) = (null, null);
        lock (_ordering)
        {
            removed = membership.TryRemove(server);
            if (removed == true)
                written = Written();
        }

        return removed switch
        {
            true => new(OrderOutcome.Done, $"server {server} is removed{HowLong}; it gets what was sent before") { Written = written },
            false => new(OrderOutcome.Refused, $"server {server} is the only one: a broadcaster without servers would take what nobody gets"),
            null => NotThere(server),
        };
    }

    /// <inheritdoc/>
    public async Task<OrderAnswer> CloseGapsAsync(BackendAddress? server)
    {
        if (IsRaw)
            return new(OrderOutcome.Refused, "with protocol=raw no gaps are known");
        bool isThere = server is null || broadcaster.Snapshot().Backends.Any(backend => !backend.IsRemoved && backend.Address.Equals(server));
        bool isKept = server is not null && kept.HasGap(server);
        if (!isThere && !isKept)
            return NotThere(server!);
        var order = server is null ? GapOrder.All : new GapOrder([server]);
        var gaps = await broadcaster.CloseGapsAsync(order).ConfigureAwait(false);

        // Of one that is in the set no more, or has not come yet: what was kept of it is all that there is.
        if (isKept && (!isThere || (!IsOrdered && gaps.All(static gap => gap.Fate == GapFate.None))))
            gaps = [new GapClosed(server!, GapFate.Closed)];
        return GapAnswers.Of(order, gaps) with { Written = GapAnswers.Forget(kept, order, gaps, IsOrdered) };
    }

    /// <inheritdoc/>
    public async Task<OrderAnswer> AdoptAsync(ImmutableArray<BackendAddress> servers)
    {
        if (!IsOrdered)
            return new(OrderOutcome.Refused, "without log= there is no stream that a server could be equal at a number of; made equal by hand: dynode gaps close");
        var there = broadcaster.Snapshot().Backends.Where(static backend => !backend.IsRemoved).Select(static backend => backend.Address).ToHashSet();
        if (servers.FirstOrDefault(server => !there.Contains(server)) is { } unknown)
            return NotThere(unknown);
        var order = new GapOrder(servers, Adopts: true);
        var gaps = await broadcaster.CloseGapsAsync(order).ConfigureAwait(false);
        return GapAnswers.Of(order, gaps) with { Written = GapAnswers.Forget(kept, order, gaps, isOrdered: true) };
    }

    /// <inheritdoc/>
    public OrderAnswer CloseClient(long id) => broadcaster.TryCloseClient(id)
        ? new(OrderOutcome.Done, $"client {id} is closed")
        : new(OrderOutcome.Unknown, $"there is no client {id}");

    /// <inheritdoc/>
    public OrderAnswer SetLogLevel(LogLevel level, TimeSpan? lentFor)
    {
        lock (_lock)
        {
            _lent?.Dispose();
            _lent = lentFor is { } span
                ? time.CreateTimer(static state => ((Operator)state!).GiveBack(), this, span, Timeout.InfiniteTimeSpan)
                : null;
            bool was = log.Level == level;
            log.Level = level;
            string until = lentFor is { } lent ? $"for {lent.TotalSeconds} s" : "until a reload or the next start";
            return new(was && lentFor is null ? OrderOutcome.WasSo : OrderOutcome.Done, $"log_level={ConfigurationKeys.LogLevel.Choices[(int)level]} {until}");
        }
    }

    /// <inheritdoc/>
    public OrderAnswer Reload()
    {
        Reload read = reload();
        if (read.Settings is null)
            return new(OrderOutcome.Faulty, "the configuration has faults, and nothing changed") { Faults = [.. read.Faults.Select(static fault => fault.ToString())] };
        string restart = read.NeedRestart.IsEmpty ? "" : $"; need a restart: {ConfigurationKey.Names(read.NeedRestart)}";
        return read.Applied.IsEmpty
            ? new(OrderOutcome.WasSo, $"configuration read again; nothing changed{restart}")
            : new(OrderOutcome.Done, $"configuration read again; changed: {ConfigurationKey.Names(read.Applied)}{restart}");
    }

    /// <inheritdoc/>
    public OrderAnswer Drain()
    {
        drain();
        return new(OrderOutcome.Done, $"ending, within drain_timeout={NumberText.Duration((long)settings().Broadcast.DrainTimeout.TotalMilliseconds)} s");
    }

    public void Dispose()
    {
        lock (_lock)
            _lent?.Dispose();
    }

    private string HowLong => kept.IsKept ? "" : ", until the next start";

    private Task<string?>? Written()
    {
        var (added, removed) = membership.Orders;
        return kept.Ordered(added, removed);
    }

    /// <summary>Null: it has everything, or there is no such server.</summary>
    private string? Behind(BackendAddress server)
    {
        foreach (BackendSnapshot backend in broadcaster.Snapshot().Backends)
        {
            if (backend.IsRemoved || !backend.Address.Equals(server))
                continue;
            bool isCurrent = backend.Standing is { } standing ? standing.IsCurrent : backend is { State: BackendState.Up, OwedBytes: 0 };
            return isCurrent ? null : $"server {server} is not current, and keeps its order; try: dynode wait --current {server}";
        }

        return null;
    }

    private static OrderAnswer NotThere(BackendAddress server) => new(OrderOutcome.Unknown, $"there is no server {server}");

    private void GiveBack()
    {
        lock (_lock)
            log.Level = settings().LogLevel;
    }
}
