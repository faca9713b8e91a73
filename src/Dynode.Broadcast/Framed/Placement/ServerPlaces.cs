using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Framed.Once;
using Dynode.Broadcast.Framed.Servers;
using Dynode.Broadcast.Plane;
using Dynode.Streams;
using Dynode.Streams.Claims;

namespace Dynode.Broadcast.Framed.Placement;

/// <summary>
/// A claim for each server of the set, and from where on it is sent what: a server joins the log when all entries up to its place are in it. In turns only, but for what the
/// claims themselves do.
/// </summary>
internal sealed class ServerPlaces : IServerPlaces, IAsyncDisposable
{
    /// <summary>After so much longer than a lease nobody waits for answers that do not come.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(3);

    private readonly DataPlane _plane;
    private readonly PlaceMarks _marks;
    private readonly Action _wake;
    private readonly Dictionary<BackendAddress, PlacedServer> _servers = [];
    private volatile bool _hasChanged;
    private long _askedAt = Clock.Never;
    private StreamIdentity? _stream;
    private ulong _counted;
    private ulong _placed;
    private ulong _last;
    private bool _isEmpty;

    public ServerPlaces(DataPlane plane, OrderedLog ordered, PlaceMarks marks, Action wake)
    {
        (_plane, _marks, _wake) = (plane, marks, wake);
        Others = new OtherBroadcasters(plane, ordered, Changed);
    }

    /// <summary>Who else delivers.</summary>
    public OtherBroadcasters Others { get; }

    /// <inheritdoc/>
    public void Follow(IReadOnlyList<Backend> backends)
    {
        if (_askedAt == Clock.Never && backends.Count > 0)
            _askedAt = _plane.Clock.Now;
        string[] names = [.. backends.Select(backend => Others.NameOf(backend.Address))];
        Others.List(names);
        for (int i = 0; i < names.Length; i++)
        {
            if (!_servers.ContainsKey(backends[i].Address))
                _servers.Add(backends[i].Address, new PlacedServer(names[i], Others.NewClaim(names[i]), () => _stream));
        }

        foreach (var (address, server) in _servers)
            server.IsWanted = backends.Any(backend => backend.Address.Equals(address));
    }

    /// <inheritdoc/>
    public bool TakeChanged()
    {
        // Never the other way round: a change that comes between is seen next time.
        if (!_hasChanged)
            return false;
        _hasChanged = false;

        // Those that only waited to know who else would have them.
        if (Others.TakeNews())
        {
            foreach (var server in _servers.Values.Where(static server => server.Claim.State == ClaimState.Asked))
                server.Claim.Hurry();
        }

        return true;
    }

    /// <summary>What lies beside the stream can be asked now: nobody waits for the next second.</summary>
    public void Hurry()
    {
        Others.Hurry();
        foreach (var server in _servers.Values)
            server.Claim.Hurry();
    }

    /// <summary>All have answered, or nobody does: reading may begin. A claim that is another's still, or comes late, is no reason to wait: its server catches up.</summary>
    public bool AreKnown(long now) =>
        _askedAt != Clock.Never
        && (_servers.Values.All(server => server.Claim.State != ClaimState.Asked) || now - _askedAt >= (_plane.Settings.ClaimLease + Grace).Ticks);

    /// <summary>The earliest place in a stream, not before a number, at which one of this broadcaster's stands; null: none is known.</summary>
    public ServerPlace? Earliest(StreamIdentity stream, ulong from, ulong last) => _servers.Values
        .Where(server => server.Claim.State == ClaimState.Held)
        .Select(server => server.Claim.Place)
        .Where(place => place is not null && place.Stream == stream.ToString() && place.Number >= from && place.Number <= last)
        .MinBy(place => place!.Number);

    /// <summary>Reading has begun.</summary>
    /// <param name="stream">That is read.</param>
    /// <param name="placed">All entries up to this one are behind the log's beginning.</param>
    /// <param name="last">The highest number that the stream is known to have given.</param>
    /// <param name="isEmpty">There is no request in them.</param>
    public void Begin(StreamIdentity stream, ulong placed, ulong last, bool isEmpty)
    {
        (_stream, _counted, _placed, _last, _isEmpty) = (stream, placed, placed, last, isEmpty);
        Changed();
    }

    /// <summary>A parcel counts, and is placed next: who stands before it, and comes later, has missed it.</summary>
    public void Counts(in StreamParcel parcel)
    {
        _counted = parcel.Number;
        _isEmpty &= parcel.Head.Count == 0;
    }

    /// <summary>All entries up to this one are in the log.</summary>
    /// <param name="placed">In the stream.</param>
    /// <param name="last">The highest number that the stream is known to have given.</param>
    /// <returns>True: some server stands there, and must join before anything follows.</returns>
    public bool Reach(ulong placed, ulong last)
    {
        (_placed, _last) = (placed, last);
        foreach (var server in _servers.Values)
        {
            if (server.Awaits > placed)
                continue;
            _hasChanged = true;
            return true;
        }

        return false;
    }

    /// <inheritdoc/>
    public ServerClaimed Of(Backend backend, bool isServed, out DropReason? gap, out PlaceBehind? behind)
    {
        (gap, behind) = (null, null);
        if (_stream is null || !_servers.TryGetValue(backend.Address, out var server))
            return ServerClaimed.NotYet;
        server.Awaits = ulong.MaxValue;
        var state = server.Claim.State;
        if (state != ClaimState.Held)
        {
            if (state == ClaimState.Taken && server.Said != server.Claim.Text)
                _plane.Logger.ServerTaken(backend.Address, server.Said = server.Claim.Text);
            if (!server.HasJoined)
                return ServerClaimed.NotYet;
            server.HasJoined = false;
            _plane.Logger.ServerLost(backend.Address, server.Claim.Text);
            return ServerClaimed.NoMore;
        }

        if (server.Claim.Rather is { } rather)
        {
            if (server.HasJoined)
                _plane.Logger.ServerYielded(backend.Address, rather.Where);
            (server.HasJoined, server.IsLeaving) = (false, true);
            return ServerClaimed.Leaves;
        }

        // Who would rather have had it is gone before it has left: it goes on as if nothing had been.
        if (server.IsLeaving && isServed)
            server.HasJoined = true;
        server.IsLeaving = false;
        if (server.HasJoined && isServed)
            return ServerClaimed.Yes;

        // One that had left, and is wanted again, stands where it was last said to stand.
        var place = server.Claim.Place;
        var decision = PlaceDecision.Of(place, _stream, _counted, _placed, _last, _isEmpty);
        server.HasJoined = decision.Joins;
        if (!decision.Joins)
        {
            server.Awaits = place!.Number;
            return ServerClaimed.NotYet;
        }

        gap = decision.Gap;
        if (place?.Stream == _stream.ToString() && gap is null or DropReason.Earlier && _marks.IsOther(place!.Table.Span))
            gap = DropReason.Forked;
        if (decision.IsBehind)
            behind = new PlaceBehind(place!.Number, 0, place.Table);
        server.KeptRun = place?.Run;
        _plane.Logger.ServerBegins(backend.Address, behind?.Number ?? _placed, gap is null ? "with no gap" : $"with a gap: {gap}");

        // Before anything is sent to it: who died then would leave it without a place. One that has a word of its own needs none, and would seem to have lost it.
        bool isOnce = _plane.Settings is { Protocol: Protocol.Redis, ExactlyOnce: true };
        if (place is null && !isOnce && _marks.TableAt(_placed) is { } table)
            server.Claim.Stands(new ServerPlace(_stream.ToString(), _placed, table, gap is not null));
        return ServerClaimed.Yes;
    }

    /// <summary>Where each server stands, and whose it is.</summary>
    /// <param name="stream">That is read; null: it is not known.</param>
    /// <param name="last">The highest number that it is known to have given.</param>
    /// <param name="now">Of servers that have joined: the newest entry of which it has all; 0: not known.</param>
    public (BackendAddress Server, OrderedPlace Place)[] Figures(StreamIdentity? stream, ulong last, IReadOnlyDictionary<BackendAddress, ulong> now)
    {
        string? read = stream?.ToString();
        return [.. _servers.Select(entry =>
        {
            var claim = entry.Value.Claim;
            ulong said = claim.Place is { } place && place.Stream == read ? place.Number : 0;
            ulong number = entry.Value.HasJoined ? Math.Max(said, now.GetValueOrDefault(entry.Key)) : said;
            ulong? known = number > 0 ? number : null;
            return (entry.Key, new OrderedPlace(claim.State, claim.State != ClaimState.Held ? claim.Text : claim.Overdue > TimeSpan.Zero ? "this broadcaster, and its claim was not renewed in time" : "", known, known is null ? null : last - Math.Min(last, number)));
        })];
    }

    /// <inheritdoc/>
    public string? KeptRun(Backend backend) => _servers.GetValueOrDefault(backend.Address)?.KeptRun;

    /// <inheritdoc/>
    public IClaimed ClaimOf(Backend backend) => _servers[backend.Address];

    /// <inheritdoc/>
    public ServerPlace? Written(Backend backend) => _servers.GetValueOrDefault(backend.Address)?.Claim.Written;

    /// <summary>Where a server that has joined stands now.</summary>
    public void Stands(BackendAddress address, ServerPlace place)
    {
        if (_servers.TryGetValue(address, out var server) && (server.HasJoined || server.IsLeaving))
            server.Claim.Stands(place);
    }

    /// <summary>Looks which can be reached from here: one that cannot for a lease is to be had by whoever else can.</summary>
    /// <param name="isReached">It is connected, or not known to be away.</param>
    public void Look(Func<BackendAddress, bool> isReached)
    {
        foreach (var (address, server) in _servers)
        {
            bool reaches = server.Reaches(_plane.Clock.Now, isReached(address), _plane.Settings.ClaimLease.Ticks);
            if (Others.TryNoteReach(server.Name, reaches) && !reaches)
                _plane.Logger.ServerUnreached(address);
        }
    }

    /// <inheritdoc/>
    public void Left(Backend backend, in ServerLeft left)
    {
        if (_servers.TryGetValue(backend.Address, out var server))
            server.Left = left;
    }

    /// <summary>Those that have left the log since this was asked last.</summary>
    public IEnumerable<(BackendAddress Server, ServerLeft Left)> TakeLeft()
    {
        foreach (var (address, server) in _servers)
        {
            if (server.Left is not { } left)
                continue;
            server.Left = null;
            yield return (address, left);
        }
    }

    /// <summary>Those that were removed from the set, or that others would rather have, and are sent nothing more: others may have them at once.</summary>
    /// <param name="isServed">The log owes it something yet.</param>
    public void LetGo(Func<BackendAddress, bool> isServed)
    {
        foreach (var (address, server) in _servers)
        {
            if (server.IsLeaving && server.IsWanted && !isServed(address))
            {
                server.IsLeaving = false;
                server.Claim.Yield();
            }

            if (server.IsWanted || isServed(address))
                continue;
            _servers.Remove(address);

            // It says nothing that could be waited for: where it fails, the lease runs out.
            _ = ReleaseAsync(server.Claim);
        }
    }

    /// <summary>Nothing more is sent to anybody: others may have them at once, at the places said last.</summary>
    public Task ReleaseAsync(CancellationToken cancellation) =>
        Task.WhenAll([.. _servers.Values.Select(server => server.Claim.ReleaseAsync(null, cancellation)), Others.LeaveAsync(cancellation)]);

    /// <summary>Nothing is asked or said any more.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers.Values)
            await server.Claim.DisposeAsync().ConfigureAwait(false);
        await Others.DisposeAsync().ConfigureAwait(false);
    }

    private static async Task ReleaseAsync(ServerClaim claim)
    {
        using var patience = new CancellationTokenSource(Grace);
        await claim.ReleaseAsync(null, patience.Token).ConfigureAwait(false);
    }

    private void Changed()
    {
        _hasChanged = true;
        _wake();
    }
}
