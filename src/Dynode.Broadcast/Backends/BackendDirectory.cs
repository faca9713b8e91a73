using System.Collections.Immutable;
using System.Net.Sockets;
using Dynode.Broadcast.Plane;
using Dynode.Broadcast.Transport;

namespace Dynode.Broadcast.Backends;

/// <summary>
/// The backends that are configured now, in order, and those that retire. Changed whole; sessions see by
/// <see cref="Version"/> that it changed and take the new set in their next turn.
/// </summary>
internal sealed class BackendDirectory(DataPlane plane, NameLookups lookups, IServerTls? tls = null) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly ServerTls _tls = new(tls, plane.Settings.HandshakesMax);
    private readonly Dictionary<BackendAddress, (Backend Backend, long Until)> _retiring = [];
    private readonly Dictionary<BackendAddress, BackendOrder> _orders = [];
    private readonly Dictionary<BackendAddress, HandedServer> _handed = [];
    private ImmutableArray<Backend> _current = [];
    private long _handedUntil = Clock.Never;
    private int _version;

    /// <summary>In the order of the set.</summary>
    public ImmutableArray<Backend> Current
    {
        get
        {
            lock (_lock)
                return _current;
        }
    }

    /// <summary>Grows with each change.</summary>
    public int Version => Volatile.Read(ref _version);

    public void Apply(BackendSet set)
    {
        List<Backend> added = [];
        List<Backend> removed = [];
        List<Backend> otherwise = [];
        lock (_lock)
        {
            var before = _current.ToDictionary(backend => backend.Address);
            var now = ImmutableArray.CreateBuilder<Backend>(set.Addresses.Length);
            foreach (var address in set.Addresses)
            {
                if (before.Remove(address, out var backend))
                {
                    now.Add(backend);
                    if (backend.Calls.TryChange(address))
                        otherwise.Add(backend);
                    continue;
                }

                // Added again before it has retired it is the same one.
                backend = _retiring.Remove(address, out var retiring) ? retiring.Backend : new Backend(address, plane, lookups, _tls);
                backend.Calls.TryChange(address);
                backend.Order = _orders.GetValueOrDefault(address);
                now.Add(backend);
                added.Add(backend);
            }

            long until = plane.Clock.Now + plane.Settings.LingerTimeout.Ticks;
            foreach (var backend in before.Values)
            {
                removed.Add(backend);
                _retiring[backend.Address] = (backend, until);
            }

            _current = now.DrainToImmutable();
            Volatile.Write(ref _version, _version + 1);
        }

        foreach (var backend in added)
            plane.Logger.BackendAdded(backend.Address);

        // That it failed in one way is no reason to wait before it is tried in another.
        foreach (var backend in otherwise)
            backend.Found(isNew: true);
        foreach (var backend in removed)
            plane.Logger.BackendRemoved(backend.Address, plane.Settings.LingerTimeout.TotalSeconds);
    }

    /// <summary>What the operator wants of a server, now and when it is added again.</summary>
    /// <returns>What it was before; null: there is no such server.</returns>
    public BackendOrder? Order(BackendAddress address, BackendOrder order)
    {
        Backend? backend;
        lock (_lock)
        {
            backend = _current.FirstOrDefault(one => one.Address.Equals(address));
            if (backend is null)
                return null;
            _orders[address] = order;
        }

        var before = backend.Order;
        backend.Order = order;

        // Who waits to connect to it may now; and where it was left alone, it may have moved.
        if (before == BackendOrder.Disabled && order != before)
            backend.LookUpAgain();
        return before;
    }

    /// <summary>How a server stands to what ran before this broadcaster: known before it is in the set.</summary>
    public void HandOver(HandedServer server)
    {
        lock (_lock)
        {
            _handed[server.Address] = server;
            _handedUntil = plane.Clock.Now + plane.Settings.LingerTimeout.Ticks;
        }
    }

    /// <summary>As <see cref="HandOver"/>, where nothing is known yet.</summary>
    public void MarkGap(HandedServer server)
    {
        lock (_lock)
            _handed.TryAdd(server.Address, server);
    }

    /// <summary>Takes what is known of a server from before; null: nothing.</summary>
    public HandedServer? TakeHanded(BackendAddress address)
    {
        lock (_lock)
            return _handed.Remove(address, out var server) ? server : null;
    }

    /// <summary>The operator has made servers equal that have not come yet.</summary>
    /// <param name="order">Which.</param>
    /// <returns>Those that had a gap.</returns>
    public BackendAddress[] CloseGaps(GapOrder order)
    {
        lock (_lock)
        {
            HandedServer[] closed = [.. _handed.Values.Where(server => server.Gap is not null && order.IsAbout(server.Address))];
            foreach (var server in closed)
            {
                if (server.Connection is null)
                    _handed.Remove(server.Address);
                else
                    _handed[server.Address] = server with { Gap = null, FirstMissing = -1 };
            }

            return [.. closed.Select(static server => server.Address)];
        }
    }

    /// <summary>What the operator wants of a server that is not there yet.</summary>
    public void Expect(BackendAddress address, BackendOrder order)
    {
        lock (_lock)
            _orders[address] = order;
    }

    /// <summary>The operator says that names have moved.</summary>
    public void LookUpAgain()
    {
        foreach (var backend in Current)
            backend.LookUpAgain();
    }

    /// <summary>Forgets those whose time to retire has passed, and says which drops have not been said.</summary>
    public void Sweep(bool always)
    {
        List<Backend> gone = [];
        List<Backend> all;
        long now = plane.Clock.Now;
        lock (_lock)
        {
            foreach (var (address, (backend, until)) in _retiring)
            {
                // A little later than its sessions, which count what they give up.
                if (now > until + BackendReport.Interval.Ticks && _retiring.Remove(address))
                    gone.Add(backend);
            }

            if (now > _handedUntil)
                LetHandedGo();
            all = [.. _current, .. _retiring.Values.Select(retiring => retiring.Backend), .. gone];
        }

        foreach (var backend in all)
            backend.Report.Flush(always);
        foreach (var backend in gone)
            backend.Dispose();
    }

    public ImmutableArray<BackendSnapshot> Snapshot()
    {
        lock (_lock)
        {
            return
            [
                .. _current.Select(backend => backend.Snapshot()),
                .. _retiring.Values.Select(retiring => retiring.Backend.Snapshot() with { IsRemoved = true }),
            ];
        }
    }

    public void Dispose()
    {
        Sweep(always: true);
        lock (_lock)
        {
            foreach (var backend in _current.Concat(_retiring.Values.Select(retiring => retiring.Backend)))
                backend.Dispose();
            LetHandedGo();
        }
    }

    /// <summary>Connections of servers that have not come into the set: nobody waits for their end any more. What is known of their gaps stays.</summary>
    private void LetHandedGo()
    {
        _handedUntil = Clock.Never;
        foreach (var server in _handed.Values.ToList())
        {
            if (server.Connection is not { } connection)
                continue;
            _handed[server.Address] = server with { Connection = null };

            // Half a request must not look like a whole one.
            if (!connection.Rest.IsEmpty)
                connection.Socket.LingerState = new LingerOption(true, 0);
            connection.Socket.Dispose();
        }
    }
}
