using System.Security.Cryptography.X509Certificates;

namespace Dynode.Native.Certificates;

/// <summary>What an operator reads of a certificate that is not trusted.</summary>
internal static class ChainFault
{
    /// <summary>The first thing that is wrong with <paramref name="chain"/>.</summary>
    public static string Of(X509Chain? chain)
    {
        var status = chain?.ChainStatus.FirstOrDefault(static status => status.Status != X509ChainStatusFlags.NoError).Status ?? X509ChainStatusFlags.NoError;
        return status switch
        {
            X509ChainStatusFlags.PartialChain or X509ChainStatusFlags.UntrustedRoot => "none of the authorities that are trusted has signed it",
            X509ChainStatusFlags.NotTimeValid => "it is out of date, or of no use yet",
            X509ChainStatusFlags.NotSignatureValid => "its signature is wrong",
            X509ChainStatusFlags.NotValidForUsage => "it is not for this use",
            X509ChainStatusFlags.Revoked => "it was revoked",
            X509ChainStatusFlags.NoError => "it cannot be checked",
            _ => status.ToString(),
        };
    }
}
