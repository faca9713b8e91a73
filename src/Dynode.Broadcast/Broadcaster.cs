using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Framed;
using Dynode.Broadcast.Listening;
using Dynode.Broadcast.Plane;
using Dynode.Broadcast.Raw;
using Dynode.Broadcast.Transport;
using Dynode.Log;
using Microsoft.Extensions.Logging;

namespace Dynode.Broadcast;

/// <summary>
/// The one door to the data plane. Made with checked settings; nothing behind it calls back up.
/// Every member may be called from any thread.
/// </summary>
public sealed class Broadcaster : IDisposable
{
    /// <summary>How often idle slabs are given back, and lines said that were held back.</summary>
    private static readonly TimeSpan Housekeeping = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan AbortPatience = TimeSpan.FromSeconds(5);

    private readonly DataPlane _plane;
    private readonly BackendDirectory _backends;
    private readonly Admission _admission;
    private readonly IClientele _clientele;
    private readonly ListenerSet _listeners;
    private readonly Lock _lock = new();
    private readonly ITimer _housekeeping;
    private volatile bool _open;
    private volatile bool _ended;

    /// <summary>Assigns; opens nothing.</summary>
    /// <param name="settings">Checked.</param>
    /// <param name="logger">Takes every line.</param>
    /// <param name="time">The clock.</param>
    /// <param name="lookups">What servers' names are looked up by.</param>
    /// <param name="ordered">Framed: makes the engine whose order this broadcaster follows, with the pages that it may take; null: the order is its own.</param>
    /// <param name="tls">Where a port is set on which clients speak TLS: what they are shown.</param>
    /// <param name="serverTls">Which servers are believed that are spoken to by TLS; null: none is.</param>
    public Broadcaster(BroadcastSettings settings, ILogger logger, TimeProvider time, NameLookups lookups, Func<PagePool, OrderedLog>? ordered = null, IClientTls? tls = null, IServerTls? serverTls = null)
    {
        _plane = new DataPlane(settings, logger, time);
        _backends = new BackendDirectory(_plane, lookups, serverTls);
        _admission = new Admission(_plane, _backends, sharesConnections: _plane.IsFramed);
        _clientele = _plane.IsFramed ? new FramedClientele(_plane, _backends, _admission, Speech.Of(settings.Protocol, settings.Framing), Speech.PolicyOf(settings.FramedReply), ordered?.Invoke(_plane.Pool)) : new SessionDirectory(_plane, _backends, _admission);
        _listeners = new ListenerSet(_plane, _admission, _clientele, tls is null ? null : new TlsDoor(_plane, _clientele, _admission, tls));
        _housekeeping = time.CreateTimer(static state => ((Broadcaster)state!).KeepHouse(), this, Housekeeping, Housekeeping);
    }

    /// <summary>Where it listens, once bound: with the ports that the system chose.</summary>
    public IReadOnlyList<IPEndPoint> EndPoints => _plane.OwnEndPoints;

    /// <summary>Bytes that clients have sent, until now.</summary>
    public long ReceivedBytes => _plane.Traffic.ReceivedBytes;

    /// <summary>Bytes that the pages' pool holds now, rented or free.</summary>
    public long HeldBytes => _plane.Pool.Snapshot().SlabBytes;

    /// <summary>Clients are let in: the first servers are known, and the end has not begun.</summary>
    public bool IsAccepting => _open && !_ended;

    /// <summary>Takes the configured addresses without accepting on them yet.</summary>
    /// <exception cref="ListenException">An address cannot be had.</exception>
    public void Bind() => Bind([]);

    /// <summary>As <see cref="Bind()"/>, but where there are some takes sockets over that are bound already.</summary>
    /// <param name="inherited">They belong to the broadcaster from now on.</param>
    /// <exception cref="ListenException">An address cannot be had.</exception>
    public void Bind(IReadOnlyCollection<Socket> inherited)
    {
        lock (_lock)
            _listeners.Bind(inherited);
    }

    /// <summary>Makes <paramref name="set"/> the servers of every session. The first non-empty one opens the listener for clients.</summary>
    /// <exception cref="ListenException">It was the first, and the address was taken meanwhile.</exception>
    public void Apply(BackendSet set)
    {
        lock (_lock)
        {
            if (_ended)
                return;
            _backends.Apply(set);
            _admission.SayClientsMax();
            if (!_open && !set.Addresses.IsEmpty)
                Open(set);
        }

        _clientele.SetChanged();
    }

    /// <summary>Makes <paramref name="settings"/> those of all that runs; the ones that need a restart are not looked at.</summary>
    public void Apply(BroadcastSettings settings)
    {
        lock (_lock)
        {
            _plane.Settings = settings.Reloaded(_plane.Settings);
            _plane.Pool.BytesMax = settings.MemoryBytesMax;
            _admission.SayClientsMax();
        }

        _clientele.SettingsChanged();
    }

    /// <summary>The operator says that names have moved: those of servers are looked up again, as every <see cref="BroadcastSettings.NameRefresh"/>.</summary>
    public void LookUpAgain() => _backends.LookUpAgain();

    /// <summary>The operator has made servers equal: they have no gap any more. With an ordered log it is waited for that this is written where the next broadcaster looks.</summary>
    /// <param name="order">Which, and whatever their gaps are.</param>
    /// <returns>What became of it, server by server; raw: nothing.</returns>
    public Task<ImmutableArray<GapClosed>> CloseGapsAsync(GapOrder order) => _clientele.CloseGapsAsync(order);

    /// <summary>All clients at this moment, in no order.</summary>
    public ClientFigures[] Clients() => _clientele.Figures();

    /// <summary>Framed: the last requests that took <c>slow_request</c> or longer, newest first.</summary>
    public SlowRequest[] SlowRequests() => _clientele.SlowRequests();

    /// <summary>Closes one client; what it sent whole goes on.</summary>
    /// <returns>False: there is none with that number.</returns>
    public bool TryCloseClient(long id) => _clientele.TryCloseClient(id);

    /// <summary>What the operator wants of one server: it stays so, also when it is removed and added again.</summary>
    /// <returns>What it was before; null: there is no such server.</returns>
    public BackendOrder? Order(BackendAddress address, BackendOrder order)
    {
        var before = _backends.Order(address, order);
        if (before is { } was && was != order)
            _clientele.OrdersChanged();
        return before;
    }

    /// <summary>What the operator has wanted of a server before this run: it is so from the moment on in which the server is there.</summary>
    public void Expect(BackendAddress address, BackendOrder order) => _backends.Expect(address, order);

    /// <summary>Values of this moment.</summary>
    public BroadcastSnapshot Snapshot() => SnapshotTaking.Of(_plane, _backends, _admission, _listeners, _clientele);

    /// <summary>One line for each page that somebody holds; empty when all has ended, or there is a leak.</summary>
    public IReadOnlyList<string> DescribeOutstandingPages() => _plane.Pool.DescribeOutstanding();

    /// <summary>For whoever goes on from here: other descriptors of the sockets that it listens on, which belong to the caller.</summary>
    /// <param name="inThisProcess">That is this very process.</param>
    /// <exception cref="SocketException">There are none to be had.</exception>
    public ImmutableArray<Socket> DuplicateListeners(bool inThisProcess)
    {
        lock (_lock)
            return _listeners.Duplicate(inThisProcess);
    }

    /// <summary>
    /// How a server stands to what ran before, unless it is known already: it has a gap when it comes into the set. To be called before the
    /// first <see cref="Apply(BackendSet)"/>; framed only.
    /// </summary>
    /// <param name="address">The server.</param>
    /// <param name="reason">Why it has missed something.</param>
    /// <param name="first">The number of the first request that it missed.</param>
    public void MarkGap(BackendAddress address, DropReason reason, long first) => _backends.MarkGap(new HandedServer(address, reason, first, null));

    /// <summary>Goes on from where another broadcaster has ended. To be called before the first <see cref="Apply(BackendSet)"/>; framed only.</summary>
    public void GoOnFrom(HandedOver before)
    {
        _clientele.GoOnFrom(before.Next);
        foreach (var server in before.Servers)
            _backends.HandOver(server);
    }

    /// <summary>
    /// Another broadcaster is to go on from here. Framed: lets nobody in, reads no client any more, and has the servers do what the log holds;
    /// those that have not by then have a gap. Raw: nothing changes until the end. <see cref="LeaveAsync"/> follows, when the other one has taken it.
    /// </summary>
    /// <param name="timeout">How long servers are waited for.</param>
    /// <param name="whole">Framed: told of each server that has had everything, as soon as it has; it may leave word and no more.</param>
    public async Task<HandedOver> HandOverAsync(TimeSpan timeout, Action<BackendAddress> whole)
    {
        if (_plane.IsFramed)
            End();
        var delivered = _clientele.Deliver(whole);
        try
        {
            await delivered.WaitAsync(timeout, _plane.Clock.Time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            _clientele.LetGo();

            // A turn or two; the bound is for faults of this program.
            await Task.WhenAny(delivered, Task.Delay(AbortPatience)).ConfigureAwait(false);
        }

        return _clientele.HandOver();
    }

    /// <summary>
    /// Another broadcaster has taken over: nobody comes in any more. Raw: sessions go on to their own ends for the drain timeout, for they
    /// share no order with anybody; those that are left are drained, as <see cref="DrainAsync"/> does.
    /// </summary>
    public async Task LeaveAsync()
    {
        LeaveListeners();
        End();
        var theirTime = Task.Delay(_plane.Settings.DrainTimeout, _plane.Clock.Time);
        await Task.WhenAny(_clientele.ServeOn(), theirTime).ConfigureAwait(false);
        await DrainAsync().ConfigureAwait(false);
    }

    /// <summary>Somebody else goes on with the sockets that clients come to: the file of a unix socket stays at the end.</summary>
    public void LeaveListeners()
    {
        lock (_lock)
            _listeners.Leave();
    }

    /// <summary>
    /// Ends well: no accept, no more reading from clients; what the logs hold goes to the connected servers, replies are
    /// relayed, FIN both ways. Done when all sessions are, at the latest after the drain timeout.
    /// </summary>
    public async Task DrainAsync()
    {
        End();
        RemoveFile();
        var timeout = _plane.Settings.DrainTimeout;
        _plane.Logger.Draining(_clientele.Count, timeout.TotalSeconds);
        var done = _clientele.Drain();
        try
        {
            await done.WaitAsync(timeout, _plane.Clock.Time).ConfigureAwait(false);
            _plane.Logger.Drained();
        }
        catch (TimeoutException)
        {
            _plane.Logger.DrainTimeout(_clientele.Count);
        }

        Dispose();
    }

    /// <summary>Ends at once whatever still runs, and gives every page and descriptor back.</summary>
    public void Dispose()
    {
        End();
        RemoveFile();
        _housekeeping.Dispose();

        // Sessions end in turns of their own, which nothing in them can hold up; the bound is for faults of this program.
        _clientele.Abort().Wait(AbortPatience);
        using (var patience = new CancellationTokenSource(AbortPatience))
            _clientele.ReleaseAsync(patience.Token).Wait(AbortPatience * 2);
        _backends.Dispose();
        _plane.Pool.Trim();
        _plane.Pool.Trim();
    }

    private void Open(BackendSet set)
    {
        _listeners.Open();
        _open = true;
        _plane.Logger.Accepting(set);
    }

    private void RemoveFile()
    {
        lock (_lock)
            _listeners.RemoveFile();
    }

    private void End()
    {
        lock (_lock)
        {
            _ended = true;
            _listeners.Dispose();
        }
    }

    private void KeepHouse()
    {
        _plane.Pool.Trim();
        _backends.Sweep(always: false);
    }
}
