using System.Net;
using System.Net.Sockets;
using Dynode.Broadcast.Plane;
using Dynode.Broadcast.Transport;

namespace Dynode.Broadcast.Listening;

/// <summary>
/// Who may come: by <c>clients_deny</c> and <c>clients_allow</c>, and no more of one address than <c>max_clients_per_address</c>. Whoever may not is
/// closed at once, without a word, counted, and now and then named. Clients by a unix socket have no address, and may. Any thread.
/// </summary>
internal sealed class ClientGate(DataPlane plane)
{
    private readonly AddressCounts _counts = new();
    private readonly RateLimit _deniedLine = new(plane.Clock, TimeSpan.FromSeconds(5));
    private readonly RateLimit _crowdedLine = new(plane.Clock, TimeSpan.FromSeconds(5));
    private readonly RateLimit _headlessLine = new(plane.Clock, TimeSpan.FromSeconds(5));
    private long _denied;
    private long _crowded;
    private long _headless;

    public long Denied => Interlocked.Read(ref _denied);

    public long Crowded => Interlocked.Read(ref _crowded);

    /// <summary>Those who were to begin with a PROXY header, and did not.</summary>
    public long Headless => Interlocked.Read(ref _headless);

    /// <summary>Whether a client may come from there.</summary>
    public bool Admits(EndPoint? from)
    {
        var settings = plane.Settings;
        return (settings.ClientsDeny.IsEmpty && settings.ClientsAllow.IsEmpty)
            || from is not IPEndPoint { Address: var address }
            || (!settings.ClientsDeny.Contains(address) && (settings.ClientsAllow.IsEmpty || settings.ClientsAllow.Contains(address)));
    }

    /// <summary>Closes one whom <see cref="Admits"/> does not want.</summary>
    public void Deny(Socket socket, EndPoint? from)
    {
        long denied = Interlocked.Increment(ref _denied);
        if (_deniedLine.TryPass())
            plane.Logger.ClientsDenied(denied, from);
        socket.Dispose();
    }

    /// <summary>One that was to begin with a PROXY header did not, and is closed.</summary>
    public void NoHeader(EndPoint? from, string why)
    {
        long headless = Interlocked.Increment(ref _headless);
        if (_headlessLine.TryPass())
            plane.Logger.HeaderMissing(headless, from, why);
    }

    /// <summary>Counts a client, or closes it: it is one too many of its address.</summary>
    /// <param name="id">Its own while the broadcaster runs; <see cref="Leave"/> follows when it has gone, or did not come in after all.</param>
    /// <param name="arrival">It.</param>
    /// <param name="here">Of all clients that are here.</param>
    public bool TryEnter(long id, Arrival arrival, IRoll here)
    {
        int max = plane.Settings.ClientsPerAddressMax;
        if (_counts.TryEnter(id, (arrival.From as IPEndPoint)?.Address, max, here))
            return true;
        long crowded = Interlocked.Increment(ref _crowded);
        if (_crowdedLine.TryPass())
            plane.Logger.ClientsCrowded(crowded, max, arrival.From);
        arrival.Close();
        return false;
    }

    /// <summary>A client is here no more.</summary>
    public void Leave(long id) => _counts.Leave(id);
}
