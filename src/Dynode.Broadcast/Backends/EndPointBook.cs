using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;

namespace Dynode.Broadcast.Backends;

/// <summary>
/// Where a backend can be reached: one address at a time. That which worked is used by all until it fails, or until its name is looked up
/// again and it is no longer among the answers. A name whose addresses have all failed has none, until it is looked up again. Guarded by
/// the backend's lock, where nothing else is said.
/// </summary>
internal sealed class EndPointBook(BackendAddress address)
{
    // A path is known from the start, and is the only one.
    private EndPoint[] _endPoints = address.Path is { } path ? [new UnixDomainSocketEndPoint(path)] : [];
    private int _index;

    /// <summary>Null: it is not known.</summary>
    public EndPoint? Current => _index < _endPoints.Length ? _endPoints[_index] : null;

    /// <summary>No address is known. Any thread.</summary>
    public bool IsEmpty => Volatile.Read(ref _endPoints).Length == 0;

    /// <summary>What a lookup has found, as addresses of this backend. Any thread.</summary>
    /// <param name="found">In the resolver's order.</param>
    /// <param name="isOwn">Whether one is this broadcaster's own listener: those are left out, it would feed itself.</param>
    /// <param name="error">Why none can be used, where that is so.</param>
    public EndPoint[] Usable(ImmutableArray<IPAddress> found, Func<IPEndPoint, bool> isOwn, out string? error)
    {
        IPEndPoint[] all = [.. found.Where(IsUsable).Select(ip => new IPEndPoint(ip, address.Port))];
        IPEndPoint[] foreign = [.. all.Where(endPoint => !isOwn(endPoint))];
        error = all.Length == 0 ? "name has no usable address" : foreign.Length == 0 ? "is this broadcaster's own listener" : null;
        return foreign;
    }

    /// <summary>From now on these are its addresses; the one in use stays so where it is among them.</summary>
    public void Take(EndPoint[] endPoints)
    {
        int index = Current is { } current ? Array.IndexOf(endPoints, current) : 0;
        _index = Math.Max(0, index);
        Volatile.Write(ref _endPoints, endPoints);
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

        // Names move; addresses and paths do not.
        if (address.IsName)
            Volatile.Write(ref _endPoints, []);
        return false;
    }

    /// <summary>The server is elsewhere now. Not so while nobody knows where. Any thread.</summary>
    public bool HasLeft(EndPoint endPoint) => Volatile.Read(ref _endPoints) is { Length: > 0 } endPoints && !endPoints.Contains(endPoint);

    private static bool IsUsable(IPAddress ip) =>
        ip.AddressFamily == AddressFamily.InterNetwork || (ip.AddressFamily == AddressFamily.InterNetworkV6 && Socket.OSSupportsIPv6);
}
