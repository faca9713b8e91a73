using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Dynode.Broadcast;
using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;
using Dynode.Native.Configuration;
using Dynode.Native.Handover;
using Dynode.Native.Membership;
using Dynode.Native.State;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;
using Keys = Dynode.Native.Configuration.ConfigurationKeys;

namespace Dynode.Native.Hosting;

/// <summary>
/// What of this run outlives it, and of the one before it: orders, gaps, the URL's last list. Without <c>state_directory</c> nothing does, and
/// all that is asked of it is answered at once. Any thread.
/// </summary>
internal sealed class KeptRun : IDisposable
{
    /// <summary>A list that has not changed is written again after an eighth of the age that it may have, and after this at most.</summary>
    private static readonly TimeSpan ConfirmInterval = TimeSpan.FromHours(1);

    /// <summary>So many seconds without a byte, and it looks all the same.</summary>
    private const int QuietLooksMax = 10;

    private StateKeeper? _keeper;
    private readonly ILogger _log;
    private readonly TimeProvider _time;
    private readonly bool _isFramed;
    private readonly bool _goesOn;
    private readonly HashSet<BackendAddress> _seen = [];
    private readonly Lock _looking = new();

    // Of the thread that looks.
    private long _received = -1;
    private int _quietLooks;

    private KeptState _unkept;

    private KeptRun(StateKeeper? keeper, KeptState state, ILogger log, TimeProvider time, bool isFramed, bool goesOn) =>
        (_keeper, _unkept, _log, _time, _isFramed, _goesOn) = (keeper, state, log, time, isFramed, goesOn);

    /// <summary>At this moment.</summary>
    private KeptState State => _keeper?.State ?? Volatile.Read(ref _unkept);

    /// <summary>What a successor was told.</summary>
    public KeptState? Last { get; private set; }

    /// <summary>Something outlives it.</summary>
    public bool IsKept => _keeper is not null;

    /// <summary>The directory; empty: nothing is kept.</summary>
    public string Path => _keeper?.Directory.Path ?? "";

    /// <summary>What holds the directory, for a successor; null: none does.</summary>
    public SafeFileHandle? Lock => _keeper?.Directory.Lock;

    /// <summary>Takes the directory, reads what is in it, and says so.</summary>
    /// <param name="settings">Checked.</param>
    /// <param name="log">Takes the lines.</param>
    /// <param name="time">The clock.</param>
    /// <param name="before">What a predecessor has let go of; null: there is none.</param>
    /// <exception cref="StartException">It cannot be had.</exception>
    public static KeptRun Open(HostSettings settings, ILogger log, TimeProvider time, Inheritance? before = null)
    {
        bool isFramed = settings.Broadcast.Protocol != Protocol.Raw;
        string path = settings.StateDirectory;
        KeptState? told = before?.Kept;
        bool goesOn = before is { Kept: not null } or { Lock: not null };
        if (path.Length == 0)
        {
            before?.Lock?.Dispose();
            return new KeptRun(null, told ?? KeptState.Empty, log, time, isFramed, goesOn);
        }

        (string? fault, bool isTaken) = (null, false);
        StateDirectory? directory = null;
        if (before is { Lock: { } itsLock } && before.LockPath == path)
            directory = StateDirectory.HandedOver(path, itsLock);
        else
            before?.Lock?.Dispose();

        // One that died gives its lock back a moment after its end is seen.
        for (long began = time.GetTimestamp(); directory is null && (directory = StateDirectory.Open(path, out fault, out isTaken)) is null;)
        {
            if (!isTaken || before?.Servers is null || time.GetElapsedTime(began) > OwnSockets.Patience)
                break;
            Task.Delay(TimeSpan.FromMilliseconds(1)).GetAwaiter().GetResult();
        }

        if (directory is null)
            throw new StartException($"state_directory={Shown.Plain(path)} {fault}", isTaken ? ExitStatus.Unavailable : ExitStatus.Configuration);
        StateLog.Opened(log, Shown.Plain(path));
        byte[]? bytes = directory.Read(out fault);
        KeptState? kept = bytes is null ? null : StateText.Read(bytes, out fault);
        if (fault is not null)
            StateLog.NotUsed(log, directory.FilePath, fault);
        KeptState state = told ?? kept ?? KeptState.Empty;
        return new KeptRun(new StateKeeper(directory, state, log, time), state, log, time, isFramed, goesOn);
    }

    /// <summary>Settings with what the run before has left: orders, and a list that was the same URL's.</summary>
    public MembershipSettings With(HostSettings settings)
    {
        KeptState state = State;
        return settings.Membership with
        {
            Added = [.. state.Added.Where(server => IsUsed(server, settings.Membership))],
            Removed = [.. state.Removed],
            Kept = state.List is { } list && list.Asked == Asked(settings.Membership) && list.Servers.All(server => IsUsed(server, settings.Membership)) ? new KeptServers(list.Servers, list.Time) : null,
        };
    }

    // What an order, or a list, may have had before there was log=, and is refused since.
    private bool IsUsed(BackendAddress server, MembershipSettings membership)
    {
        bool isUsed = membership.TakesPaths || server.Path is null;
        if (!isUsed)
            StateLog.PathNotUsed(_log, UnixServers.WithLog(server));
        return isUsed;
    }

    /// <summary>Tells the data plane what it is to know before its first server is there, says it, and notes that this run runs.</summary>
    /// <param name="broadcaster">With what a predecessor has handed over, if anything: that is known better than from here.</param>
    public void Begin(Broadcaster broadcaster)
    {
        KeptState state = State;
        foreach (BackendAddress server in state.Disabled)
            broadcaster.Expect(server, BackendOrder.Disabled);
        foreach (BackendAddress server in _isFramed ? state.Ejected : [])
            broadcaster.Expect(server, BackendOrder.Ejected);
        if (!state.Disabled.IsEmpty || !state.Ejected.IsEmpty || !state.Added.IsEmpty || !state.Removed.IsEmpty)
            StateLog.Orders(_log, SetChange.Names(state.Disabled), SetChange.Names(state.Ejected), $"added {SetChange.Names(state.Added)}; removed {SetChange.Names(state.Removed)}");
        if (_isFramed)
        {
            if (state.Run == RunEnd.Running && !_goesOn)
                StateLog.UnknownWhoWasBehind(_log, state.Gaps.IsEmpty ? "none" : KeptGaps.Names(state.Gaps));
            else if (!state.Gaps.IsEmpty && !_goesOn)
                StateLog.Behind(_log, KeptGaps.Names(state.Gaps));
            foreach (KeptGap gap in state.Gaps)
                broadcaster.MarkGap(gap.Address, DropReason.Earlier, gap.First);
        }

        // On disk before the first client: one that is killed early has not stopped well.
        // Where there is no room for a new file, the one before must not go on saying that all have stopped well.
        if (_keeper is not { } keeper)
            return;
        Task<string?> noted = keeper.Change(static state => state with { Run = RunEnd.Running });
        if (noted is { IsCompleted: true, Result: not null } && state.Run == RunEnd.Stopped)
            _ = keeper.Directory.TryOverwrite(StateText.Stopped, StateText.Running);
        keeper.Start(_isFramed ? state => Look(state, broadcaster) : null);
    }

    /// <summary>The URL has given a list.</summary>
    public void Listed(ImmutableArray<BackendAddress> servers, HostSettings settings)
    {
        TimeSpan pace = settings.Membership.KeepMax / 8 is var eighth && eighth > TimeSpan.Zero && eighth < ConfirmInterval ? eighth : ConfirmInterval;
        string asked = Asked(settings.Membership);
        DateTimeOffset now = _time.GetUtcNow();
        servers = BackendSet.Of(servers).Addresses;
        if (State.List is { } list && list.Asked == asked && BackendSet.Of(list.Servers).Equals(BackendSet.Of(servers)) && (now - list.Time).Duration() < pace)
            return;
        string url = Shown.Value(Keys.AutoUpdateUrl, settings.Values.Text(Keys.AutoUpdateUrl));
        _ = Change(state => state with { List = new(url, asked, now, servers) });
    }

    /// <summary>What is wanted of a server has changed.</summary>
    /// <returns>Null, when it is on disk, or nothing is kept; else why it is not.</returns>
    public Task<string?>? Ordered(BackendAddress server, BackendOrder order) => Change(state => state.With(server, order));

    /// <summary>Servers were added or removed.</summary>
    /// <returns>As of <see cref="Ordered(BackendAddress, BackendOrder)"/>.</returns>
    public Task<string?>? Ordered(ImmutableArray<BackendAddress> added, ImmutableArray<BackendAddress> removed) =>
        Change(state => state with { Added = Newest(added), Removed = Newest(removed) });

    /// <summary>A server that is not there has a gap, should it come again.</summary>
    public bool HasGap(BackendAddress server) => State.Gaps is var gaps && Without(gaps, server).Length < gaps.Length;

    /// <summary>The gaps of all servers, or of this one, were closed.</summary>
    /// <returns>As of <see cref="Ordered(BackendAddress, BackendOrder)"/>.</returns>
    public Task<string?>? GapsClosed(BackendAddress? server) =>
        Change(state => state with { Gaps = server is null ? [] : Without(state.Gaps, server) });

    /// <summary>A run has ended well: who is behind is said, and noted for the next one.</summary>
    public void End(BroadcastSnapshot atEnd)
    {
        var there = new HashSet<BackendAddress>();
        foreach (BackendSnapshot backend in atEnd.Backends)
        {
            if (!backend.IsRemoved)
                there.Add(backend.Address);
        }

        KeptState last = _isFramed ? Looked(State, atEnd) : KeptState.Empty;
        var behind = new List<KeptGap>();
        foreach (KeptGap gap in last.Gaps)
        {
            if (there.Contains(gap.Address))
                behind.Add(gap);
        }

        string? fault = _keeper?.End(state => (_isFramed ? Looked(state, atEnd) : state) with { Run = RunEnd.Stopped });
        if (behind.Count > 0)
        {
            string known = _keeper is null ? "without state_directory the next start does not know it: make them equal before"
                : fault is null ? "the next start knows it"
                : $"the next start does not know it: {_keeper.Directory.FilePath} was not written ({fault})";
            StateLog.BehindAtEnd(_log, KeptGaps.Names(behind), known);
        }
    }

    /// <summary>A successor writes from now on.</summary>
    /// <returns>What it is told.</returns>
    public KeptState LetGo()
    {
        _keeper?.LetGo();
        return Last = State;
    }

    public void Dispose() => _keeper?.Dispose();

    /// <summary>The successor has not come: this one writes on.</summary>
    public void GoOn()
    {
        if (_keeper is not { } over)
            return;
        _keeper = new StateKeeper(over.Directory, over.State, _log, _time);
        _keeper.Start(null);
    }

    /// <summary>Null: it is nowhere to be kept.</summary>
    private Task<string?>? Change(Func<KeptState, KeptState> change)
    {
        if (_keeper is { } keeper)
            return keeper.Change(change);
        lock (_looking)
            _unkept = change(_unkept);
        return null;
    }

    /// <summary>Each second; where no client sends anything there is little to see, and seldom.</summary>
    private KeptState Look(KeptState state, Broadcaster broadcaster)
    {
        long received = broadcaster.ReceivedBytes;
        if (received == _received && ++_quietLooks < QuietLooksMax)
            return state;
        (_received, _quietLooks) = (received, 0);
        return Looked(state, broadcaster.Snapshot());
    }

    private KeptState Looked(KeptState state, BroadcastSnapshot snapshot)
    {
        lock (_looking)
        {
            ImmutableArray<KeptGap> gaps = KeptGaps.Next(state.Gaps, _seen, snapshot);
            return gaps == state.Gaps ? state : state with { Gaps = gaps };
        }
    }

    private static ImmutableArray<BackendAddress> Newest(ImmutableArray<BackendAddress> servers) =>
        servers.Length <= StateText.ServersMax ? servers : servers.RemoveRange(0, servers.Length - StateText.ServersMax);

    private static ImmutableArray<KeptGap> Without(ImmutableArray<KeptGap> gaps, BackendAddress server)
    {
        foreach (KeptGap gap in gaps)
        {
            if (gap.Address.Equals(server))
                return gaps.Remove(gap);
        }

        return gaps;
    }

    /// <summary>Tells one list from another, by what may be secret as well, and gives none of it away.</summary>
    private static string Asked(MembershipSettings settings)
    {
        uint hash = 2166136261;
        foreach (byte b in Encoding.UTF8.GetBytes($"{settings.Url?.OriginalString}\n{settings.Parameters}"))
            hash = (hash ^ b) * 16777619;
        return hash.ToString("x8", CultureInfo.InvariantCulture);
    }
}
