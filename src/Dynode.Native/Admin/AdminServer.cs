using System.Net.Sockets;
using Dynode.Native.Configuration;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Dynode.Native.Admin;

/// <summary>
/// The admin side's doors, by Kestrel, which is made by hand: no host, no routing, no dependency injection.
/// <code>
///   control socket  \0dynode/control/PORT, or a path     who runs this, and root: everything
///   admin port      host:port, or unix:/path             anybody: reads; with a token: everything
/// </code>
/// </summary>
internal sealed class AdminServer : IDisposable
{
    public const long BodyBytesMax = 64 << 10;

    private static readonly TimeSpan HeadTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(1);

    private readonly KestrelServer _server;
    private readonly OpenConnections _connections;
    private readonly IReadOnlyCollection<AdminDoor> _doors;
    private readonly ILogger _log;

    private AdminServer(IReadOnlyCollection<AdminDoor> doors, ILogger log, TimeProvider time)
    {
        (_doors, _log, _connections) = (doors, log, new OpenConnections(time));
        var options = new KestrelServerOptions { AddServerHeader = false, AllowSynchronousIO = false };
        options.Limits.MaxRequestHeadersTotalSize = 8 << 10;
        options.Limits.MaxRequestLineSize = 8 << 10;
        options.Limits.MaxRequestHeaderCount = 64;
        options.Limits.MaxRequestBodySize = BodyBytesMax;
        options.Limits.RequestHeadersTimeout = HeadTimeout;
        options.Limits.KeepAliveTimeout = IdleTimeout;
        options.Limits.MinRequestBodyDataRate = new MinDataRate(BodyBytesMax / HeadTimeout.TotalSeconds, HeadTimeout);
        options.Limits.MinResponseDataRate = new MinDataRate(4 << 10, HeadTimeout);

        // They are bound already: Kestrel is given an end point only to find the socket by.
        var bound = doors.SelectMany(static door => door.Sockets).ToDictionary(static socket => socket.LocalEndPoint!);
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

        var sockets = new SocketTransportOptions { IOQueueCount = 1, Backlog = 64, CreateBoundListenSocket = endPoint => bound[endPoint] };
        _server = new KestrelServer(Options.Create(options), new SocketTransportFactory(Options.Create(sockets), NullLoggerFactory.Instance), NullLoggerFactory.Instance);
    }

    /// <summary>Listens at the doors, which it owns from now on.</summary>
    /// <exception cref="IOException">The system does not let it.</exception>
    /// <exception cref="OutOfMemoryException">There is no thread for it.</exception>
    public static AdminServer Start(
        IReadOnlyCollection<AdminDoor> doors, IOperated operated, IOperator op, Sampler sampler, Func<AdminSettings> settings, string version, ILogger log, TimeProvider time)
    {
        var server = new AdminServer(doors, log, time);
        try
        {
            var access = new Access(settings, log, time);
            var page = new StatusPage();
            var routes = new Routes(operated, new OrderRoutes(op, log), sampler, access, page, time.GetUtcNow(), version);
            server._server.StartAsync(new AdminApplication(routes, access, page, server._connections, log), CancellationToken.None).GetAwaiter().GetResult();
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
        foreach (var door in _doors)
            door.Dispose();
    }

    private async Task ServeAsync(ConnectionDelegate next, ConnectionContext connection, bool isControl)
    {
        var socket = connection.Features.Get<IConnectionSocketFeature>()?.Socket;
        string who = connection.RemoteEndPoint?.ToString() ?? "";
        if (socket is { AddressFamily: AddressFamily.Unix })
        {
            var uid = SocketUser.UidOf(socket);
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
            await next(connection).ConfigureAwait(false);
        }
        finally
        {
            _connections.Remove(known);
        }
    }
}
