using System.Collections.Immutable;
using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Framed.Answers;
using Dynode.Broadcast.Framed.Sequence;
using Dynode.Broadcast.Plane;
using Dynode.Protocols;

namespace Dynode.Broadcast.Framed.Servers;

/// <summary>
/// The servers of the shared log, in the order of the backend set, those that retire last, and who of them votes. How much more the log may
/// take is <see cref="LogRoom"/>'s. In turns only.
/// </summary>
internal sealed class FramedDeliveries : IServers, IElection
{
    /// <summary>How long a server that has returned must have been current before it takes the primary's place from one that works.</summary>
    private static readonly TimeSpan TakeOverAfter = TimeSpan.FromSeconds(10);

    private readonly ServerParts _parts;
    private readonly BackendDirectory _backends;
    private readonly List<FramedDelivery> _all;
    private readonly LogRoom _room;
    private readonly Stack<int> _freeIds = new();
    private ImmutableArray<FramedDelivery> _configured = [];
    private FramedDelivery? _primary;
    private VoterSet _newest = VoterSet.Empty;
    private int _version;
    private int _nextId;

    public FramedDeliveries(ServerParts parts, BackendDirectory backends)
    {
        (_parts, _backends, _all) = (parts, backends, []);
        _room = new LogRoom(parts, _all);
    }

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
    public bool AreSteady => _all.TrueForAll(delivery => IsLeftAlone(delivery)
        || (delivery.IsOpen && !delivery.Owes && !delivery.IsRetiring && (delivery.Standing.IsCurrent || delivery.Standing.IsEjected)));

    private static bool IsLeftAlone(FramedDelivery delivery) => delivery is { Backend.IsDisabled: true, IsRetiring: false, Connection: null };

    /// <summary>No connection is left.</summary>
    public bool AreQuiet => _all.TrueForAll(delivery => delivery.IsOver);

    /// <summary>Takes the set as it now is: added servers join, removed ones retire, and the order is the set's.</summary>
    public void Reconcile(long now)
    {
        if (_version == _backends.Version || IsDraining)
            return;
        bool isFirst = _version == 0;
        _version = _backends.Version;
        var before = _all.ToList();
        _all.Clear();
        foreach (var backend in _backends.Current)
        {
            int index = before.FindIndex(delivery => delivery.Backend == backend && delivery.TryReturn());
            if (index >= 0)
            {
                _all.Add(before[index]);
                before.RemoveAt(index);
                continue;
            }

            var added = new FramedDelivery(_parts, this, backend, _freeIds.TryPop(out int id) ? id : _nextId++);
            added.Standing.Obey(now);
            _all.Add(added);

            // What ran before it came it will never have.
            if (!isFirst && _parts.Log.Next > 0)
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
        _parts.Framing.ServersAre(LeastOf(current));
        if (current.Exists(delivery => delivery.Standing.Gap is null))
            current.RemoveAll(delivery => delivery.Standing.Gap is not null);
        _primary = Elect(current);
        if (_parts.Plane.Settings.FramedReply == FramedReply.Primary && _primary is not null)
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
    public bool IsOutrun(FramedDelivery delivery)
    {
        foreach (var other in _all)
        {
            if (other.IsInLog && Voters.RankOf(other.Voter) >= 0 && other.Cursor.Position > delivery.Cursor.Position)
                return true;
        }

        return false;
    }

    /// <inheritdoc/>
    public bool HasRoom(long length) => _room.Has(length);

    /// <inheritdoc/>
    public void Hold(long now, bool forMemory) => _room.Hold(now, forMemory);

    /// <inheritdoc/>
    public void HoldNobody(long now) => _room.HoldNobody(now);

    /// <inheritdoc/>
    public void FreeMemory() => _room.FreeMemory();

    /// <summary>Reads the primary ahead of the others: where its reply is the answer, theirs are votes on what is decided, and none is kept.</summary>
    public void ReadPrimary(long now)
    {
        if (_primary?.Connection is { } connection)
            _parts.Turns.Run(connection, now);
    }

    /// <summary>Draws the conclusions of what was read in a turn.</summary>
    public void Settle(long now)
    {
        foreach (var delivery in _all)
            delivery.Standing.Settle(now);
        _room.Settle(now);
    }

    /// <summary>Sends each server what there is for it, and sees to connections.</summary>
    /// <param name="now">The turn's time.</param>
    /// <param name="noMoreComes">Nothing more will enter the log.</param>
    public void Pump(long now, bool noMoreComes)
    {
        foreach (var delivery in _all)
        {
            if (IsDraining)
                delivery.Relocation.Decide(mayMove: false);
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
            delivery.Relocation.Decide(mayMove: !IsDraining);
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

    /// <summary>The operator's orders have changed.</summary>
    public void Obey(long now)
    {
        foreach (var delivery in _all)
        {
            delivery.Standing.Obey(now);
            delivery.Relocation.Decide(mayMove: !IsDraining);
        }
    }

    /// <summary>The operator has made the servers equal.</summary>
    /// <param name="address">This one to the others; null: all.</param>
    /// <returns>How many had a gap.</returns>
    public int CloseGaps(BackendAddress? address)
    {
        int closed = _all.Count(delivery => (address is null || delivery.Backend.Address.Equals(address)) && delivery.Standing.TryCloseGap());
        Reelect();
        return closed;
    }

    /// <summary>How each stands to the log that has a part in it.</summary>
    public (BackendAddress Address, FramedStanding Standing)[] Standings()
    {
        var all = new (BackendAddress, FramedStanding)[_all.Count];
        bool byPrimary = _parts.Plane.Settings.FramedReply == FramedReply.Primary;
        for (int i = 0; i < all.Length; i++)
        {
            var delivery = _all[i];
            all[i] = (delivery.Backend.Address, StandingReport.Of(delivery, _parts, byPrimary && delivery == _primary, Voters.RankOf(delivery.Voter) >= 0));
        }

        return all;
    }

    private FramedDelivery? Elect(List<FramedDelivery> current)
    {
        if (_primary is null || !current.Contains(_primary))
            return current.FirstOrDefault();
        long now = _parts.Plane.Clock.Now;
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
