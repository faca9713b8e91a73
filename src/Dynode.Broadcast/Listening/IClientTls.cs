using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Dynode.Broadcast.Listening;

/// <summary>What clients are shown, and asked, where TLS is spoken; it may change between two handshakes. Any thread.</summary>
public interface IClientTls
{
    /// <summary>For one handshake.</summary>
    /// <param name="name">That the client asks for (SNI); empty: none.</param>
    SslServerAuthenticationOptions OptionsFor(string name);

    /// <summary>Judges what a client has shown of itself.</summary>
    /// <param name="certificate">Its certificate; null: it has shown none.</param>
    /// <param name="errors">What is wrong with it by the chain of authorities that it was held to.</param>
    /// <param name="chain">That chain.</param>
    /// <returns>Null: it may come in; else why not, for the operator.</returns>
    string? Refusal(X509Certificate2? certificate, X509Chain? chain, SslPolicyErrors errors);
}
