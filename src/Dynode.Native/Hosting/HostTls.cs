using Dynode.Native.Certificates;
using Dynode.Native.Configuration;
using Microsoft.Extensions.Logging;

namespace Dynode.Native.Hosting;

/// <summary>Makes what clients are shown where they speak TLS; nothing of it is loaded where nobody does.</summary>
internal static class HostTls
{
    /// <returns>Null: nobody speaks TLS.</returns>
    /// <exception cref="StartException">The files do not do: they have changed since the configuration was checked with them.</exception>
    public static ClientTls? Of(HostSettings settings, ILogger log, TimeProvider time)
    {
        if (settings.Tls is not { } tls)
            return null;
        var shown = ShownToClients.Load(tls, TlsValues.Read, time.GetUtcNow(), out string? fault);
        return shown is null ? throw new StartException($"tls_certificate: {fault}", ExitStatus.Configuration) : new ClientTls(shown, TlsValues.Read, log, time);
    }
}
