using System.Net;
using Dynode.Broadcast.Plane;
using Dynode.Native.Configuration;
using Dynode.Native.Membership;
using Microsoft.Extensions.Logging;

namespace Dynode.Native.Hosting;

/// <summary>What a broadcaster says of itself when it has its address: what runs, where, for whom, within which bounds.</summary>
internal static class StartReport
{
    private const string Once = "each server does each request exactly once";
    private const string AtLeastOnce = "a server is sent again what it had not acknowledged when its broadcaster ended without a drain, up to a second of it";

    public static void Write(ILogger log, HostSettings settings, IEnumerable<IPEndPoint> endPoints)
    {
        MembershipSettings membership = settings.Membership;
        string servers = ShownValue(settings, ConfigurationKeys.Servers);
        string url = membership.AutoUpdate ? ShownValue(settings, ConfigurationKeys.AutoUpdateUrl) : "";
        var budget = MemoryBudget.Of(settings);
        HostLog.Started(
            log,
            CommandLine.Version,
            string.Join(", ", endPoints),
            servers.Length == 0 ? url : url.Length == 0 ? servers : $"{servers} and {url}",
            budget[^1].Bytes,
            string.Join(", ", budget[..^1].Select(line => $"{line.Holder}={NumberText.Size(line.Bytes)}")));
        BroadcastSettings broadcast = settings.Broadcast;
        if (broadcast.Protocol != Protocol.Raw)
        {
            HostLog.Framed(
                log,
                ShownValue(settings, ConfigurationKeys.Protocol),
                ShownValue(settings, ConfigurationKeys.Reply),
                NumberText.Size(broadcast.BacklogBytesMax),
                NumberText.Size(broadcast.Framing.RequestBytesMax),
                broadcast.InFlightMax,
                NumberText.Size(broadcast.ReplyBytesMax));
        }
        else
        {
            HostLog.Raw(log, ShownValue(settings, ConfigurationKeys.Reply), NumberText.Size(broadcast.BacklogBytesMax), MemoryBudget.FullBacklogs(broadcast) + 1);
        }

        if (settings.Ordered is { } ordered)
            HostLog.Ordered(log, $"{ordered}", broadcast.PlaceTimeout.TotalSeconds, broadcast.ClaimLease.TotalSeconds, broadcast.ExactlyOnce ? Once : AtLeastOnce);

        if (broadcast is { Protocol: Protocol.Line, Framing.RepliesPerLine: 0 })
            HostLog.LinesUnanswered(log);

        if (SomaxConn() is { } most && most < broadcast.AcceptBacklog)
            HostLog.BacklogCut(log, broadcast.AcceptBacklog, most);

        if (settings.WithoutEffect is { IsEmpty: false } keys)
            HostLog.WithoutEffect(log, ConfigurationKey.Names(keys), ShownValue(settings, ConfigurationKeys.Protocol));
        WriteOpen(log, settings);
    }

    /// <summary>Which secrets everybody may read: at a start, and when others are in force.</summary>
    public static void WriteOpen(ILogger log, HostSettings settings)
    {
        foreach ((ConfigurationKey key, string path) in OpenSecrets.Of(settings.Values))
            HostLog.OpenSecret(log, key.Name, Shown.Plain(path));
    }

    /// <summary>Null: the system does not say.</summary>
    private static long? SomaxConn() =>
        BoundedFile.Read("/proc/sys/net/core/somaxconn", 64, out _) is { } text && NumberText.TryReadCount(System.Text.Encoding.ASCII.GetString(text).Trim(), out long count)
            ? count
            : null;

    private static string ShownValue(HostSettings settings, ConfigurationKey key) => Shown.Value(key, settings.Values.Text(key));
}
