using System.Collections.Immutable;
using System.Text;
using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Framed.Answers;
using Dynode.Broadcast.Framed.Once;
using Dynode.Broadcast.Framed.Sequence;
using Dynode.Broadcast.Plane;

namespace Dynode.Broadcast.Framed.Servers;

/// <summary>
/// The servers of the shared log, in the order of the backend set, those that retire last, and who of them votes. How much more the log may
/// take is <see cref="LogRoom"/>'s. In turns only.
/// </summary>
internal sealed class FramedDeliveries : IServers, IElection
{
    private readonly ServerParts _parts;
    private readonly BackendDirectory _backends;
    private readonly IServerPlaces? _places;
    private readonly List<FramedDelivery> _all;
    private readonly LogRoom _room;
    private readonly Election _election;
    private readonly Stack<int> _freeIds = new();
    private ImmutableArray<FramedDelivery> _configured = [];
    private int _version;
    private int _nextId;

    /// <param name="parts">What each is made with.</param>
    /// <param name="backends">The set.</param>
    /// <param name="places">Where servers stand in an order that is not this broadcaster's own; null: it is.</param>
    public FramedDeliveries(ServerParts parts, BackendDirectory backends, IServerPlaces? places)
    {
        (_parts, _backends, _places, _all) = (parts, backends, places, []);
        (_room, _election, Handover, Leaving) = (new LogRoom(parts, _all), new Election(parts), new Handover(parts, _all), new LogLeaving(parts, _all));
    }

    /// <inheritdoc/>
    public VoterSet Voters => _election.Voters;

    /// <inheritdoc/>
    public VoterSet VotersOf(byte protocol) => _election.VotersOf(protocol);

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

    public Handover Handover { get; }

    /// <summary>Where the log does not go on behind its end.</summary>
    public LogLeaving Leaving { get; }

    /// <summary>Those that the log owes something, or will.</summary>
    public IEnumerable<FramedDelivery> InLog => _all.Where(static delivery => delivery.IsInLog);

    /// <summary>The broadcaster stops: no server is added any more, and who is away is not waited for.</summary>
    public bool IsDraining { get; set; }

    /// <summary>Nothing is under way with any server: all are connected and owe nothing.</summary>
    public bool AreSteady => _all.TrueForAll(delivery => IsLeftAlone(delivery)
        || (!delivery.Standing.Closing.IsOn && delivery.IsOpen && !delivery.Owes && !delivery.IsRetiring && (delivery.Standing.IsCurrent || delivery.Standing.IsEjected)));

    private static bool IsLeftAlone(FramedDelivery delivery) => delivery is { Backend.IsDisabled: true, IsRetiring: false, Connection: null };

    /// <summary>No connection is left.</summary>
    public bool AreQuiet => _all.TrueForAll(delivery => delivery.IsOver);

    /// <summary>Takes the set as it now is: added servers join, removed ones retire, and the order is the set's.</summary>
    public void Reconcile(long now)
    {
        bool isNew = _version != _backends.Version;
        if ((!isNew && _places?.TakeChanged() != true) || IsDraining)
            return;
        _version = _backends.Version;
        if (isNew)
            _places?.Follow(_backends.Current);
        var were = _all.ToList();
        _all.Clear();
        foreach (var backend in _backends.Current)
        {
            DropReason? gap = null;
            PlaceBehind? behind = null;
            var claimed = _places?.Of(backend, were.Exists(delivery => delivery.Backend == backend && delivery.IsInLog), out gap, out behind) ?? ServerClaimed.Yes;
            if (claimed == ServerClaimed.NoMore)
                were.Find(delivery => delivery.Backend == backend)?.Departure.GiveUpToAnother();
            if (claimed == ServerClaimed.Leaves)
                were.Find(delivery => delivery.Backend == backend)?.Retire(now, soon: true);
            if (claimed != ServerClaimed.Yes)
                continue;
            int index = were.FindIndex(delivery => delivery.Backend == backend && delivery.TryReturn());
            if (index >= 0)
            {
                _all.Add(were[index]);
                were.RemoveAt(index);
                continue;
            }

            var added = new FramedDelivery(_parts, this, backend, _freeIds.TryPop(out int id) ? id : _nextId++, MarkOf(backend, gap), _places?.ClaimOf(backend));
            added.Standing.Obey(now);
            _all.Add(added);
            Join(added, gap, behind, now);
        }

        _configured = [.. _all];
        foreach (var removed in were)
        {
            removed.Retire(now);
            _all.Add(removed);
        }

        Reelect();
    }

    /// <summary>Its own word wins; what is known otherwise counts where it has none.</summary>
    private ServerMark? MarkOf(Backend backend, DropReason? gap) => _parts.Places is not { } places || _places is not { } claims
        ? null
        : new ServerMark(places, Encoding.UTF8.GetBytes(_parts.Plane.Settings.ExactlyOnceKey), claims.KeptRun(backend), gap);

    private void Join(FramedDelivery added, DropReason? gap, PlaceBehind? behind, long now)
    {
        if (gap is { } reason && added.Once is null)
            added.Standing.Missed(reason, 0);
        if (added.Once is { } once)
            once.Mark.Kept = behind;
        else if (behind is { } place)
            _parts.CatchUp!.GoOnAt(added, place);
        if (_places is not null)
            return;
        var before = _backends.TakeHanded(added.Backend.Address);
        if (before is not null)
            added.GoOnFrom(before, now);

        // What ran before it came it will never have: here, or before this log began where nothing is known of it.
        if (_parts.Log.Next > _parts.Log.First || (before is null && _parts.Log.Next > 0))
            added.Standing.Missed(DropReason.Added, 0);
    }

    /// <inheritdoc/>
    public void Reelect() => _election.Hold(_configured);

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
        if (_election.Primary?.Connection is { } connection)
            _parts.Turns.Run(connection, now);
    }

    /// <summary>Draws the conclusions of what was read in a turn.</summary>
    public void Settle(long now)
    {
        foreach (var delivery in _all)
        {
            delivery.Standing.Settle(now);
            delivery.Standing.Closing.Look();
        }

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
                delivery.Departure.GiveUp(DropReason.Shutdown);
            delivery.Pump(now, noMoreComes);
            if (_places is not null)
                NoteLeft(delivery, _places);
        }

        if (IsDraining)
            Handover.Look(noMoreComes);
    }

    /// <summary>What time has decided.</summary>
    public void Tick(long now)
    {
        for (int i = _all.Count - 1; i >= 0; i--)
        {
            var delivery = _all[i];
            delivery.Tick(now);
            if (_places is not null)
                NoteLeft(delivery, _places);
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

    private static void NoteLeft(FramedDelivery delivery, IServerPlaces places)
    {
        if (delivery.Departure.TakeLeft() is { } left)
            places.Left(delivery.Backend, left);
    }

    /// <summary>Everything ends now.</summary>
    public void Abort()
    {
        foreach (var delivery in _all)
            delivery.Departure.GiveUp(DropReason.Shutdown, atOnce: true);
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

    /// <summary>How each stands to the log that has a part in it.</summary>
    public (BackendAddress Address, FramedStanding Standing)[] Standings()
    {
        var all = new (BackendAddress, FramedStanding)[_all.Count];
        bool byPrimary = _parts.Plane.Settings.FramedReply == FramedReply.Primary;
        for (int i = 0; i < all.Length; i++)
        {
            var delivery = _all[i];
            all[i] = (delivery.Backend.Address, StandingReport.Of(delivery, _parts, byPrimary && delivery == _election.Primary, Voters.RankOf(delivery.Voter) >= 0));
        }

        return all;
    }

    /// <summary>Others wait for the replies behind those of a client who does not take them.</summary>
    private static void CheckReader(FramedDelivery delivery, long now)
    {
        if (delivery.Connection?.Matcher?.WaitsFor is { } client && client.HoldsTooLong(now))
            client.Tear(ClientEnd.OfMemory("more replies than max_reply_bytes wait for it, and others behind them"));
    }
}
