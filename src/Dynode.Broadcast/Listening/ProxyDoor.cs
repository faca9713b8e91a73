using System.Net;
using Dynode.Broadcast.Plane;
using Dynode.Broadcast.Proxy;
using Dynode.Broadcast.Transport;

namespace Dynode.Broadcast.Listening;

/// <summary>
/// Stands between a listener and whoever takes its clients: who comes from <c>proxy_from</c> must say first whose connection it passes on, and is that
/// client from then on; nobody else's bytes are searched for it. Whoever is at it counts as a client already, but for no address: that of
/// its proxy is not its own.
/// <code>
///   Listener ─▶ ProxyDoor ─▶ TlsDoor ─▶ clients
///                       └─────────────▶
/// </code>
/// </summary>
internal sealed class ProxyDoor(DataPlane plane, IClientele clientele, Admission admission, IClientDoor inner) : IClientDoor, IDisposable
{
    /// <summary>The number of one that is no client yet, and counts for no address.</summary>
    private const long NoId = 0;

    private readonly CancellationTokenSource _closing = new();

    /// <inheritdoc/>
    public void Admit(Arrival arrival)
    {
        var settings = plane.Settings;
        if (settings.ProxyVersions == ProxyVersions.None || arrival.From is not IPEndPoint { Address: var address } || !settings.ProxyFrom.Contains(address))
        {
            inner.Admit(arrival);
            return;
        }

        int clientsMax = admission.ClientsMax;
        if (admission.TryCome(clientele.Clients, clientsMax))
            _ = TakeAsync(arrival, settings);
        else
            admission.Refuse(arrival, NoId, clientsMax);
    }

    /// <inheritdoc/>
    public void MakeRoom() => inner.MakeRoom();

    /// <summary>Nobody comes in any more, and whose header has not come is sent away.</summary>
    public void Dispose() => _closing.Cancel();

    private async Task TakeAsync(Arrival arrival, BroadcastSettings settings)
    {
        var header = new ProxyHeader(settings.ProxyVersions);
        var intake = new ProxyIntake(arrival.Socket, header);
        ProxyOutcome outcome;
        using (var time = new CancellationTokenSource(settings.HandshakeTimeout, plane.Clock.Time))
        using (var both = CancellationTokenSource.CreateLinkedTokenSource(time.Token, _closing.Token))
            outcome = await intake.TakeAsync(both.Token).ConfigureAwait(false);
        admission.Came();
        if (outcome == ProxyOutcome.Found)
        {
            Enter(arrival with { From = ClientOf(header) ?? arrival.From });
            return;
        }

        if (outcome == ProxyOutcome.Missing && !_closing.IsCancellationRequested)
            admission.Gate.NoHeader(arrival.From, intake.Fault);
        arrival.Close();
    }

    private void Enter(Arrival arrival)
    {
        if (admission.Gate.Admits(arrival.From))
            inner.Admit(arrival);
        else
            admission.Gate.Deny(arrival.Socket, arrival.From);
    }

    /// <summary>Null: the header says that it is who it is, or that nobody knows.</summary>
    private static EndPoint? ClientOf(ProxyHeader header) =>
        header.Source is { } source ? new ReachedEndPoint(source, header.Destination!)
        : header.SourcePath is not null ? UnixClient.Instance
        : null;
}
