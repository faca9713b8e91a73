using System.Net;
using System.Net.Sockets;

namespace Dynode.Broadcast.Backends;

/// <summary>
/// Where a backend can be reached: one address at a time. A name is resolved on first use and after all its addresses have
/// failed; the address that worked is used by all until it fails. Guarded by the backend's lock, but for the lookup itself.
/// </summary>
/// <param name="address">What was configured.</param>
/// <param name="isOwn">Whether an address is this broadcaster's own listener: those are left out, it would feed itself.</param>
/// <param name="resolved">Called without the lock when a lookup has ended, with what went wrong or null.</param>
internal sealed class EndPointBook(BackendAddress address, Func<IPEndPoint, bool> isOwn, Action<string?> resolved)
{
    private IPEndPoint[] _endPoints = [];
    private int _index;
    private int _looking;

    /// <summary>Null until it is resolved.</summary>
    public IPEndPoint? Current
    {
        get
        {
            var endPoints = Volatile.Read(ref _endPoints);
            return _index < endPoints.Length ? endPoints[_index] : null;
        }
    }

    /// <summary>The current address failed. True: there is another to try at once; false: all have been tried.</summary>
    public bool TryNext()
    {
        if (_endPoints.Length == 0)
            return false;
        _index++;
        if (_index < _endPoints.Length)
            return true;
        _index = 0;

        // Names move; addresses do not.
        if (address.Ip is null)
            Volatile.Write(ref _endPoints, []);
        return false;
    }

    /// <summary>Begins a lookup unless the addresses are known or one is under way. It may take long: it has a pool thread of its own.</summary>
    public void Resolve()
    {
        if (Current is null && Interlocked.Exchange(ref _looking, 1) == 0)
            ThreadPool.UnsafeQueueUserWorkItem(static book => book.Look(), this, preferLocal: false);
    }

    private void Look()
    {
        string? error = null;
        IPEndPoint[] found = [];
        try
        {
            IPAddress[] addresses = address.Ip is { } ip ? [ip] : Dns.GetHostAddresses(address.Host);
            IPEndPoint[] all = [.. addresses.Where(IsUsable).Select(a => new IPEndPoint(a, address.Port))];
            found = [.. all.Where(endPoint => !isOwn(endPoint))];
            if (all.Length == 0)
                error = "name has no usable address";
            else if (found.Length == 0)
                error = "is this broadcaster's own listener";
        }
        catch (SocketException e)
        {
            error = $"name lookup failed: {e.Message}";
        }

        _index = 0;
        Volatile.Write(ref _endPoints, found);
        Volatile.Write(ref _looking, 0);
        resolved(error);
    }

    private static bool IsUsable(IPAddress ip) =>
        ip.AddressFamily == AddressFamily.InterNetwork || (ip.AddressFamily == AddressFamily.InterNetworkV6 && Socket.OSSupportsIPv6);
}
