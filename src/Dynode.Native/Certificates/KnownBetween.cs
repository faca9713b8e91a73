using System.Collections.Immutable;
using System.Security.Cryptography.X509Certificates;

namespace Dynode.Native.Certificates;

/// <summary>
/// Authorities between clients' certificates and those that are trusted, as clients have shown them: a session that is resumed has the client's certificate alone, and by these its
/// chain is built again. They are believed no more for it, for each chain must end with one that is trusted. Not resumed at all, a session would cost 20 KiB more. Any thread.
/// </summary>
internal sealed class KnownBetween
{
    /// <summary>Of more the oldest is forgotten, and its clients' next session is a new one.</summary>
    public const int Most = 64;

    private readonly Lock _lock = new();
    private ImmutableArray<X509Certificate2> _all = [];

    /// <summary>In the order in which they came.</summary>
    public ImmutableArray<X509Certificate2> All
    {
        get
        {
            lock (_lock)
                return _all;
        }
    }

    /// <summary>Takes those of a chain that was found good.</summary>
    public void See(X509Chain chain)
    {
        for (int i = 1; i < chain.ChainElements.Count - 1; i++)
            See(chain.ChainElements[i].Certificate);
    }

    private void See(X509Certificate2 certificate)
    {
        lock (_lock)
        {
            if (_all.Any(known => known.RawDataMemory.Span.SequenceEqual(certificate.RawDataMemory.Span)))
                return;

            // The chain's own goes with the chain.
            var kept = X509CertificateLoader.LoadCertificate(certificate.RawDataMemory.Span);
            _all = [.. _all.Length < Most ? _all : _all.RemoveAt(0), kept];
        }
    }
}
