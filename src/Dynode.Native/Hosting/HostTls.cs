using Dynode.Native.Certificates;
using Dynode.Native.Configuration;
using Microsoft.Extensions.Logging;

namespace Dynode.Native.Hosting;

/// <summary>What TLS is spoken by, at each edge; nothing of the library is loaded where nobody does.</summary>
internal sealed class HostTls : IDisposable
{
    private HostTls()
    {
    }

    /// <summary>What clients are shown, and those who ask the admin port; null: none speaks TLS.</summary>
    public ClientTls? Clients { get; private init; }

    /// <summary>How servers are spoken to, where they are by TLS.</summary>
    public required ServerTls Servers { get; init; }

    /// <summary>How the list URL is asked, where it is by https.</summary>
    public required ServerTls List { get; init; }

    /// <summary>How NATS is spoken to, where it is by TLS.</summary>
    public required ServerTls OrderedLog { get; init; }

    /// <exception cref="StartException">The files do not do: they have changed since the configuration was checked with them.</exception>
    public static HostTls Of(HostSettings settings, ILogger log, TimeProvider time)
    {
        ClientTls? clients = null;
        if (settings.Tls is { } tls)
        {
            var shown = ShownToClients.Load(tls, TlsValues.Read, time.GetUtcNow(), out string? fault) ?? throw new StartException($"tls_certificate: {fault}", ExitStatus.Configuration);
            clients = new ClientTls(shown, TlsValues.Read, log, time);
        }

        return new() { Clients = clients, Servers = To(settings.ServerTls, log, time), List = To(settings.ListTls, log, time), OrderedLog = To(settings.LogTls, log, time) };
    }

    /// <summary>To those who are spoken to.</summary>
    /// <param name="settings">How.</param>
    /// <param name="log">Takes what becomes of the files.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="StartException">The files do not do.</exception>
    public static ServerTls To(ServerTlsSettings settings, ILogger log, TimeProvider time)
    {
        var shown = ShownToServers.Load(settings, TlsValues.Read, time.GetUtcNow(), out string? fault) ?? throw new StartException(fault!, ExitStatus.Configuration);
        return new ServerTls(shown, TlsValues.Read, static () => TlsLibrary.IsAvailable() ? null : TlsLibrary.Absent, log, time);
    }

    /// <summary>A reload's.</summary>
    public void Apply(HostSettings next)
    {
        Servers.Apply(next.ServerTls);
        List.Apply(next.ListTls);
        OrderedLog.Apply(next.LogTls);
        if (next.Tls is { } tls)
            Clients?.Apply(tls);
    }

    public void Dispose()
    {
        Clients?.Dispose();
        Servers.Dispose();
        List.Dispose();
        OrderedLog.Dispose();
    }
}
