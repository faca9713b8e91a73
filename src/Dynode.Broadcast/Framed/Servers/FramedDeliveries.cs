using System.Collections.Immutable;
using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Framed.Answers;
using Dynode.Broadcast.Framed.Sequence;
using Dynode.Broadcast.Plane;

namespace Dynode.Broadcast.Framed.Servers;

/// <summary>
/// The servers of the shared log, in the order of the backend set, those that retire last: who votes, how much more the log may
/// take, and who loses what when it may not. In turns only.
/// </summary>
internal sealed class FramedDeliveries(Sequencer sequencer)
{
    /// <summary>How long a server that has returned must have been current before it takes the primary's place from one that works.</summary>
    private static readonly TimeSpan TakeOverAfter = TimeSpan.FromSeconds(10);

    private readonly List<FramedDelivery> _all = [];
    private readonly Stack<int> _freeIds = new();
    private ImmutableArray<FramedDelivery> _configured = [];
    private FramedDelivery? _primary;
    private long _floor;
    private int _version;
    private int _nextId;

    /// <summary>Who votes on what enters the log now.</summary>
    public VoterSet Voters { get; private set; } = VoterSet.Empty;

    /// <summary>No server votes now, but one may in a moment: it is being connected to, or catches up.</summary>
    public bool AnyComing => _configured.Any(delivery => !delivery.IsAway && !delivery.Standing.IsEjected);

    /// <summary>Nothing is under way with any server: all are connected and owe nothing.</summary>
    public bool AreSteady => _all.TrueForAll(delivery => delivery.IsOpen && !delivery.Owes && !delivery.IsRetiring && delivery.Standing.IsCurrent);

    /// <summary>No connection is left.</summary>
    public bool AreQuiet => _all.TrueForAll(delivery => delivery.IsOver);

    /// <summary>Takes the set as it now is: added servers join, removed ones retire, and the order is the set's.</summary>
    public void Reconcile(long now)
    {
        var backends = sequencer.Backends;
        if (_version == backends.Version || sequencer.IsDraining)
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

            var added = new FramedDelivery(sequencer, backend, _freeIds.TryPop(out int id) ? id : _nextId++);
            _all.Add(added);

            // What ran before it came it will never have.
            if (!isFirst && sequencer.Log.Next > 0)
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

    /// <summary>A server's standing has changed: who votes from now on?</summary>
    public void Reelect()
    {
        var current = _configured.Where(delivery => delivery.Standing.IsCurrent).ToList();
        if (current.Exists(delivery => !delivery.HasGap))
            current.RemoveAll(delivery => delivery.HasGap);
        _primary = Elect(current);
        if (sequencer.Settings.FramedReply == FramedReply.Primary && _primary is not null)
        {
            current.Remove(_primary);
            current.Insert(0, _primary);
        }

        ImmutableArray<FramedDelivery> voters = [.. current];
        if (!Voters.Equals(voters, _configured))
            Voters = new VoterSet(voters, _configured);
    }

    /// <summary>Whether somebody other than <paramref name="delivery"/> votes.</summary>
    public bool HasOtherVoter(FramedDelivery delivery) => Voters.Count > (Voters.RankOf(delivery) >= 0 ? 1 : 0);

    /// <summary>Whether so many bytes more are within the backlog of every server that clients wait for.</summary>
    public bool HasRoom(long length)
    {
        long limit = sequencer.Log.Log.Tail + length - sequencer.Settings.BacklogBytesMax;
        if (limit <= _floor)
            return true;

        // Within a turn cursors only go forward, so below what was found there is room.
        long floor = sequencer.Log.Log.Tail;
        foreach (var delivery in _all)
        {
            if (Holds(delivery))
                floor = Math.Min(floor, delivery.Cursor.Position);
        }

        _floor = floor;
        return limit <= floor;
    }

    /// <summary>Clients wait. Those servers that hold them so are seen to.</summary>
    public void Hold(long now)
    {
        if (HasRoom(1 + (sequencer.Settings.BacklogBytesMax / 4)))
            return;
        foreach (var delivery in _all)
        {
            if (Holds(delivery) && IsFull(delivery))
                delivery.Standing.Hold(now, SomebodyGoesOn(now));
        }
    }

    /// <summary>Memory for backlogs is spent: the farthest behind of those without a connection loses its oldest requests, else the farthest ejected.</summary>
    public void FreeMemory()
    {
        var farthest = _all.Where(delivery => delivery.IsInLog && delivery.IsAway && delivery.Lag > 0).MaxBy(delivery => delivery.Lag)
            ?? _all.Where(delivery => delivery.IsInLog && delivery.Standing.IsEjected && delivery.Lag > 0).MaxBy(delivery => delivery.Lag);
        if (farthest is null)
            return;
        farthest.EndConnection(sequencer.Plane.Clock.Now, "memory is short and it is far behind");
        farthest.DropOldest(DropReason.Memory, Math.Max(0, farthest.Lag - (sequencer.Settings.BacklogBytesMax / 16) - 1));
    }

    /// <summary>Reads the primary ahead of the others: where its reply is the answer, theirs are votes on what is decided, and none is kept.</summary>
    public void ReadPrimary(long now)
    {
        if (_primary?.Connection is { } connection)
            sequencer.Run(connection, now);
    }

    /// <summary>A client has taken some of its replies: who waited for that reads on.</summary>
    /// <param name="all">Pages came free: so do those who found none.</param>
    public void ReadOn(bool all = false)
    {
        foreach (var delivery in _all)
        {
            if (delivery.Connection is { } connection && (all || connection.IsPaused))
                connection.ReadOn();
        }
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
    public void Pump(long now)
    {
        foreach (var delivery in _all)
        {
            // The broadcaster stops: who is away, or was lost since, is not waited for.
            if (sequencer.IsDraining && !delivery.IsOpen)
                delivery.GiveUp(DropReason.Shutdown);
            delivery.Pump(now);
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
            _freeIds.Push(delivery.Id);
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

    private bool IsFull(FramedDelivery delivery) => delivery.Lag > sequencer.Settings.BacklogBytesMax / 4 * 3;

    /// <summary>
    /// Who holds nobody loses what does not fit. One that is ejected loses half of what it is behind, so that this is seldom: a connection
    /// of it ends for that, and one that began with a full backlog would at the next request.
    /// </summary>
    private void Overflow(FramedDelivery delivery, long now)
    {
        long max = sequencer.Settings.BacklogBytesMax;
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
        long now = sequencer.Plane.Clock.Now;
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
