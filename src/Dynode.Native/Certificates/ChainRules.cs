using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Dynode.Native.Certificates;

/// <summary>How the certificates of others are checked: without asking anybody for anything.</summary>
internal static class ChainRules
{
    /// <summary>That it may be shown by one who connects (RFC 5280, 4.2.1.12), where it says what it is for.</summary>
    public const string OfClients = "1.3.6.1.5.5.7.3.2";

    /// <summary>That it may be shown by one who is connected to.</summary>
    public const string OfServers = "1.3.6.1.5.5.7.3.1";

    /// <param name="authorities">Who is trusted; null: whom the system trusts.</param>
    /// <param name="use">What the certificate must be for.</param>
    public static X509ChainPolicy Of(X509Certificate2Collection? authorities, string use)
    {
        var policy = new X509ChainPolicy { RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
        policy.ApplicationPolicy.Add(new Oid(use));
        if (authorities is not null)
        {
            policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            policy.CustomTrustStore.AddRange(authorities);
        }

        return policy;
    }
}
