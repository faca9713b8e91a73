using Dynode.Broadcast.Backends;

namespace Dynode.Native.Membership;

/// <summary>Where a server cannot be one by a unix socket.</summary>
internal static class UnixServers
{
    /// <summary>A server of a stream is one to all its broadcasters, and a path is on each machine another.</summary>
    public static string WithLog(BackendAddress server) =>
        $"server {server} is a path of this machine alone: with log= the broadcasters of a stream know servers by their addresses, and it needs host:port";
}
