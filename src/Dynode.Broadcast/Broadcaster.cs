using System.Net;
using System.Net.Sockets;
using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Framed;
using Dynode.Broadcast.Listening;
using Dynode.Broadcast.Plane;
using Dynode.Broadcast.Raw;
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

    private readonly DataPlane _plane;
    private readonly BackendDirectory _backends;
    private readonly Admission _admission;
    private readonly IClientele _clientele;
    private readonly List<Listener> _listeners = [];
    private readonly Lock _lock = new();
    private readonly ITimer _housekeeping;
    private volatile bool _open;
    private volatile bool _ended;

    /// <summary>Assigns; opens nothing.</summary>
    /// <param name="settings">Checked.</param>
    /// <param name="logger">Takes every line.</param>
    /// <param name="time">The clock.</param>
    /// <param name="lookups">What servers' names are looked up by.</param>
    public Broadcaster(BroadcastSettings settings, ILogger logger, TimeProvider time, NameLookups lookups)
    {
        _plane = new DataPlane(settings, logger, time);
        _backends = new BackendDirectory(_plane, lookups);
        _admission = new Admission(_plane, _backends, sharesConnections: _plane.IsFramed);
        _clientele = _plane.IsFramed ? new FramedClientele(_plane, _backends, _admission, Speech.Of(settings.Protocol, settings.Framing), Speech.PolicyOf(settings.FramedReply)) : new SessionDirectory(_plane, _backends, _admission);
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
    public void Bind()
    {
        lock (_lock)
        {
            foreach (var endPoint in ListenAddresses.Of(_plane.Settings))
            {
                int port = endPoint.Port != 0 ? endPoint.Port : _listeners.FirstOrDefault()?.EndPoint.Port ?? 0;
                try
                {
                    _listeners.Add(new Listener(_plane, _clientele, new IPEndPoint(endPoint.Address, port)));
                }
                catch (SocketException e) when (endPoint.IsOptional && e.SocketErrorCode is SocketError.AddressNotAvailable or SocketError.AddressFamilyNotSupported)
                {
                    _plane.Logger.ListenSkipped(new IPEndPoint(endPoint.Address, port));
                }
                catch (SocketException e)
                {
                    Close();
                    throw new ListenException($"cannot listen on {new IPEndPoint(endPoint.Address, port)}: {e.Message}", e);
                }
            }

            _plane.OwnEndPoints = [.. _listeners.Select(listener => listener.EndPoint)];
        }
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
            var now = _plane.Settings;
            _plane.Settings = settings with
            {
                Host = now.Host,
                Port = now.Port,
                AcceptBacklog = now.AcceptBacklog,
                ReuseAddress = now.ReuseAddress,
                Reply = now.Reply,
                Resume = now.Resume,
                Protocol = now.Protocol,
                FramedReply = now.FramedReply,
                InFlightMax = now.InFlightMax,
                Framing = settings.Framing with
                {
                    AllowsCas = now.Framing.AllowsCas,
                    LineFraming = now.Framing.LineFraming,
                    RepliesPerLine = now.Framing.RepliesPerLine,
                },
            };
            _plane.Pool.BytesMax = settings.MemoryBytesMax;
            _admission.SayClientsMax();
        }

        _clientele.SettingsChanged();
    }

    /// <summary>The operator says that names have moved: those of servers are looked up again, as every <see cref="BroadcastSettings.NameRefresh"/>.</summary>
    public void LookUpAgain() => _backends.LookUpAgain();

    /// <summary>The operator has made the servers equal: none, or not this one, has a gap any more.</summary>
    /// <param name="address">This one to the others; null: all.</param>
    /// <returns>How many had one.</returns>
    public int CloseGaps(BackendAddress? address = null) => _clientele.CloseGaps(address);

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

    /// <summary>Values of this moment.</summary>
    public BroadcastSnapshot Snapshot()
    {
        var clientele = _clientele.Snapshot(_backends.Snapshot());
        return new()
        {
            Clients = clientele.Clients,
            Lingering = clientele.Lingering,
            ClientsMax = _admission.ClientsMax,
            Accepted = _admission.Accepted,
            Refused = _admission.Refused,
            AcceptStalls = _listeners.Sum(listener => listener.Stalls),
            Evicted = clientele.Evicted,
            WriteTimeouts = _plane.Traffic.WriteTimeouts,
            Malformed = clientele.Malformed,
            Parts = clientele.Parts,
            PartBytes = clientele.PartBytes,
            Requests = clientele.Requests,
            LogBytes = clientele.LogBytes,
            Tail = clientele.Tail,
            Durations = clientele.Durations,
            Errors = clientele.Errors,
            SlowRequests = clientele.SlowRequests,
            Slots = clientele.Slots,
            Held = clientele.Held,
            IdleTimeouts = _plane.Traffic.IdleTimeouts,
            ReceivedBytes = _plane.Traffic.ReceivedBytes,
            RelayedBytes = _plane.Traffic.RelayedBytes,
            UnreadBytes = _plane.Traffic.UnreadBytes,
            Memory = _plane.Pool.Snapshot(),
            Backends = clientele.Backends,
        };
    }

    /// <summary>One line for each page that somebody holds; empty when all has ended, or there is a leak.</summary>
    public IReadOnlyList<string> DescribeOutstandingPages() => _plane.Pool.DescribeOutstanding();

    /// <summary>
    /// Ends well: no accept, no more reading from clients; what the logs hold goes to the connected servers, replies are
    /// relayed, FIN both ways. Done when all sessions are, at the latest after the drain timeout.
    /// </summary>
    public async Task DrainAsync()
    {
        lock (_lock)
        {
            _ended = true;
            Close();
        }

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
        lock (_lock)
        {
            _ended = true;
            Close();
        }

        _housekeeping.Dispose();

        // Sessions end in turns of their own, which nothing in them can hold up; the bound is for faults of this program.
        _clientele.Abort().Wait(TimeSpan.FromSeconds(5));
        _backends.Dispose();
        _plane.Pool.Trim();
        _plane.Pool.Trim();
    }

    private void Open(BackendSet set)
    {
        foreach (var listener in _listeners)
        {
            try
            {
                listener.Open();
            }
            catch (SocketException e)
            {
                throw new ListenException($"cannot listen on {listener.EndPoint}: {e.Message}", e);
            }

            _plane.Logger.Listening(listener.EndPoint);
        }

        _open = true;
        _plane.Logger.Accepting(set);
    }

    private void Close()
    {
        foreach (var listener in _listeners)
            listener.Dispose();
    }

    private void KeepHouse()
    {
        _plane.Pool.Trim();
        _backends.Sweep(always: false);
    }
}
