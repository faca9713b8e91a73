using System.Diagnostics.CodeAnalysis;

namespace Dynode.Broadcast.Transport;

/// <summary>
/// TLS towards servers. Their handshakes have places of their own, as many as those with clients: a storm of clients must not make servers look
/// as if they did not answer.
/// </summary>
/// <param name="believed">Who is; null: nobody, and no server is reached by TLS.</param>
/// <param name="handshakesMax">That compute at once.</param>
[SuppressMessage("Design", "CA1001", Justification = "Nobody waits by a handle, so it holds nothing of the system's; and handshakes give their places back also when all else has ended.")]
internal sealed class ServerTls(IServerTls? believed, int handshakesMax)
{
    private readonly SemaphoreSlim _places = new(handshakesMax);

    public ServerHandshake NewHandshake(string host) => new(believed, host, _places);
}
