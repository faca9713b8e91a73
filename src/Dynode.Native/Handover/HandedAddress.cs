using System.Diagnostics.CodeAnalysis;
using Dynode.Broadcast.Backends;

namespace Dynode.Native.Handover;

/// <summary>
/// A server as one broadcaster names it to the next: with how it is spoken to, and whose certificate it shows, which stand in no list where it comes of a name or of the URL, until that
/// has been asked. Pure.
/// <code>
///   10.0.0.1:6379                          as backend_tls says
///   tcp://10.0.0.1:6379                    plain
///   tls://10.0.0.1:6379 redis.internal     by TLS, with the certificate of that name
/// </code>
/// </summary>
internal static class HandedAddress
{
    public static string Write(BackendAddress server) => ServerScheme.Write(server) + (server.CertifiedHost.Length > 0 ? $" {server.CertifiedHost}" : "");

    public static bool TryParse(string text, [NotNullWhen(true)] out BackendAddress? server)
    {
        int space = text.IndexOf(' ', StringComparison.Ordinal);
        if (!ServerScheme.TryParse(space < 0 ? text : text[..space], out server, out _))
            return false;
        if (space >= 0)
            server = server with { CertifiedHost = text[(space + 1)..] };
        return true;
    }
}
