using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;
using Dynode.Broadcast.Transport;

namespace Dynode.Broadcast.Listening;

/// <summary>
/// How many clients may be here at once, and what became of those who came. Where descriptors allow fewer than configured they
/// are the bound. Any thread.
/// </summary>
/// <param name="plane">Of the settings.</param>
/// <param name="backends">Each takes descriptors.</param>
/// <param name="sharesConnections">All clients share one connection to each server; else each has its own.</param>
internal sealed class Admission(DataPlane plane, BackendDirectory backends, bool sharesConnections)
{
    /// <summary>Descriptors that are no client's: listeners, the runtime's, the log, the list URL, and some for connections that close slowly.</summary>
    private const int DescriptorsReserved = 64;

    private readonly RateLimit _refusedLine = new(plane.Clock, TimeSpan.FromSeconds(5));
    private long _accepted;
    private long _full;
    private int _said;
    private int _coming;

    public long Accepted => Interlocked.Read(ref _accepted);

    /// <summary>By where they come from.</summary>
    public ClientGate Gate { get; } = new(plane);

    /// <summary>How fast they come.</summary>
    public AcceptPace Pace { get; } = new(plane);

    /// <summary>Of those who came and were not let in, or later.</summary>
    public DoorFigures Door => new(Interlocked.Read(ref _full), Gate.Denied, Gate.Crowded, Pace.Waits, Gate.Headless);

    /// <summary>Clients at once.</summary>
    public int ClientsMax => Math.Min(plane.Settings.ClientsMax, SessionsMax);

    /// <summary>Sessions at once that the descriptors allow, those too whose client has gone.</summary>
    public int SessionsMax
    {
        get
        {
            long descriptors = plane.Settings.DescriptorsMax;
            if (descriptors == 0)
                return int.MaxValue;
            long free = descriptors - DescriptorsReserved - plane.Settings.DescriptorsElsewhere - (sharesConnections ? backends.Current.Length : 0);
            return (int)Math.Clamp(free / PerClient, 1, int.MaxValue);
        }
    }

    /// <summary>Who is on its way to becoming a client, at one of the doors; where it becomes one it has left them before.</summary>
    public int Coming => Volatile.Read(ref _coming);

    private int PerClient => sharesConnections ? 1 : 1 + backends.Current.Length;

    /// <summary>Somebody is on its way to becoming a client and counts as one meanwhile; <see cref="Came"/> follows when it has come to its end, or to a client's beginning.</summary>
    /// <param name="clients">That are here.</param>
    /// <param name="clientsMax">So many may be.</param>
    /// <returns>False: it is one too many.</returns>
    public bool TryCome(int clients, int clientsMax)
    {
        if (Interlocked.Increment(ref _coming) + clients <= clientsMax)
            return true;
        Came();
        return false;
    }

    /// <summary>As said of <see cref="TryCome"/>.</summary>
    public void Came() => Interlocked.Decrement(ref _coming);

    /// <summary>A client was let in.</summary>
    public void Accept() => Interlocked.Increment(ref _accepted);

    /// <summary>A client that was let in has ended.</summary>
    public void Left(ClientFigures client, ClientEnd end)
    {
        Gate.Leave(client.Id);
        plane.Traffic.End(end.Reason);
        plane.Logger.ClientEnded(client.Address, end.Text, client.ReceivedBytes, client.RelayedBytes);
        if (plane.Settings.AccessLog == AccessLogging.Off)
            return;
        string reason = end.Reason.Word();
        double seconds = Math.Round(client.Age.TotalSeconds, 3);
        if (client.Requests is { } requests)
            plane.Logger.FramedClientLeft(client.Address, reason, end.Text, seconds, requests, client.ReceivedBytes, client.RelayedBytes);
        else
            plane.Logger.RawClientLeft(client.Address, reason, end.Text, seconds, client.ReceivedBytes, client.RelayedBytes);
    }

    /// <summary>A client is one too many, or comes too late; the gate had let it in.</summary>
    public void Refuse(Arrival arrival, long id, int clientsMax)
    {
        Gate.Leave(id);
        long full = Interlocked.Increment(ref _full);
        if (_refusedLine.TryPass())
            plane.Logger.ClientsRefused(full, clientsMax);
        arrival.Close();
    }

    /// <summary>Says, when it has changed, that the descriptors allow fewer clients than configured.</summary>
    public void SayClientsMax()
    {
        int clientsMax = ClientsMax;
        if (clientsMax < plane.Settings.ClientsMax && Interlocked.Exchange(ref _said, clientsMax) != clientsMax)
            plane.Logger.ClientsLowered(plane.Settings.ClientsMax, clientsMax, plane.Settings.DescriptorsMax, PerClient);
    }
}
