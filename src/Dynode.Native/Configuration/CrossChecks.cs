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
        ReplyFits(values, faults);
        BacklogFits(values, faults);
        RequestFits(values, faults);
        UserHasPassword(values, faults);
        RequestsAreKnown(values, faults);
        OrderedLogValues.Check(values, faults);
        TlsValues.Check(values, faults);
        TlsEdgeValues.Check(values, faults);
        EdgeValues.Check(values, faults);
        MemoryHasAddresses(values, AddressSpace.LimitBytes(), faults);
    }

    /// <summary>Beside the pages the heap holds sessions and slots, and what is not collected yet: a quarter.</summary>
    internal static void MemoryHasAddresses(EffectiveValues values, long? limitBytes, ICollection<ConfigurationFault> faults)
    {
        EffectiveValue memory = values[ConfigurationKeys.MemoryMax];
        if (limitBytes is not { } limit || !memory.IsSet || memory.IsFaulty)
            return;
        long most = AddressSpace.HeapBytes(limit) / 4 * 3;
        if (memory.Value.Number > most)
        {
            faults.Add(new(
                memory.Source,
                $"memory_max={memory.Value.Text} does not fit into the addresses that this process may use ({limit} bytes by ulimit -v): at most {most}"));
        }
    }

    private static void ServersAreKnown(EffectiveValues values, ConfigurationSource whole, ICollection<ConfigurationFault> faults)
    {
        if (values.AreFaulty(ConfigurationKeys.Servers, ConfigurationKeys.AutoUpdate))
            return;
        if (values.Text(ConfigurationKeys.Servers).Length == 0 && !values.Flag(ConfigurationKeys.AutoUpdate))
            faults.Add(new(whole, "there are no servers: set servers=host:port, or servers_autoupdate=true and servers_autoupdate_url"));
    }

    private static void UrlIsThere(EffectiveValues values, ConfigurationSource whole, ICollection<ConfigurationFault> faults)
    {
        if (values.AreFaulty(ConfigurationKeys.AutoUpdateUrl, ConfigurationKeys.AutoUpdate))
            return;
        if (values.Flag(ConfigurationKeys.AutoUpdate) && values.Text(ConfigurationKeys.AutoUpdateUrl).Length == 0)
            faults.Add(new(SourceOf(values, ConfigurationKeys.AutoUpdate, whole), "servers_autoupdate=true needs servers_autoupdate_url"));
    }

    private static void ServersAreNotUs(EffectiveValues values, ICollection<ConfigurationFault> faults)
    {
        if (values.AreFaulty(ConfigurationKeys.Servers, ConfigurationKeys.Host, ConfigurationKeys.Port))
            return;
        string host = values.Text(ConfigurationKeys.Host);
        int port = (int)values.Number(ConfigurationKeys.Port);
        foreach (BackendAddress server in ServerEntries.AddressesOf(values[ConfigurationKeys.Servers].Value))
        {
            if (OwnListener.Is(server, host, port))
            {
                faults.Add(new(
                    values[ConfigurationKeys.Servers].Source,
                    $"server {server} is this broadcaster itself (host={host}, port={port}): its bytes would go round for ever"));
            }
            else if (values[TlsKeys.TlsPort].IsSet && OwnListener.Is(server, host, (int)values.Number(TlsKeys.TlsPort)))
            {
                faults.Add(new(values[ConfigurationKeys.Servers].Source, $"server {server} is this broadcaster itself (host={host}, tls_port={values.Text(TlsKeys.TlsPort)})"));
            }
        }
    }

    private static void ReplyFits(EffectiveValues values, ICollection<ConfigurationFault> faults)
    {
        EffectiveValue reply = values[ConfigurationKeys.Reply];
        if (values.AreFaulty(ConfigurationKeys.Reply, ConfigurationKeys.Protocol, ConfigurationKeys.DiscardResponses))
            return;
        ProtocolScope protocol = values.Protocol;
        if (values.Flag(ConfigurationKeys.DiscardResponses) && reply.IsSet && reply.Value.Text != "none")
        {
            EffectiveValue discard = values[ConfigurationKeys.DiscardResponses];
            faults.Add(new(
                reply.Source,
                $"reply={reply.Value.Text} disagrees with discard_responses=true ({discard.Source}), which is reply=none"));
        }

        if (protocol == ProtocolScope.Raw && reply.Value.Text is not ("all" or "primary" or "none"))
            faults.Add(new(reply.Source, $"reply={reply.Value.Text} needs a framed protocol; raw knows all, primary and none"));
        LineReplyFits(values, faults);
    }

    // Without replies there is nothing to choose from, and a client would wait for ever.
    private static void LineReplyFits(EffectiveValues values, ICollection<ConfigurationFault> faults)
    {
        EffectiveValue replies = values[ConfigurationKeys.LineReplies];
        EffectiveValue reply = values[ConfigurationKeys.Reply];
        if (values.Protocol != ProtocolScope.Line || replies.IsFaulty || replies.Value.Number > 0 || reply.Value.Text == "none")
            return;
        faults.Add(new(
            reply.Source,
            $"reply={reply.Value.Text} needs line_replies=1: with line_replies=0 ({replies.Source}) servers answer no line, and only reply=none is possible"));
    }

    private static void BacklogFits(EffectiveValues values, ICollection<ConfigurationFault> faults)
    {
        EffectiveValue backlog = values[ConfigurationKeys.BacklogBytes];
        EffectiveValue memory = values[ConfigurationKeys.MemoryMax];
        if (backlog.IsSet && !backlog.IsFaulty && !memory.IsFaulty && backlog.Value.Number > memory.Value.Number / 2)
        {
            faults.Add(new(
                backlog.Source, $"backlog_bytes={backlog.Value.Text} is more than half of memory_max={memory.Value.Text} ({memory.Source})"));
        }
    }

    private static void RequestFits(EffectiveValues values, ICollection<ConfigurationFault> faults)
    {
        EffectiveValue request = values[ConfigurationKeys.MaxRequestBytes];
        EffectiveValue backlog = values[ConfigurationKeys.BacklogBytes];
        EffectiveValue memory = values[ConfigurationKeys.MemoryMax];
        if (values.AreFaulty(ConfigurationKeys.Protocol, ConfigurationKeys.MaxRequestBytes, ConfigurationKeys.BacklogBytes, ConfigurationKeys.MemoryMax)
            || values.Protocol == ProtocolScope.Raw
            || request.Value.Number <= backlog.Value.Number / ProtocolDefaults.RequestsPerBacklogMin)
            return;

        // A backlog that nobody set has grown as far as it could.
        faults.Add(new(
            request.Source,
            backlog.IsSet
                ? $"max_request_bytes={request.Value.Text} is more than a quarter of backlog_bytes={backlog.Value.Text} ({backlog.Source})"
                : $"max_request_bytes={request.Value.Text} is more than an eighth of memory_max={memory.Value.Text} ({memory.Source}): "
                    + "a request is at most a quarter of backlog_bytes, and that half of memory_max"));
    }

    private static void UserHasPassword(EffectiveValues values, ICollection<ConfigurationFault> faults)
    {
        if (values.AreFaulty(ConfigurationKeys.BackendUsername, ConfigurationKeys.BackendPassword))
            return;
        if (values.Text(ConfigurationKeys.BackendUsername).Length > 0 && values.Secret(ConfigurationKeys.BackendPassword).IsEmpty)
            faults.Add(new(values[ConfigurationKeys.BackendUsername].Source, "backend_username needs backend_password"));
    }

    private static void RequestsAreKnown(EffectiveValues values, ICollection<ConfigurationFault> faults)
    {
        EffectiveValue access = values[ConfigurationKeys.AccessLog];
        if (values.Protocol == ProtocolScope.Raw && !values.AreFaulty(ConfigurationKeys.AccessLog, ConfigurationKeys.Protocol) && access.Value.Text == "requests")
            faults.Add(new(access.Source, "access_log=requests needs a framed protocol; raw knows no requests: access_log=connections"));

        // Without effect it would be a limit that somebody relies on.
        EffectiveValue rate = values[ConfigurationKeys.RequestRate];
        if (values.Protocol == ProtocolScope.Raw && !values.AreFaulty(ConfigurationKeys.RequestRate, ConfigurationKeys.Protocol) && rate.Value.Number > 0)
            faults.Add(new(rate.Source, $"request_rate={rate.Value.Text} needs a framed protocol; raw knows no requests: accept_rate and max_clients_per_address bound who comes"));
    }

    private static ConfigurationSource SourceOf(EffectiveValues values, ConfigurationKey key, ConfigurationSource whole) =>
        values[key].IsSet ? values[key].Source : whole;
}
