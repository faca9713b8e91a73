using System.Collections.Immutable;
using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Framed.Answers;
using Dynode.Broadcast.Framed.Sequence;
using Dynode.Broadcast.Plane;
using Dynode.Protocols;

namespace Dynode.Broadcast.Framed.Servers;

/// <summary>
/// The servers of the shared log, in the order of the backend set, those that retire last: who votes, how much more the log may
/// take, and who loses what when it may not. In turns only.
/// </summary>
internal sealed class FramedDeliveries(ServerParts parts, BackendDirectory backends) : IServers, IElection
{
    /// <summary>How long a server that has returned must have been current before it takes the primary's place from one that works.</summary>
    private static readonly TimeSpan TakeOverAfter = TimeSpan.FromSeconds(10);

    private readonly List<FramedDelivery> _all = [];
    private readonly Stack<int> _freeIds = new();
    private ImmutableArray<FramedDelivery> _configured = [];
    private FramedDelivery? _primary;
    private VoterSet _newest = VoterSet.Empty;
    private long _floor;
    private int _version;
    private int _nextId;

    /// <inheritdoc/>
    public VoterSet Voters { get; private set; } = VoterSet.Empty;

    /// <inheritdoc/>
    public VoterSet VotersOf(byte protocol) => protocol == RequestVerdict.FirstProtocol ? Voters : _newest;

    /// <inheritdoc/>
    public VoterSet? AloneOf(int origin, byte protocol)
    {
        foreach (var delivery in _configured)
        {
            if (delivery.Origin == origin && VotersOf(protocol).RankOf(delivery.Voter) >= 0)
                return delivery.Alone.Among(Voters.Configured);
        }

        return null;
    }

    /// <inheritdoc/>
    public bool AnyComing => _configured.Any(delivery => !delivery.IsAway && !delivery.Standing.IsEjected);

    /// <summary>The broadcaster stops: no server is added any more, and who is away is not waited for.</summary>
    public bool IsDraining { get; set; }

    /// <summary>Nothing is under way with any server: all are connected and owe nothing.</summary>
    public bool AreSteady => _all.TrueForAll(delivery => delivery.IsOpen && !delivery.Owes && !delivery.IsRetiring && delivery.Standing.IsCurrent);

    /// <summary>No connection is left.</summary>
    public bool AreQuiet => _all.TrueForAll(delivery => delivery.IsOver);

    /// <summary>Takes the set as it now is: added servers join, removed ones retire, and the order is the set's.</summary>
    public void Reconcile(long now)
    {
        if (_version == backends.Version || IsDraining)
            return;
        bool isFirst = _version == 0;
        _version = backends.Version;
        var before = _all.ToList();
        _all.Clear();
        foreach (var backend in backends.Current)
        {
            int index = before.FindIndex(delivery => delivery.Backend == backend && delivery.TryReturn());
            if (index >= 0)
            {
                _all.Add(before[index]);
                before.RemoveAt(index);
                continue;
            }

            var added = new FramedDelivery(parts, this, backend, _freeIds.TryPop(out int id) ? id : _nextId++);
            _all.Add(added);

            // What ran before it came it will never have.
            if (!isFirst && parts.Log.Next > 0)
                added.Standing.Missed(DropReason.Added, 0);
        }

        _configured = [.. _all];
        foreach (var removed in before)
        {
            removed.Retire(now);
            _all.Add(removed);
        }

        Reelect();
    }

    /// <inheritdoc/>
    public void Reelect()
    {
        var current = _configured.Where(delivery => delivery.Standing.IsCurrent).ToList();
        parts.Framing.ServersAre(LeastOf(current));
        if (current.Exists(delivery => delivery.Standing.Gap is null))
            current.RemoveAll(delivery => delivery.Standing.Gap is not null);
        _primary = Elect(current);
        if (parts.Plane.Settings.FramedReply == FramedReply.Primary && _primary is not null)
        {
            current.Remove(_primary);
            current.Insert(0, _primary);
        }

        ImmutableArray<Voter> voters = [.. current.Select(delivery => delivery.Voter)];
        ImmutableArray<Voter> configured = [.. _configured.Select(delivery => delivery.Voter)];
        Voters = Renewed(Voters, voters, configured);
        var speakers = voters.RemoveAll(voter => !voter.Speaks(RequestVerdict.LastProtocol));
        _newest = speakers.Length == voters.Length ? Voters : Renewed(_newest, speakers, configured);
    }

    private static VoterSet Renewed(VoterSet before, ImmutableArray<Voter> voters, ImmutableArray<Voter> configured) =>
        before.Equals(voters, configured) ? before : new VoterSet(voters, configured);

    /// <summary>What all of them have, as far as they have told; null: none has.</summary>
    private static ServerTraits? LeastOf(List<FramedDelivery> current)
    {
        ServerTraits? least = null;
        foreach (var delivery in current)
        {
            if (delivery.Traits.Last is { } traits)
                least = least is null ? traits : ServerTraits.Least(least, traits);
        }

        return least;
    }

    /// <inheritdoc/>
    public bool HasOtherVoter(FramedDelivery delivery) => Voters.Count > (Voters.RankOf(delivery.Voter) >= 0 ? 1 : 0);

    /// <inheritdoc/>
    public bool HasRoom(long length)
    {
        long limit = parts.Log.Log.Tail + length - parts.Plane.Settings.BacklogBytesMax;
        if (limit <= _floor)
            return true;

        // Within a turn cursors only go forward, so below what was found there is room.
        long floor = parts.Log.Log.Tail;
        foreach (var delivery in _all)
        {
            if (Holds(delivery))
                floor = Math.Min(floor, delivery.Cursor.Position);
        }

        _floor = floor;
        return limit <= floor;
    }

    /// <inheritdoc/>
    public void Hold(long now)
    {
        if (HasRoom(1 + (parts.Plane.Settings.BacklogBytesMax / 4)))
            return;
        foreach (var delivery in _all)
        {
            if (Holds(delivery) && IsFull(delivery))
                delivery.Standing.Hold(now, SomebodyGoesOn(now));
        }
    }

    /// <inheritdoc/>
    public void FreeMemory()
    {
        // The farthest behind of those without a connection, else the farthest ejected.
        var farthest = _all.Where(delivery => delivery.IsInLog && delivery.IsAway && delivery.Lag > 0).MaxBy(delivery => delivery.Lag)
            ?? _all.Where(delivery => delivery.IsInLog && delivery.Standing.IsEjected && delivery.Lag > 0).MaxBy(delivery => delivery.Lag);
        if (farthest is null)
            return;
        farthest.EndConnection(parts.Plane.Clock.Now, "memory is short and it is far behind");
        farthest.DropOldest(DropReason.Memory, Math.Max(0, farthest.Lag - (parts.Plane.Settings.BacklogBytesMax / 16) - 1));
    }

    /// <summary>Reads the primary ahead of the others: where its reply is the answer, theirs are votes on what is decided, and none is kept.</summary>
    public void ReadPrimary(long now)
    {
        if (_primary?.Connection is { } connection)
            parts.Turns.Run(connection, now);
    }

    /// <summary>Draws the conclusions of what was read in a turn.</summary>
    public void Settle(long now)
    {
        _floor = 0;
        foreach (var delivery in _all)
        {
            delivery.Standing.Settle(now);
            Overflow(delivery, now);
        }
    }

    /// <summary>Sends each server what there is for it, and sees to connections.</summary>
    /// <param name="now">The turn's time.</param>
    /// <param name="noMoreComes">Nothing more will enter the log.</param>
    public void Pump(long now, bool noMoreComes)
    {
        foreach (var delivery in _all)
        {
            // The broadcaster stops: who is away, or was lost since, is not waited for.
            if (IsDraining && !delivery.IsOpen)
                delivery.GiveUp(DropReason.Shutdown);
            delivery.Pump(now, noMoreComes);
        }
    }

    /// <summary>What time has decided.</summary>
    public void Tick(long now)
    {
        for (int i = _all.Count - 1; i >= 0; i--)
        {
            var delivery = _all[i];
            delivery.Tick(now);
            CheckReader(delivery, now);
            if (!delivery.IsRetiring || !delivery.IsOver)
                continue;
            _freeIds.Push(delivery.Voter.Id);
            _all.RemoveAt(i);
        }

        // A server that was long enough current may become primary.
        Reelect();
    }

    /// <summary>Everything ends now.</summary>
    public void Abort()
    {
        foreach (var delivery in _all)
            delivery.GiveUp(DropReason.Shutdown, atOnce: true);
    }

    /// <summary>The operator has made the servers equal.</summary>
    /// <returns>How many had a gap.</returns>
    public int CloseGaps()
    {
        int closed = _all.Count(delivery => delivery.Standing.TryCloseGap());
        Reelect();
        return closed;
    }

    /// <summary>How a server stands to the log; null: it has no part in it.</summary>
    public FramedStanding? StandingOf(BackendAddress address) => _all.Find(delivery => delivery.Backend.Address.Equals(address))?.Snapshot();

    private static bool Holds(FramedDelivery delivery) =>
        delivery.IsInLog && !delivery.IsAway && !delivery.IsRetiring && !delivery.Standing.IsEjected;

    /// <summary>Whether a server that has room takes what it is sent: one that gains when another is ejected.</summary>
    private bool SomebodyGoesOn(long now)
    {
        foreach (var delivery in _all)
        {
            if (Holds(delivery) && !IsFull(delivery) && delivery.Standing.TakesAt(now))
                return true;
        }

        return false;
    }

    private bool IsFull(FramedDelivery delivery) => delivery.Lag > parts.Plane.Settings.BacklogBytesMax / 4 * 3;

    /// <summary>
    /// Who holds nobody loses what does not fit. One that is ejected loses half of what it is behind, so that this is seldom: a connection
    /// of it ends for that, and one that began with a full backlog would at the next request.
    /// </summary>
    private void Overflow(FramedDelivery delivery, long now)
    {
        long max = parts.Plane.Settings.BacklogBytesMax;
        if (!delivery.IsInLog || delivery.Lag <= max || Holds(delivery))
            return;
        var reason = delivery.IsRetiring ? DropReason.Retired : delivery.Standing.IsEjected ? DropReason.Ejected : DropReason.Backlog;
        delivery.EndConnection(now, "fell behind by more than the backlog");
        delivery.DropOldest(reason, reason == DropReason.Ejected ? max / 2 : max);
    }

    private FramedDelivery? Elect(List<FramedDelivery> current)
    {
        if (_primary is null || !current.Contains(_primary))
            return current.FirstOrDefault();
        long now = parts.Plane.Clock.Now;
        foreach (var delivery in current)
        {
            if (delivery == _primary || !delivery.Standing.IsBack || now - delivery.Standing.CurrentSince >= TakeOverAfter.Ticks)
                return delivery;
        }

        return _primary;
    }

    /// <summary>Others wait for the replies behind those of a client who does not take them.</summary>
    private static void CheckReader(FramedDelivery delivery, long now)
    {
        if (delivery.Connection?.Matcher?.WaitsFor is { } client && client.HoldsTooLong(now))
            client.Tear("more replies than max_reply_bytes wait for it, and others behind them");
    }
}
