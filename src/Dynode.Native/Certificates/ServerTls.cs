using System.Formats.Asn1;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Dynode.Broadcast.Transport;
using Microsoft.Extensions.Logging;

namespace Dynode.Native.Certificates;

/// <summary>
/// How servers are spoken to by TLS, as it is in the files now (<see cref="FileWatch{T}"/>): what has changed there and is good is used from the next
/// handshake on. A server must show a certificate for its name, by an authority that is trusted: nothing turns that off. Any thread.
/// </summary>
/// <param name="first">Read already.</param>
/// <param name="read">Reads files.</param>
/// <param name="absent">Why nobody can speak TLS here; null: everybody can. Asked only where somebody wants to.</param>
/// <param name="log">Takes what becomes of the files.</param>
/// <param name="time">The clock.</param>
internal sealed class ServerTls(ShownToServers first, FileReading read, Func<string?> absent, ILogger log, TimeProvider time) : IServerTls, IDisposable
{
    private readonly FileWatch<ShownToServers> _files = new(first, read, log, time);

    /// <inheritdoc/>
    public SslClientAuthenticationOptions? OptionsFor(string host, out string? fault)
    {
        fault = absent();
        if (fault is not null)
            return null;
        var shown = _files.Now;
        return new()
        {
            TargetHost = NameOf(shown, host),
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            AllowRenegotiation = false,
            ClientCertificateContext = shown.Certificate?.Context,
            CertificateChainPolicy = ChainRules.Of(shown.Authorities, ChainRules.OfServers),
        };
    }

    /// <inheritdoc/>
    public string? Refusal(string host, X509Certificate2? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is null)
            return "certificate: it showed none";
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors))
            return $"certificate: {ChainFault.Of(chain)} ({certificate.Subject}, by {certificate.Issuer}, until {certificate.NotAfter.ToUniversalTime():yyyy-MM-dd HH:mm} UTC)";
        string name = NameOf(_files.Now, host);

        // Not the framework's own verdict, which lets a common name pass (RFC 9525, 2).
        return certificate.MatchesHostname(name, allowWildcards: true, allowCommonName: false) ? null : $"certificate: name mismatch: it is for {NamesOf(certificate)}, and not for {name}";
    }

    /// <summary>A reload's, which has been read and found good.</summary>
    public void Apply(ServerTlsSettings settings) => _files.Apply(shown => shown with { Settings = settings });

    /// <summary>The files are looked at.</summary>
    public void Look() => _files.Look();

    /// <summary>Nothing is read any more.</summary>
    public void Dispose() => _files.Dispose();

    // A final dot says that no domain is to be searched; in certificates there is none (RFC 6066, 3).
    private static string NameOf(ShownToServers shown, string host) => (shown.Settings.Name.Length > 0 ? shown.Settings.Name : host).TrimEnd('.');

    private static string NamesOf(X509Certificate2 certificate)
    {
        try
        {
            var names = CertifiedNames.WithAddresses(certificate);
            return names.IsEmpty ? $"no name ({certificate.Subject} is none: names stand among the alternative names)" : string.Join(", ", names);
        }
        catch (AsnContentException)
        {
            return "names that cannot be read";
        }
    }
}
