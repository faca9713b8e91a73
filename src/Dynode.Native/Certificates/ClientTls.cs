using System.Formats.Asn1;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Dynode.Broadcast.Listening;
using Microsoft.Extensions.Logging;

namespace Dynode.Native.Certificates;

/// <summary>
/// What clients are shown and asked, as it is in the files now (<see cref="FileWatch{T}"/>): what has changed there and is good is used from the next
/// handshake on. Any thread.
/// </summary>
/// <param name="first">Read already.</param>
/// <param name="read">Reads files.</param>
/// <param name="log">Takes what becomes of them.</param>
/// <param name="time">The clock.</param>
internal sealed class ClientTls(ShownToClients first, FileReading read, ILogger log, TimeProvider time) : IClientTls, IDisposable
{
    private readonly FileWatch<ShownToClients> _files = new(first, read, log, time);
    private readonly KnownBetween _between = new();

    /// <summary>When the first certificate that is shown ends.</summary>
    public DateTimeOffset End => _files.Now.End;

    /// <summary>Why what is in the files is not what is shown; null: it is.</summary>
    public string? Fault => _files.Fault;

    /// <inheritdoc/>
    public SslServerAuthenticationOptions OptionsFor(string name)
    {
        var shown = _files.Now;
        var options = Shown(shown, name);
        options.ClientCertificateRequired = shown.Authorities is not null;
        if (shown.Authorities is { } authorities)
        {
            options.CertificateChainPolicy = ChainRules.Of(authorities, ChainRules.OfClients);
            foreach (var between in _between.All)
                options.CertificateChainPolicy.ExtraStore.Add(between);
        }

        return options;
    }

    /// <summary>For one handshake with whoever is asked for no certificate, whatever clients are.</summary>
    /// <param name="name">That is asked for (SNI); empty: none.</param>
    public SslServerAuthenticationOptions ShownFor(string name) => Shown(_files.Now, name);

    /// <inheritdoc/>
    public string? Refusal(X509Certificate2? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        var shown = _files.Now;
        if (shown.Authorities is null)
            return null;
        if (certificate is null)
            return "it showed no certificate, and tls_client_ca wants one";
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors))
            return $"its certificate ({certificate.Subject}) does not do: {ChainFault.Of(chain)}";
        if (chain is not null)
            _between.See(chain);
        if (shown.Settings.ClientNames.IsEmpty)
            return null;
        try
        {
            var names = CertifiedNames.Of(certificate);
            return CertifiedNames.HasOne(names, shown.Settings.ClientNames)
                ? null
                : $"its certificate ({certificate.Subject}) is for {(names.IsEmpty ? "no name" : string.Join(", ", names))}, which tls_client_names does not have";
        }
        catch (AsnContentException)
        {
            return $"the names of its certificate ({certificate.Subject}) cannot be read";
        }
    }

    /// <summary>A reload's, which has been read and found good.</summary>
    public void Apply(TlsSettings settings) => _files.Apply(shown => shown with { Settings = settings });

    /// <summary>The files are looked at.</summary>
    public void Look() => _files.Look();

    /// <summary>Nothing is read any more.</summary>
    public void Dispose() => _files.Dispose();

    private static SslServerAuthenticationOptions Shown(ShownToClients shown, string name) => new()
    {
        ServerCertificateContext = shown.For(name).Context,
        EnabledSslProtocols = shown.Settings.Versions,
        AllowRenegotiation = false,
    };
}
