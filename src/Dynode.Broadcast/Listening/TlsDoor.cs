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
    private long _ids;

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
        // Below those of clients: it counts for its address as one, and when it becomes one as that.
        long id = Interlocked.Decrement(ref _ids);
        if (!admission.Gate.TryEnter(id, arrival, clientele))
            return;
        int clientsMax = admission.ClientsMax;
        if (!admission.TryCome(clientele.Clients, clientsMax))
        {
            admission.Refuse(arrival, id, clientsMax);
            return;
        }

        Interlocked.Increment(ref _now);
        _ = ShakeHandsAsync(arrival, id);
    }

    /// <inheritdoc/>
    public void MakeRoom() => clientele.MakeRoom();

    /// <summary>Nobody comes in any more, and who is at it is sent away.</summary>
    public void Dispose() => _closing.Cancel();

    private async Task ShakeHandsAsync(Arrival arrival, long id)
    {
        var handshake = new Handshake(tls, _places, arrival.Socket, _closing.Token);
        using var time = new CancellationTokenSource(plane.Settings.HandshakeTimeout, plane.Clock.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(time.Token, _closing.Token);
        var outcome = HandshakeOutcome.Failed;
        try
        {
            outcome = await handshake.RunAsync(both.Token).ConfigureAwait(false);
        }
        finally
        {
            admission.Gate.Leave(id);
            Interlocked.Decrement(ref _now);
            admission.Came();
        }

        long count = Interlocked.Increment(ref _outcomes[(int)outcome]);
        if (outcome == HandshakeOutcome.Done)
            clientele.Admit(arrival with { Session = handshake.Session });
        else if (outcome != HandshakeOutcome.Gone && _line.TryPass())
            plane.Logger.HandshakeFailed(arrival.From, handshake.Fault, count);
    }

    private long Of(HandshakeOutcome outcome) => Interlocked.Read(ref _outcomes[(int)outcome]);
}
