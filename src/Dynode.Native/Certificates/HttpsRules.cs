using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Dynode.Native.Certificates;

/// <summary>
/// How an HTTP client goes by what is in the files. It takes its options once, so whoever asks by it makes another where the files have changed; and it says of
/// a certificate only that it is invalid, so why is kept here. One request at a time.
/// </summary>
/// <param name="now">What is in the files.</param>
internal sealed class HttpsRules(Func<ShownToServers> now)
{
    private ShownToServers? _taken;
    private volatile string? _refusal;

    /// <summary>Nothing has been taken yet, or it is no longer so.</summary>
    public bool IsOutdated => !ReferenceEquals(_taken, now());

    /// <summary>Why the certificate was refused that was shown last; null: it was not.</summary>
    public string? Refusal => _refusal;

    /// <summary>Of this moment. It takes the library: whoever asks knows that it is here.</summary>
    public SslClientAuthenticationOptions Take()
    {
        var shown = _taken = now();
        var options = shown.Options(host: null);
        options.RemoteCertificateValidationCallback = (sender, certificate, chain, errors) =>
        {
            _refusal = shown.Refusal(((SslStream)sender).TargetHostName, certificate as X509Certificate2, chain, errors);
            return _refusal is null;
        };
        return options;
    }

    /// <summary>Before a request: what was refused before it is another's reason.</summary>
    public void Forget() => _refusal = null;
}
