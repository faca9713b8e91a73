using Microsoft.Extensions.Logging;

namespace Dynode.Native.Membership;

/// <summary>What membership tells the operator; ids 3000 to 3999.</summary>
internal static partial class MembershipLog
{
    [LoggerMessage(3001, LogLevel.Information, "servers: {Servers}")]
    public static partial void FirstSet(ILogger logger, string servers);

    [LoggerMessage(3002, LogLevel.Information, "servers changed: added {Added}; removed {Removed}")]
    public static partial void SetChanged(ILogger logger, string added, string removed);

    [LoggerMessage(3003, LogLevel.Information, "the order of the servers changed: {Servers}")]
    public static partial void OrderChanged(ILogger logger, string servers);

    [LoggerMessage(3004, LogLevel.Information, "servers are spoken to otherwise from now on: {Servers}")]
    public static partial void SpokenToOtherwise(ILogger logger, string servers);

    [LoggerMessage(3010, LogLevel.Warning, "no server list from {Url}: {Reason}; the last good set stays (fault {Faults} in a row)")]
    public static partial void ListRefused(ILogger logger, string url, string reason, int faults);

    [LoggerMessage(
        3011, LogLevel.Warning, "no server list from {Url}: {Reason}; no client is accepted before the first one (fault {Faults} in a row)")]
    public static partial void FirstListRefused(ILogger logger, string url, string reason, int faults);

    [LoggerMessage(3012, LogLevel.Information, "{Url} gives a server list again, after {Faults} faults")]
    public static partial void ListRecovered(ILogger logger, string url, int faults);

    [LoggerMessage(3013, LogLevel.Debug, "asking {Url} for the server list by {Method}")]
    public static partial void Asking(ILogger logger, string url, string method);

    [LoggerMessage(3014, LogLevel.Error, "the system gives no thread to ask the list URL by; the servers stay as they are until the next reload")]
    public static partial void NoThread(ILogger logger);

    [LoggerMessage(3015, LogLevel.Warning, "the list that was kept {Age} s ago is used, until {Url} gives one: {Servers}")]
    public static partial void KeptUsed(ILogger logger, string age, string url, string servers);

    [LoggerMessage(3016, LogLevel.Warning, "the list that was kept {Age} s ago is not used: servers_keep_max={Max}")]
    public static partial void KeptTooOld(ILogger logger, string age, string max);

    [LoggerMessage(3017, LogLevel.Warning, "no servers from dns:{Name}: {Reason}; those that it led to last stay, and without any no client is accepted (fault {Faults} in a row)")]
    public static partial void NoServersOfName(ILogger logger, string name, string reason, int faults);

    [LoggerMessage(3018, LogLevel.Information, "dns:{Name} leads to servers again, after {Faults} faults")]
    public static partial void NameRecovered(ILogger logger, string name, int faults);

    [LoggerMessage(3019, LogLevel.Warning, "no server is left: operators have removed all of them; dynode add ADDRESS takes one back")]
    public static partial void AllRemoved(ILogger logger);

    [LoggerMessage(3090, LogLevel.Error, "membership failed and goes on; this is a fault of Dynode")]
    public static partial void Failed(ILogger logger, Exception exception);
}
