using System.Net;
using System.Net.Sockets;
using Dynode.Broadcast.Plane;
using Dynode.Broadcast.Transport;

namespace Dynode.Broadcast.Listening;

/// <summary>
/// Stands between a listener and the clients where TLS is spoken: shakes hands on the pool, so many at once, each within its time, and lets in who has
/// done it. Whoever is at it counts as a client already.
/// </summary>
internal sealed class TlsDoor(DataPlane plane, IClientele clientele, Admission admission, IClientTls tls) : IClientDoor, IDisposable
{
    private readonly SemaphoreSlim _places = new(plane.Settings.HandshakesMax);
    private readonly CancellationTokenSource _closing = new();
    private readonly RateLimit _line = new(plane.Clock, TimeSpan.FromSeconds(1));
    private readonly long[] _outcomes = new long[Enum.GetValues<HandshakeOutcome>().Length];
    private int _now;

    /// <summary>Values of this moment.</summary>
    public HandshakeFigures Figures => new(
        Volatile.Read(ref _now),
        Of(HandshakeOutcome.Done),
        Of(HandshakeOutcome.Failed),
        Of(HandshakeOutcome.Refused),
        Of(HandshakeOutcome.TimedOut),
        Of(HandshakeOutcome.Plain));

    /// <inheritdoc/>
    public void Admit(Arrival arrival)
    {
        int clientsMax = admission.ClientsMax;
        if (Interlocked.Increment(ref _now) + clientele.Count > clientsMax)
        {
            Interlocked.Decrement(ref _now);
            admission.Refuse(arrival, clientsMax);
            return;
        }

        _ = ShakeHandsAsync(arrival.Socket);
    }

    /// <inheritdoc/>
    public void MakeRoom() => clientele.MakeRoom();

    /// <summary>Nobody comes in any more, and who is at it is sent away.</summary>
    public void Dispose() => _closing.Cancel();

    private async Task ShakeHandsAsync(Socket socket)
    {
        var client = AddressOf(socket);
        var handshake = new Handshake(tls, _places, socket);
        using var time = new CancellationTokenSource(plane.Settings.HandshakeTimeout, plane.Clock.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(time.Token, _closing.Token);
        var outcome = await handshake.RunAsync(both.Token).ConfigureAwait(false);
        Interlocked.Decrement(ref _now);
        long count = Interlocked.Increment(ref _outcomes[(int)outcome]);
        if (outcome == HandshakeOutcome.Done)
            clientele.Admit(new Arrival(socket, handshake.Session));
        else if (!_closing.IsCancellationRequested && _line.TryPass())
            plane.Logger.HandshakeFailed(client, handshake.Fault, count);
    }

    private long Of(HandshakeOutcome outcome) => Interlocked.Read(ref _outcomes[(int)outcome]);

    private static EndPoint? AddressOf(Socket socket)
    {
        try
        {
            return socket.RemoteEndPoint;
        }
        catch (SocketException)
        {
            // It was reset before it was looked at; the handshake will find that out.
            return null;
        }
    }
}
