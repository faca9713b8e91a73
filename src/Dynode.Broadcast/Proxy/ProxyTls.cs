namespace Dynode.Broadcast.Proxy;

/// <summary>What a proxy says of the TLS that its client spoke with it.</summary>
/// <param name="IsEncrypted">The client spoke TLS.</param>
/// <param name="IsVerified">It has shown a certificate, on this connection or in its session, and the proxy has found that good.</param>
/// <param name="CommonName">Of that certificate; null: it was not said.</param>
internal sealed record ProxyTls(bool IsEncrypted, bool IsVerified, string? CommonName);
