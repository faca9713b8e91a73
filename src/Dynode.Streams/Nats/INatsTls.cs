using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Dynode.Streams.Nats;

/// <summary>How servers are spoken to by TLS, and whom of them is believed; it may change between two handshakes. Any thread.</summary>
public interface INatsTls
{
    /// <summary>Who is believed has been named; false: whomever the system trusts, and so anybody with a certificate of the public authorities.</summary>
    bool HasOwnAuthorities { get; }

    /// <summary>For one handshake.</summary>
    /// <param name="host">A name or an address that the server's certificate must be for.</param>
    /// <param name="fault">Why there can be none, for the operator, when the result is null.</param>
    SslClientAuthenticationOptions? OptionsFor(string host, out string? fault);

    /// <summary>Judges what a server has shown of itself.</summary>
    /// <param name="host">As above.</param>
    /// <param name="certificate">Its certificate; null: it has shown none.</param>
    /// <param name="chain">The chain of authorities that it was held to.</param>
    /// <param name="errors">What is wrong with it by that.</param>
    /// <returns>Null: it is the server that is meant; else why not, for the operator.</returns>
    string? Refusal(string host, X509Certificate2? certificate, X509Chain? chain, SslPolicyErrors errors);
}
