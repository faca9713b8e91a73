using Dynode.Broadcast.Plane;

namespace Dynode.Broadcast.Framed.Clients;

/// <summary>How fast one client's requests are taken. Made with its first one while there is a limit, and its own from then on. In turns only.</summary>
internal sealed class ClientPace(FramedClient client)
{
    private TokenBucket _bucket;

    public FramedClient Client { get; } = client;

    /// <summary>It stands among those that wait.</summary>
    public bool Waits { get; set; }

    /// <summary>Its next request may be taken.</summary>
    public bool MayGoOn(long now, int rate) => _bucket.HasOne(now, rate);

    /// <summary>A request was taken.</summary>
    public void Take(long now, int rate) => _bucket.Take(now, rate);
}
