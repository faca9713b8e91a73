using System.Formats.Asn1;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Dynode.Broadcast.Listening;
using Microsoft.Extensions.Logging;

namespace Dynode.Native.Certificates;

/// <summary>
/// What clients are shown and asked, as it is in the files now: they are read every ten seconds and at each reload, and what has changed and is good is
/// used from the next handshake on. What is bad changes nothing, and is said. Any thread.
/// </summary>
internal sealed class ClientTls : IClientTls, IDisposable
{
    /// <summary>How often files are read: whoever swaps certificates sees the new one within this.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    /// <summary>How often what is bad and stays so is said again.</summary>
    private static readonly TimeSpan SayAgain = TimeSpan.FromHours(1);

    private readonly FileReading _read;
    private readonly ILogger _log;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly Lock _looking = new();
    private volatile ShownToClients _shown;
    private byte[] _digest;
    private string? _fault;
    private long _saidAt;

    /// <param name="first">Read already.</param>
    /// <param name="read">Reads files.</param>
    /// <param name="log">Takes what becomes of them.</param>
    /// <param name="time">The clock.</param>
    public ClientTls(ShownToClients first, FileReading read, ILogger log, TimeProvider time)
    {
        (_shown, _read, _log, _time) = (first, read, log, time);
        _digest = DigestOf(first.Settings);
        _timer = time.CreateTimer(static state => ((ClientTls)state!).Look(), this, Interval, Interval);
    }

    /// <summary>When the first certificate that is shown ends.</summary>
    public DateTimeOffset End => _shown.End;

    /// <summary>Why what is in the files is not what is shown; null: it is.</summary>
    public string? Fault => Volatile.Read(ref _fault);

    /// <inheritdoc/>
    public SslServerAuthenticationOptions OptionsFor(string name)
    {
        var shown = _shown;
        var options = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = shown.For(name).Context,
            EnabledSslProtocols = shown.Settings.Versions,
            AllowRenegotiation = false,
            ClientCertificateRequired = shown.Authorities is not null,
        };
        if (shown.Authorities is { } authorities)
        {
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
            policy.CustomTrustStore.AddRange(authorities);

            // That it may be shown by one who connects (RFC 5280, 4.2.1.12), where it says what it is for.
            policy.ApplicationPolicy.Add(new Oid("1.3.6.1.5.5.7.3.2"));
            options.CertificateChainPolicy = policy;
        }

        return options;
    }

    /// <inheritdoc/>
    public string? Refusal(X509Certificate2? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        var shown = _shown;
        if (shown.Authorities is null)
            return null;
        if (certificate is null)
            return "it showed no certificate, and tls_client_ca wants one";
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors))
            return $"its certificate ({certificate.Subject}) does not do: {ChainFault.Of(chain)}";
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
    public void Apply(TlsSettings settings)
    {
        lock (_looking)
        {
            _shown = _shown with { Settings = settings };
            Take(isReload: true);
        }
    }

    /// <summary>The files are looked at.</summary>
    public void Look()
    {
        lock (_looking)
            Take(isReload: false);
    }

    /// <summary>Nothing is read any more.</summary>
    public void Dispose() => _timer.Dispose();

    private void Take(bool isReload)
    {
        var settings = _shown.Settings;
        byte[] digest = DigestOf(settings);
        bool hasChanged = isReload || !digest.AsSpan().SequenceEqual(_digest);
        if (!hasChanged && _fault is null)
            return;
        var next = ShownToClients.Load(settings, _read, _time.GetUtcNow(), out string? fault);
        if (next is null)
        {
            if (fault != _fault || _time.GetElapsedTime(_saidAt) >= SayAgain)
            {
                _saidAt = _time.GetTimestamp();
                CertificateLog.NotTaken(_log, fault!, _shown.Certificates[0].Said);
            }

            Volatile.Write(ref _fault, fault);
            return;
        }

        bool isNew = hasChanged;
        _shown = next;
        _digest = digest;
        Volatile.Write(ref _fault, null);
        if (isNew)
            CertificateLog.Taken(_log, string.Join(", ", next.Certificates.Select(static certificate => certificate.Said)));
    }

    /// <summary>Of all that the files hold; what cannot be read counts as empty.</summary>
    private byte[] DigestOf(TlsSettings settings)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string path in settings.Certificates.SelectMany(static files => new[] { files.Certificate, files.Key }).Append(settings.ClientAuthorities))
        {
            byte[] bytes = path.Length > 0 ? _read(path, out _) ?? [] : [];
            hash.AppendData(BitConverter.GetBytes(bytes.Length));
            hash.AppendData(bytes);
        }

        return hash.GetHashAndReset();
    }
}
