using Dynode.Native.Configuration;
using Microsoft.Extensions.Logging;

namespace Dynode.Native.Hosting;

/// <summary>What a reload has come to, for the log.</summary>
internal static class ReloadReport
{
    public static void Write(ILogger log, Reload reload, HostSettings before)
    {
        foreach (ConfigurationFault fault in reload.Faults)
            HostLog.ReloadRefused(log, fault.ToString());
        foreach (ConfigurationKey key in reload.NeedRestart)
            HostLog.NeedsRestart(log, key.Name, Shown.Value(key, before.Values.Text(key)));
        if (reload.Settings is null)
            return;
        if (reload.Applied.IsEmpty && reload.NeedRestart.IsEmpty)
            HostLog.ReloadedUnchanged(log);
        else if (!reload.Applied.IsEmpty)
            HostLog.Reloaded(log, ConfigurationKey.Names(reload.Applied));
        StartReport.WriteOpen(log, reload.Settings);
    }
}
