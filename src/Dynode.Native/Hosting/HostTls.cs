using Dynode.Native.Certificates;
using Dynode.Native.Configuration;
using Dynode.Native.Membership;
using Microsoft.Extensions.Logging;

namespace Dynode.Native.Hosting;

/// <summary>What TLS is spoken by, with clients and with servers; nothing of the library is loaded where nobody does.</summary>
/// <param name="clients">What clients are shown; null: none speaks TLS.</param>
/// <param name="servers">How servers are spoken to, where they are by TLS.</param>
internal sealed class HostTls(ClientTls? clients, ServerTls servers) : IDisposable
{
    public ClientTls? Clients => clients;

    public ServerTls Servers => servers;

    /// <exception cref="StartException">The files do not do: they have changed since the configuration was checked with them.</exception>
    public static HostTls Of(HostSettings settings, ILogger log, TimeProvider time)
    {
        ClientTls? clients = null;
        string? fault;
        if (settings.Tls is { } tls)
        {
            var shown = ShownToClients.Load(tls, TlsValues.Read, time.GetUtcNow(), out fault) ?? throw new StartException($"tls_certificate: {fault}", ExitStatus.Configuration);
            clients = new ClientTls(shown, TlsValues.Read, log, time);
        }

        var first = ShownToServers.Load(settings.ServerTls, TlsValues.Read, time.GetUtcNow(), out fault) ?? throw new StartException(fault!, ExitStatus.Configuration);
        return new(clients, new ServerTls(first, TlsValues.Read, static () => TlsLibrary.IsAvailable() ? null : TlsLibrary.Absent, log, time));
    }

    /// <summary>A reload's.</summary>
    public void Apply(HostSettings next)
    {
        servers.Apply(next.ServerTls);
        if (next.Tls is { } tls)
            clients?.Apply(tls);
    }

    public void Dispose()
    {
        clients?.Dispose();
        servers.Dispose();
    }
}
