using Dynode.Broadcast.Backends;

namespace Dynode.Native.Configuration;

/// <summary>The rules that need more than one key.</summary>
internal static class CrossChecks
{
    /// <summary>Judges <paramref name="values"/>; a rule one of whose keys is faulty already says nothing.</summary>
    /// <param name="values">All of them.</param>
    /// <param name="whole">Where a fault stands that is no single key's.</param>
    /// <param name="faults">Takes them.</param>
    public static void Run(EffectiveValues values, ConfigurationSource whole, ICollection<ConfigurationFault> faults)
    {
        ServersAreKnown(values, whole, faults);
        UrlIsThere(values, whole, faults);
        ServersAreNotUs(values, faults);
        ProtocolIsBuilt(values, faults);
        ReplyFits(values, faults);
        BacklogFits(values, faults);
    }

    private static void ServersAreKnown(EffectiveValues values, ConfigurationSource whole, ICollection<ConfigurationFault> faults)
    {
        if (AreFaulty(values, ConfigurationKeys.Servers, ConfigurationKeys.AutoUpdate))
            return;
        if (values.Text(ConfigurationKeys.Servers).Length == 0 && !values.Flag(ConfigurationKeys.AutoUpdate))
            faults.Add(new(whole, "there are no servers: set servers=host:port, or servers_autoupdate=true and servers_autoupdate_url"));
    }

    private static void UrlIsThere(EffectiveValues values, ConfigurationSource whole, ICollection<ConfigurationFault> faults)
    {
        if (AreFaulty(values, ConfigurationKeys.AutoUpdateUrl, ConfigurationKeys.AutoUpdate))
            return;
        if (values.Flag(ConfigurationKeys.AutoUpdate) && values.Text(ConfigurationKeys.AutoUpdateUrl).Length == 0)
            faults.Add(new(SourceOf(values, ConfigurationKeys.AutoUpdate, whole), "servers_autoupdate=true needs servers_autoupdate_url"));
    }

    private static void ServersAreNotUs(EffectiveValues values, ICollection<ConfigurationFault> faults)
    {
        if (AreFaulty(values, ConfigurationKeys.Servers, ConfigurationKeys.Host, ConfigurationKeys.Port))
            return;
        string host = values.Text(ConfigurationKeys.Host);
        int port = (int)values.Number(ConfigurationKeys.Port);
        foreach (BackendAddress server in ValueReader.ServersOf(values[ConfigurationKeys.Servers].Value))
        {
            if (!OwnListener.Is(server, host, port))
                continue;
            faults.Add(new(
                values[ConfigurationKeys.Servers].Source,
                $"server {server} is this broadcaster itself (host={host}, port={port}): its bytes would go round for ever"));
        }
    }

    private static void ProtocolIsBuilt(EffectiveValues values, ICollection<ConfigurationFault> faults)
    {
        EffectiveValue protocol = values[ConfigurationKeys.Protocol];
        if (!protocol.IsFaulty && protocol.Value.Text != "raw")
            faults.Add(new(protocol.Source, $"protocol={protocol.Value.Text} is not in this version; only raw is"));
    }

    private static void ReplyFits(EffectiveValues values, ICollection<ConfigurationFault> faults)
    {
        EffectiveValue reply = values[ConfigurationKeys.Reply];
        if (AreFaulty(values, ConfigurationKeys.Reply, ConfigurationKeys.Protocol, ConfigurationKeys.DiscardResponses))
            return;
        if (values.Flag(ConfigurationKeys.DiscardResponses) && reply.IsSet && reply.Value.Text != "none")
        {
            EffectiveValue discard = values[ConfigurationKeys.DiscardResponses];
            faults.Add(new(
                reply.Source,
                $"reply={reply.Value.Text} disagrees with discard_responses=true ({discard.Source}), which is reply=none"));
        }

        if (values.Text(ConfigurationKeys.Protocol) == "raw" && reply.Value.Text is not ("all" or "primary" or "none"))
            faults.Add(new(reply.Source, $"reply={reply.Value.Text} needs a framed protocol; raw knows all, primary and none"));
    }

    private static void BacklogFits(EffectiveValues values, ICollection<ConfigurationFault> faults)
    {
        EffectiveValue backlog = values[ConfigurationKeys.BacklogBytes];
        EffectiveValue memory = values[ConfigurationKeys.MemoryMax];
        if (!backlog.IsFaulty && !memory.IsFaulty && backlog.Value.Number > memory.Value.Number / 2)
        {
            faults.Add(new(
                backlog.IsSet ? backlog.Source : memory.Source,
                $"backlog_bytes={backlog.Value.Text} is more than half of memory_max={memory.Value.Text} ({memory.Source})"));
        }
    }

    private static bool AreFaulty(EffectiveValues values, params ReadOnlySpan<ConfigurationKey> keys)
    {
        foreach (ConfigurationKey key in keys)
        {
            if (values[key].IsFaulty)
                return true;
        }

        return false;
    }

    private static ConfigurationSource SourceOf(EffectiveValues values, ConfigurationKey key, ConfigurationSource whole) =>
        values[key].IsSet ? values[key].Source : whole;
}
