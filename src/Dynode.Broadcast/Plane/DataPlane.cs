using System.Collections.Immutable;
using System.Net;
using System.Net.NetworkInformation;
using Dynode.Log;
using Microsoft.Extensions.Logging;

namespace Dynode.Broadcast.Plane;

/// <summary>What all parts of the data plane share. Everything here may be used from any thread.</summary>
internal sealed class DataPlane
{
    private BroadcastSettings _settings;

    public DataPlane(BroadcastSettings settings, ILogger logger, TimeProvider time)
    {
        _settings = settings;
        Logger = logger;
        Clock = new Clock(time);
        Pool = new PagePool(settings.MemoryBytesMax);
    }

    /// <summary>What is read into memory that nobody will look at. Any number of receives may write here at once.</summary>
    public static Memory<byte> Scratch { get; } = new byte[PagePool.LargePageBytes];

    public BroadcastSettings Settings
    {
        get => Volatile.Read(ref _settings);
        set => Volatile.Write(ref _settings, value);
    }

    /// <summary>Requests are known, and all clients share one log.</summary>
    public bool IsFramed => Settings.Protocol != Protocol.Raw;

    public ILogger Logger { get; }

    public Clock Clock { get; }

    public PagePool Pool { get; }

    public TrafficCounters Traffic { get; } = new();

    /// <summary>Where the listener is bound.</summary>
    public ImmutableArray<IPEndPoint> OwnEndPoints { get; set; } = [];

    /// <summary>Whether a connection to <paramref name="endPoint"/> would reach this broadcaster's own listener.</summary>
    public bool IsOwnEndPoint(IPEndPoint endPoint)
    {
        var address = Reached(endPoint.Address);
        foreach (var own in OwnEndPoints)
        {
            if (own.Port != endPoint.Port)
                continue;
            bool any = own.Address.Equals(IPAddress.Any) || own.Address.Equals(IPAddress.IPv6Any);
            if (own.Address.Equals(address) || (any && IsOfThisMachine(address)))
                return true;
        }

        return false;
    }

    /// <summary>Whom a connect reaches: "any address" is the loopback, and one of IPv4 in the spelling of IPv6 is one of IPv4.</summary>
    private static IPAddress Reached(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        return address.Equals(IPAddress.Any) ? IPAddress.Loopback
            : address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback
            : address;
    }

    private static bool IsOfThisMachine(IPAddress address) =>
        IPAddress.IsLoopback(address)
        || NetworkInterface.GetAllNetworkInterfaces().Any(nic =>
            nic.GetIPProperties().UnicastAddresses.Any(unicast => unicast.Address.Equals(address)));
}
