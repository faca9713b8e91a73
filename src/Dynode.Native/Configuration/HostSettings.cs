using System.Collections.Immutable;
using Dynode.Broadcast.Plane;
using Dynode.Native.Certificates;
using Dynode.Native.Hosting.Logging;
using Dynode.Native.Membership;
using Dynode.Protocols;
using Dynode.Streams.Nats;
using Microsoft.Extensions.Logging;
using Keys = Dynode.Native.Configuration.ConfigurationKeys;

namespace Dynode.Native.Configuration;

/// <summary>What the host runs on: checked values, in the shape that each part takes. Immutable; a reload makes a new one.</summary>
internal sealed record HostSettings
{
    /// <summary>For the data plane.</summary>
    public required BroadcastSettings Broadcast { get; init; }

    /// <summary>For the log that gives several broadcasters one order; null: there is none.</summary>
    public NatsSettings? Ordered { get; init; }

    /// <summary>For clients that speak TLS, and for the admin port where it does; null: nobody does.</summary>
    public TlsSettings? Tls { get; init; }

    /// <summary>For servers that are spoken to by TLS.</summary>
    public required ServerTlsSettings ServerTls { get; init; }

    /// <summary>For the list URL, where it is asked by https.</summary>
    public required ServerTlsSettings ListTls { get; init; }

    /// <summary>For NATS, where it is spoken to by TLS.</summary>
    public required ServerTlsSettings LogTls { get; init; }

    /// <summary>Framed, and the order is its own: whoever hands over ends its log.</summary>
    public bool HasOwnLog => Broadcast.Protocol != Protocol.Raw && Ordered is null;

    /// <summary>For membership.</summary>
    public required MembershipSettings Membership { get; init; }

    /// <summary>For the admin side.</summary>
    public required AdminSettings Admin { get; init; }

    /// <summary>How long clients are let in after the end has been asked for, while it says that it is not ready.</summary>
    public required TimeSpan DrainDelay { get; init; }

    /// <summary>How long a successor waits for servers.</summary>
    public required TimeSpan HandoverTimeout { get; init; }

    /// <summary>Where state is kept over restarts; empty: nowhere.</summary>
    public required string StateDirectory { get; init; }

    public required LogLevel LogLevel { get; init; }

    public required LogFormat LogFormat { get; init; }

    /// <summary>What all of it was made from, and what a reload compares.</summary>
    public required EffectiveValues Values { get; init; }

    /// <summary>Keys that somebody set and that this protocol does not look at.</summary>
    public ImmutableArray<ConfigurationKey> WithoutEffect =>
        [.. KeyTable.All.Where(key => Values.IsWithoutEffect(key))];

    /// <summary>The settings of <paramref name="values"/>, which have passed every check.</summary>
    public static HostSettings From(EffectiveValues values)
    {
        if (values.Flag(Keys.DiscardResponses))
        {
            // So that what is printed is what is done.
            var source = new ConfigurationSource($"discard_responses ({values[Keys.DiscardResponses].Source})");
            if (!values[Keys.Reply].IsSet)
                values = values.With([(Keys.Reply, new(new("none", Keys.Reply.Choices.IndexOf("none")), source))]);
        }

        return new()
        {
            Values = values,
            LogLevel = (LogLevel)values.Number(Keys.LogLevel),
            LogFormat = (LogFormat)values.Number(Keys.LogFormat),
            Broadcast = EdgeValues.Edged(values, TlsValues.Secured(values, OrderedLogValues.Ordered(values, BroadcastOf(values)))),
            Tls = TlsValues.SettingsOf(values),
            ServerTls = TlsValues.ServersOf(values),
            ListTls = TlsEdgeValues.ListOf(values),
            LogTls = TlsEdgeValues.LogOf(values),
            Ordered = OrderedLogValues.SettingsOf(values),
            Membership = MembershipOf(values),
            Admin = AdminValues.SettingsOf(values),
            StateDirectory = values.Text(Keys.StateDirectory),
            DrainDelay = values.Duration(Keys.DrainDelay),
            HandoverTimeout = values.Duration(Keys.HandoverTimeout),
        };
    }

    private static BroadcastSettings BroadcastOf(EffectiveValues values) => new()
    {
        Host = values.Text(Keys.Host),
        Port = (int)values.Number(Keys.Port),
        AcceptBacklog = (int)values.Number(Keys.AcceptBacklog),
        ReuseAddress = values.Flag(Keys.ReuseAddress),
        Protocol = (Protocol)values.Number(Keys.Protocol),
        Reply = values.Protocol == ProtocolScope.Raw ? (RawReply)values.Number(Keys.Reply) : RawReply.All,
        FramedReply = values.Protocol == ProtocolScope.Raw ? FramedReply.Primary : (FramedReply)values.Number(Keys.Reply),
        Framing = FramingOf(values),
        ReplyBytesMax = values.Number(Keys.MaxReplyBytes),
        InFlightMax = (int)values.Number(Keys.MaxInFlight),
        Resume = (RawResume)values.Number(Keys.RawResume),
        MemoryBytesMax = values.Number(Keys.MemoryMax),
        BacklogBytesMax = values.Number(Keys.BacklogBytes),
        ClientsMax = (int)values.Number(Keys.MaxClients),
        ClientsPerAddressMax = (int)values.Number(Keys.MaxClientsPerAddress),
        ClientsAllow = NetworkEntries.Of(values[Keys.ClientsAllow].Value),
        ClientsDeny = NetworkEntries.Of(values[Keys.ClientsDeny].Value),
        AcceptRate = (int)values.Number(Keys.AcceptRate),
        RequestRate = (int)values.Number(Keys.RequestRate),
        ConnectTimeout = values.Duration(Keys.ConnectTimeout),
        NameRefresh = values.Duration(Keys.DnsRefresh),
        ReconnectDelayMax = values.Duration(Keys.ReconnectDelay),
        IdleTimeout = values.Duration(Keys.IdleTimeout),
        StallTimeout = values.Duration(Keys.StallTimeout),
        SlowRequest = values.Duration(Keys.SlowRequest),
        SlowLogMax = (int)values.Number(Keys.SlowLogMax),
        AccessLog = (AccessLogging)values.Number(Keys.AccessLog),
        AccessLogSample = (int)values.Number(Keys.AccessLogSample),
        ReplyTimeout = values.Duration(Keys.ReplyTimeout),
        WriteTimeout = values.Duration(Keys.WriteTimeout),
        LingerTimeout = values.Duration(Keys.LingerTimeout),
        DrainTimeout = values.Duration(Keys.DrainTimeout),
    };

    private static ProtocolSettings FramingOf(EffectiveValues values) => new()
    {
        RequestBytesMax = values.Number(Keys.MaxRequestBytes),
        ClientPassword = values.Secret(Keys.ClientPassword),
        BackendUsername = values.Text(Keys.BackendUsername),
        BackendPassword = values.Secret(Keys.BackendPassword),
        AllowsCas = values.Flag(Keys.MemcachedCas),
        MarksReads = OrderedLogValues.ReadsAreLocal(values),
        LineFraming = (LineFraming)values.Number(Keys.LineFraming),
        RepliesPerLine = (int)values.Number(Keys.LineReplies),
    };

    private static MembershipSettings MembershipOf(EffectiveValues values) => new()
    {
        Servers = ServerEntries.AddressesOf(values[Keys.Servers].Value),
        ByTls = values.Flag(TlsKeys.BackendTls),
        TakesPaths = values.Text(OrderedLogKeys.Log).Length == 0,
        Names = ServerEntries.AddressesOf(values[Keys.Servers].Value, namesAlone: true),
        NameRefresh = values.Duration(Keys.DnsRefresh),
        KeepMax = values.Duration(Keys.KeepMax),
        ShrinkMax = values.Number(Keys.ShrinkMax),
        AutoUpdate = values.Flag(Keys.AutoUpdate),
        Method = (HttpMethodName)values.Number(Keys.AutoUpdateMethod),
        Url = values.Text(Keys.AutoUpdateUrl) is { Length: > 0 } url ? new Uri(url) : null,
        Parameters = values.Text(Keys.AutoUpdateParameters),
        Refresh = values.Duration(Keys.AutoUpdateRefresh),
        Timeout = values.Duration(Keys.AutoUpdateTimeout),
    };
}
