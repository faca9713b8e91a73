using Dynode.Broadcast.Plane;
using Dynode.Native.Admin;
using Dynode.Native.Configuration;
using Dynode.Native.Handover;
using Microsoft.Extensions.Logging;

namespace Dynode.Native.Hosting;

/// <summary>The settings that are in force, through all reloads. Any thread.</summary>
internal sealed class HostSettingsInForce(HostSettings settings, ConfigurationPlaces places, long descriptorsMax, ILogger log)
{
    private readonly Lock _reloading = new();
    private volatile HostSettings _now = settings;

    public HostSettings Now => _now;

    /// <summary>The file that they came from; null: none.</summary>
    public string? File => places.File;

    /// <summary>What a successor must be.</summary>
    public Claim Claim => new(StatusNames.Protocol(_now.Broadcast), _now.Broadcast.Host, _now.Broadcast.Port, _now.Broadcast.TlsPort, _now.Ordered?.Url.Stream ?? "", _now.Broadcast.ListenUnix);

    /// <summary>For the data plane: with what the host knows and no file says.</summary>
    public BroadcastSettings Broadcast
    {
        get
        {
            BroadcastSettings broadcast = _now.Broadcast with { DescriptorsMax = descriptorsMax, DescriptorsElsewhere = AdminSide.DescriptorsOf(_now.Admin) };
            if (AddressSpace.LimitBytes() is not { } limit || ClientsThatFit(_now, limit) is var fit && fit >= broadcast.ClientsMax)
                return broadcast;
            HostLog.ClientsLowered(log, broadcast.ClientsMax, (int)Math.Max(1, fit));
            return broadcast with { ClientsMax = (int)Math.Max(1, fit) };
        }
    }

    /// <summary>How many clients the address space has room for.</summary>
    public static long ClientsThatFit(HostSettings settings, long addressBytes) => MemoryBudget.ClientsThatFit(settings, AddressSpace.HeapBytes(addressBytes));

    /// <summary>Reads the configuration again. One at a time: a signal may come while an operator asks for it.</summary>
    /// <param name="apply">Told of the new settings, which are in force by then.</param>
    public Reload ReadAgain(Action<HostSettings> apply)
    {
        lock (_reloading)
        {
            Reload reload = Reload.Between(_now, ConfigurationLoader.Read(places));
            ReloadReport.Write(log, reload, _now);
            if (reload.Settings is { } next)
            {
                _now = next;
                apply(next);
            }

            return reload;
        }
    }
}
