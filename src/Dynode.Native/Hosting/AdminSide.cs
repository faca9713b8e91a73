using System.Collections.Immutable;
using System.Net.Sockets;
using Dynode.Broadcast;
using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Listening;
using Dynode.Broadcast.Plane;
using Dynode.Native.Admin;
using Dynode.Native.Certificates;
using Dynode.Native.Configuration;
using Dynode.Native.Hosting.Logging;
using Dynode.Native.Membership;

namespace Dynode.Native.Hosting;

/// <summary>
/// What operators see of a broadcaster, and the doors that they see it through. An admin port that cannot be had ends the start: whoever
/// asked for it must not fly blind. Without a control socket the broadcaster works as well, and says so. Any thread.
/// </summary>
internal sealed class AdminSide : IOperated, IDisposable
{
    private readonly Broadcaster _broadcaster;
    private readonly MembershipService _membership;
    private readonly StderrLogSink _log;
    private readonly Func<HostSettings> _settings;
    private readonly IOperator _operator;
    private readonly ClientTls? _tls;
    private volatile AdminTls? _handshakes;
    private ImmutableArray<AdminDoor> _doors = [];
    private volatile Sampler? _sampler;
    private AdminServer? _server;
    private Task _serving = Task.CompletedTask;
    private volatile bool _isEnding;

    /// <summary>Opens nothing yet.</summary>
    /// <param name="broadcaster">Bound.</param>
    /// <param name="membership">Of its servers.</param>
    /// <param name="log">Takes lines, and has the last ones.</param>
    /// <param name="settings">In force.</param>
    /// <param name="op">Obeys.</param>
    /// <param name="tls">What clients are shown, and those who ask the admin port; null: nobody speaks TLS.</param>
    /// <param name="descriptorsMax">That this process may have.</param>
    public AdminSide(Broadcaster broadcaster, MembershipService membership, StderrLogSink log, Func<HostSettings> settings, IOperator op, ClientTls? tls, long descriptorsMax)
    {
        (_broadcaster, _membership, _log, _settings, _operator, _tls, DescriptorsMax) = (broadcaster, membership, log, settings, op, tls, descriptorsMax);
        Listen = [.. broadcaster.EndPoints.Select(static endPoint => endPoint.ToString()), .. settings().Broadcast.ListenUnix is { Length: > 0 } path ? [UnixPath.Scheme + path] : Array.Empty<string>()];
    }

    /// <inheritdoc/>
    public HostSettings Settings => _settings();

    /// <inheritdoc/>
    public IEnumerable<string> Listen { get; }

    /// <inheritdoc/>
    public bool IsAccepting => _broadcaster.IsAccepting;

    /// <inheritdoc/>
    public bool IsEnding
    {
        get => _isEnding;
        set => _isEnding = value;
    }

    /// <inheritdoc/>
    public MembershipFigures Membership
    {
        get
        {
            MembershipSettings settings = Settings.Membership;
            return new(settings.Servers.Length > 0, settings.AutoUpdate, settings.AutoUpdate ? _membership.Now.Age : null, _membership.Now.Faults, _membership.Now.LastFault, _membership.Now.IsKept);
        }
    }

    /// <inheritdoc/>
    public CertificateFigures? Certificates => _tls is null ? null : new(_tls.End, _tls.Fault);

    /// <inheritdoc/>
    public AdminHandshakes? AdminHandshakes => _handshakes?.Figures;

    /// <inheritdoc/>
    public string SourceOf(BackendAddress server) =>
        Settings.Membership is var settings && settings.Servers.Contains(server) && !settings.Names.Contains(server) ? "file"
        : _membership.Now.IsNamed(server) ? "dns"
        : _membership.IsAdded(server) ? "runtime"
        : Settings.Membership.AutoUpdate ? "url"
        : "removed";

    /// <inheritdoc/>
    public ImmutableArray<OperatedEvent> Events =>
        [.. _log.Events.Newest.Select(static kept => new OperatedEvent(kept.At, kept.Level, kept.Id, kept.Text, kept.NamesKey))];

    /// <inheritdoc/>
    public ClientFigures[] Clients() => _broadcaster.Clients();

    /// <inheritdoc/>
    public SlowRequest[] SlowRequests() => _broadcaster.SlowRequests();

    /// <inheritdoc/>
    public long LogLinesDropped => _log.Dropped;

    /// <inheritdoc/>
    public long DescriptorsMax { get; }

    /// <summary>As <c>/readyz</c> sees the data plane, with its past; null: nobody looks, for nobody may ask.</summary>
    public Sample? Newest() => _sampler?.CurrentAsync().GetAwaiter().GetResult();

    /// <summary>What has been seen of the servers is no longer so: whoever asks from now on sees what is.</summary>
    public void ServersChanged() => _sampler?.Outdate();

    /// <summary>Opens what the settings ask for; <see cref="Serve"/> answers.</summary>
    /// <param name="patience">How long another may have their names yet.</param>
    /// <exception cref="ListenException">The admin port cannot be had; the control socket is open all the same.</exception>
    public void OpenDoors(TimeSpan patience)
    {
        AdminSettings admin = Settings.Admin;
        if (admin.Control is not null && ThreadReserve.AreFew)
            AdminLog.NoControl(_log, "threads are few, and it needs some of its own");
        else if (admin.Control is { } control && OpenControl(control, _log, patience) is { } door)
            Open(door);
        if (admin.Port is { } port)
        {
            Open(OpenPort(port, patience));
            AdminLog.Opened(_log, admin.IsTls ? $"https://{port}" : port.ToString());
        }
    }

    /// <summary>What it may take at any time: its connections, and its doors.</summary>
    public static int DescriptorsOf(AdminSettings settings) => settings.Control is null && settings.Port is null ? 0 : OpenConnections.Most + 4;

    /// <summary>Framed: what the log may hold, in bytes; null in raw.</summary>
    public static long? BacklogMax(HostSettings settings) =>
        settings.Broadcast is { Protocol: not Protocol.Raw } framed ? framed.BacklogBytesMax : null;

    public void Dispose()
    {
        _serving.GetAwaiter().GetResult();
        _server?.Dispose();
        _sampler?.Dispose();
        (_server, _sampler) = (null, null);
    }

    private void Open(AdminDoor door)
    {
        // Whoever comes from now on waits in the kernel.
        foreach (Socket socket in door.Sockets)
            socket.Listen();
        _doors = _doors.Add(door);
    }

    private static AdminDoor? OpenControl(AdminPlace place, StderrLogSink log, TimeSpan patience)
    {
        try
        {
            return OwnSockets.Had(() => AdminDoor.Open(place, isControl: true), patience);
        }
        catch (Exception e) when (e is SocketException or IOException or UnauthorizedAccessException)
        {
            AdminLog.NoControl(log, e is SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse } ? "another one has its control socket" : e.Message);
            return null;
        }
    }

    private static AdminDoor OpenPort(AdminPlace place, TimeSpan patience)
    {
        try
        {
            return OwnSockets.Had(() => AdminDoor.Open(place, isControl: false), patience);
        }
        catch (Exception e) when (e is SocketException or IOException or UnauthorizedAccessException)
        {
            throw new ListenException($"cannot listen on admin={place}: {e.Message}", e);
        }
    }

    /// <summary>Serves behind the doors, if there are any, on a thread of the pool: no client waits for it.</summary>
    public void Serve(TimeProvider time)
    {
        if (_doors.IsEmpty)
            return;
        _serving = Task.Run(() =>
        {
            try
            {
                _sampler = new Sampler(_broadcaster.Snapshot, () => BacklogMax(Settings), _log, time);
                if (_tls is { } shown && Settings.Admin.IsTls)
                    _handshakes = new AdminTls(shown.ShownFor, () => Settings.Admin.HandshakeTimeout, _log, time);
                _server = AdminServer.Start(_doors, this, _operator, _sampler, () => Settings.Admin, CommandLine.Version, _log, time, tls: _handshakes);
            }
            catch (Exception e)
            {
                // The broadcaster itself is none the worse: its clients must not pay for it.
                foreach (AdminDoor door in _doors)
                    door.Dispose();
                AdminLog.CannotServe(_log, e is OutOfMemoryException or ThreadStartException ? "the system gives no thread for it" : e.Message);
            }
        });
    }
}
