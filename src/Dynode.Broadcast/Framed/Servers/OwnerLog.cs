using Dynode.Broadcast.Backends;
using Microsoft.Extensions.Logging;

namespace Dynode.Broadcast.Framed.Servers;

/// <summary>What is said of whose a server is, where it is delivered to: 1550 to 1559.</summary>
internal static partial class OwnerLog
{
    [LoggerMessage(1550, LogLevel.Warning, "server {Server}: what lay under {Key} was written by no broadcaster: who had the server before is not known, and this one is noted there now")]
    public static partial void OwnerOverwritten(this ILogger logger, BackendAddress server, string key);

    [LoggerMessage(1551, LogLevel.Warning, "server {Server}: the claim to it was not renewed within its lease, and another may have it: it is sent nothing more of the log until it is")]
    public static partial void LeaseOverdue(this ILogger logger, BackendAddress server);

    [LoggerMessage(1552, LogLevel.Information, "server {Server}: the claim to it is renewed, and it is sent what it is owed")]
    public static partial void LeaseRenewed(this ILogger logger, BackendAddress server);
}
