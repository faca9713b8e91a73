using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Dynode.Broadcast.Transport;
using Dynode.Streams.Nats;
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
internal sealed class ServerTls(ShownToServers first, FileReading read, Func<string?> absent, ILogger log, TimeProvider time) : IServerTls, INatsTls, IDisposable
{
    private readonly FileWatch<ShownToServers> _files = new(first, read, log, time);

    /// <summary>What is used.</summary>
    public ShownToServers Now => _files.Now;

    /// <inheritdoc/>
    public bool HasOwnAuthorities => _files.Now.Authorities is not null;

    /// <inheritdoc/>
    public SslClientAuthenticationOptions? OptionsFor(string host, out string? fault)
    {
        fault = absent();
        return fault is null ? _files.Now.Options(host) : null;
    }

    /// <inheritdoc/>
    public string? Refusal(string host, X509Certificate2? certificate, X509Chain? chain, SslPolicyErrors errors) =>
        _files.Now.Refusal(host, certificate, chain, errors);

    /// <summary>A reload's, which has been read and found good.</summary>
    public void Apply(ServerTlsSettings settings) => _files.Apply(shown => shown with { Settings = settings });

    /// <summary>The files are looked at.</summary>
    public void Look() => _files.Look();

    /// <summary>Nothing is read any more.</summary>
    public void Dispose() => _files.Dispose();
}
