using Dynode.Broadcast.Plane;
using Dynode.Streams.Nats;
using Keys = Dynode.Native.Configuration.ConfigurationKeys;
using LogKeys = Dynode.Native.Configuration.OrderedLogKeys;

namespace Dynode.Native.Configuration;

/// <summary>The keys of the log that gives several broadcasters one order, as it takes them.</summary>
internal static class OrderedLogValues
{
    /// <summary>It goes with each batch, several times.</summary>
    private const int KeyMax = 128;

    // Of exactly_once: auto, true, false.
    private const long Asked = 1;
    private const long Declined = 2;

    /// <summary>How it is reached.</summary>
    /// <returns>Null: there is none.</returns>
    public static NatsSettings? SettingsOf(EffectiveValues values)
    {
        if (values.Protocol == ProtocolScope.Raw || !NatsUrl.TryParse(values.Text(LogKeys.Log), out NatsUrl? url, out _) || url is null)
            return null;
        return new(url)
        {
            User = values.Text(LogKeys.LogUser),
            Password = TextOf(values, LogKeys.LogPassword),
            Token = TextOf(values, LogKeys.LogToken),
            Credentials = TextOf(values, LogKeys.LogCreds),
            Replicas = (int)values.Number(LogKeys.LogReplicas),
            Keep = values.Duration(LogKeys.LogKeep),
            BytesMax = values.Number(LogKeys.LogBytes),
            RequestBytesWanted = values[Keys.MaxRequestBytes].IsSet ? values.Number(Keys.MaxRequestBytes) : 0,
        };
    }

    /// <summary>What changes no data goes past the log.</summary>
    public static bool ReadsAreLocal(EffectiveValues values) => values[LogKeys.Log].IsSet && values.Number(LogKeys.LogReads) == 0;

    /// <summary>What cannot work, with the values that stand beside it.</summary>
    public static void Check(EffectiveValues values, ICollection<ConfigurationFault> faults)
    {
        CheckOnce(values, faults);
        EffectiveValue log = values[LogKeys.Log];
        if (!log.IsSet || values.AreFaulty(LogKeys.Log, Keys.Protocol, LogKeys.LogUser, LogKeys.LogPassword, LogKeys.LogToken, LogKeys.LogCreds, LogKeys.LogCa, LogKeys.LogCert, LogKeys.LogKey))
            return;
        if (values.Protocol == ProtocolScope.Raw)
            faults.Add(new(log.Source, "log needs a framed protocol: raw knows no requests that could be put into one order"));
        else if (SettingsOf(values) is { } nats && (nats.Fault() is { Length: > 0 } fault ? fault : FilesFault(values, nats)) is { } wrong)
            faults.Add(new(log.Source, wrong));
        EffectiveValue cas = values[Keys.MemcachedCas];
        if (values.Protocol == ProtocolScope.Memcached && !cas.IsFaulty && cas.Value.Number != 0)
            faults.Add(new(cas.Source, $"memcached_cas=true and log ({log.Source}) cannot both be: the numbers of cas are each server's own"));
    }

    /// <summary>What the data plane is told of it.</summary>
    public static BroadcastSettings Ordered(EffectiveValues values, BroadcastSettings settings) => settings with
    {
        PlaceTimeout = values.Duration(LogKeys.LogTimeout),
        ParcelsInFlightMax = (int)values.Number(LogKeys.LogWindow),
        ClaimLease = values.Duration(LogKeys.LogLease),
        CatchUpRate = values.Number(LogKeys.CatchUpRate),
        CatchUpServersMax = (int)values.Number(LogKeys.CatchUpServers),
        ExactlyOnce = IsOnce(values),
        ExactlyOnceKey = values.Text(LogKeys.ExactlyOnceKey),
        ExactlyOnceRewrite = values.Flag(LogKeys.ExactlyOnceRewrite),
        Framing = settings.Framing with { SendsScripts = values[LogKeys.Log].IsSet, OwnKey = OwnKeyOf(values) },
    };

    private static void CheckOnce(EffectiveValues values, ICollection<ConfigurationFault> faults)
    {
        EffectiveValue once = values[LogKeys.ExactlyOnce];
        if (values.AreFaulty(LogKeys.ExactlyOnce, LogKeys.ExactlyOnceKey, LogKeys.Log, Keys.Protocol))
            return;
        bool isAsked = values.Number(LogKeys.ExactlyOnce) == Asked;
        if (isAsked && values.Protocol != ProtocolScope.Redis)
            faults.Add(new(once.Source, "exactly_once=true needs protocol=redis: other servers do not do several requests as one"));
        else if (isAsked && !values[LogKeys.Log].IsSet)
            faults.Add(new(once.Source, "exactly_once=true needs log: an order that is in memory alone dies with its broadcaster, and nobody could go on in it"));
        if (IsOnce(values) && values.Text(LogKeys.ExactlyOnceKey).Length is 0 or > KeyMax)
            faults.Add(new(values[LogKeys.ExactlyOnceKey].Source, $"exactly_once_key must have 1 to {KeyMax} characters"));
    }

    private static string? FilesFault(EffectiveValues values, NatsSettings nats) =>
        !nats.Url.IsTls && (values[LogKeys.LogCa].IsSet || values[LogKeys.LogCert].IsSet || values[LogKeys.LogKey].IsSet) ? "log_ca, log_cert and log_key are for nats+tls:// alone" : null;

    private static ReadOnlyMemory<byte> OwnKeyOf(EffectiveValues values)
    {
        if (values.Protocol != ProtocolScope.Redis || !values[LogKeys.Log].IsSet)
            return default;
        return System.Text.Encoding.UTF8.GetBytes(IsOnce(values) ? values.Text(LogKeys.ExactlyOnceKey) : BroadcastSettings.OwnerKey);
    }

    private static bool IsOnce(EffectiveValues values) =>
        values.Protocol == ProtocolScope.Redis && values[LogKeys.Log].IsSet && values.Number(LogKeys.ExactlyOnce) != Declined;

    private static string TextOf(EffectiveValues values, ConfigurationKey key) =>
        values.Secret(key) is { IsEmpty: false } secret ? System.Text.Encoding.UTF8.GetString(secret.Bytes) : "";
}
