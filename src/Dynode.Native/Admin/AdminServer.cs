using System.Net.Sockets;
using Dynode.Native.Configuration;
using Dynode.Native.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Dynode.Native.Admin;

/// <summary>
/// The admin side's doors, by Kestrel, which is made by hand: no host, no routing, no dependency injection.
/// <code>
///   control socket  \0dynode/control/PORT, or a path     who runs this, and root: everything
///   admin port      host:port, or unix:/path             anybody: reads; with a token: everything; host:port by TLS, if it is to be
/// </code>
/// </summary>
internal sealed class AdminServer : IDisposable
{
    public const long BodyBytesMax = 64 << 10;

    /// <summary>
    /// Beyond what the patience for one request lets through anyhow. Kestrel takes what the kernel took for read: so the kernel takes little
    /// (<see cref="AdminDoor"/>), or one who asks on and on and reads nothing would be waited for as long as megabytes may take.
    /// </summary>
    private const int ReadBytesPerSecondMin = 64 << 10;

    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(1);

    private readonly KestrelServer _server;
    private readonly AdminListeners _listeners;
    private readonly OpenConnections _connections;
    private readonly AdminTls? _tls;
    private readonly IReadOnlyCollection<AdminDoor> _doors;
    private readonly ILogger _log;

    private AdminServer(IReadOnlyCollection<AdminDoor> doors, AdminTls? tls, AdminPatience patience, ILogger log, TimeProvider time)
    {
        (_doors, _tls, _log, _connections) = (doors, tls, log, new OpenConnections(time));
        var options = new KestrelServerOptions { AddServerHeader = false, AllowSynchronousIO = false };
        options.Limits.MaxRequestHeadersTotalSize = 8 << 10;
        options.Limits.MaxRequestLineSize = 8 << 10;
        options.Limits.MaxRequestHeaderCount = 64;
        options.Limits.MaxRequestBodySize = BodyBytesMax;
        options.Limits.RequestHeadersTimeout = patience.Request;
        options.Limits.KeepAliveTimeout = patience.Idle;
        options.Limits.MinRequestBodyDataRate = new MinDataRate(BodyBytesMax / patience.Request.TotalSeconds, patience.Request);
        options.Limits.MinResponseDataRate = new MinDataRate(ReadBytesPerSecondMin, patience.Request);

        foreach (var door in doors)
        {
            foreach (var socket in door.Sockets)
            {
                options.Listen(socket.LocalEndPoint!, listen =>
                {
                    listen.Protocols = HttpProtocols.Http1;
                    listen.Use(next => connection => ServeAsync(next, connection, door.IsControl));
                });
            }
        }

        _listeners = new AdminListeners(doors, time);
        _server = new KestrelServer(Options.Create(options), _listeners, NullLoggerFactory.Instance);
    }

    /// <summary>That are open.</summary>
    public int Connections => _connections.Count;

    /// <summary>Listens at the doors, which it owns from now on.</summary>
    /// <exception cref="IOException">The system does not let it.</exception>
    /// <exception cref="OutOfMemoryException">There is no thread for it.</exception>
    public static AdminServer Start(
        IReadOnlyCollection<AdminDoor> doors, IOperated operated, IOperator op, Sampler sampler, Func<AdminSettings> settings, string version, ILogger log, TimeProvider time,
        AdminPatience? patience = null, AdminTls? tls = null)
    {
        var server = new AdminServer(doors, tls, patience ?? AdminPatience.Usual, log, time);
        try
        {
            var access = new Access(settings, log, time);
            var page = new StatusPage();
            var routes = new Routes(operated, new OrderRoutes(op, log), sampler, access, page, time.GetUtcNow(), version);
            server._server.StartAsync(new AdminApplication(routes, access, page, server._connections, log, time), CancellationToken.None).GetAwaiter().GetResult();
            return server;
        }
        catch (Exception)
        {
            server.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        using var patience = new CancellationTokenSource(StopTimeout);
        _server.StopAsync(patience.Token).GetAwaiter().GetResult();
        _server.Dispose();
        _listeners.Dispose();
        foreach (var door in _doors)
            door.Dispose();
    }

    private async Task ServeAsync(ConnectionDelegate next, ConnectionContext connection, bool isControl)
    {
        var socket = connection.Features.Get<IConnectionSocketFeature>()?.Socket;
        string who = connection.RemoteEndPoint?.ToString() ?? "";
        if (socket is { AddressFamily: AddressFamily.Unix })
        {
            var uid = SocketUser.Of(socket)?.Uid;
            who = $"uid {uid}";
            if (isControl && !SocketUser.IsTrusted(uid))
            {
                AdminLog.StrangerRefused(_log, who, uid ?? -1L);
                connection.Abort(new ConnectionAbortedException("a stranger"));
                return;
            }
        }

        var known = new AdminConnection(connection, new Door(isControl, who));
        _connections.Add(known);
        connection.Features.Set(known);
        try
        {
            if (_tls is not null && !isControl)
                await _tls.ServeAsync(next, connection, who).ConfigureAwait(false);
            else
                await next(connection).ConfigureAwait(false);
        }
        finally
        {
            _connections.Remove(known);
        }
    }
}
