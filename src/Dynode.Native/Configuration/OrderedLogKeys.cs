using System.Collections.Immutable;
using static Dynode.Native.Configuration.ConfigurationLimits;
using static Dynode.Native.Configuration.ReloadEffect;

namespace Dynode.Native.Configuration;

/// <summary>The keys of the log that gives several broadcasters one order; behind <see cref="ConfigurationKeys"/>.</summary>
internal static class OrderedLogKeys
{
    private static readonly KeyDeclarations Keys = new(from: ConfigurationKeys.All.Length);

    public static readonly ConfigurationKey Log = Keys.Declare(new(
        "log", ValueKind.OrderedLog, "", NeedsRestart,
        "framed: nats://host:port[,host:port]/stream, or nats+tls://: a JetStream that gives all broadcasters which name it one order; empty: the order is this one's own"));

    public static readonly ConfigurationKey LogTimeout = Keys.Declare(KeyDeclarations.Seconds(
        "log_timeout", "15", 1, "with log: seconds that a request waits for its place in the order; then its client is told whether it may be kept") with
    { Scope = ProtocolScope.Framed });

    public static readonly ConfigurationKey LogReads = Keys.Declare(new(
        "log_reads", ValueKind.Choice, "local", Applied,
        "with log: how requests are answered that change no data: local: by this broadcaster's own servers at once; stream: in the one order, as all others")
    { Choices = ["local", "stream"], Scope = ProtocolScope.Framed });

    public static readonly ConfigurationKey LogWindow = Keys.Declare(KeyDeclarations.Number(
        "log_window", "8", 1, LogWindowMax, NeedsRestart, "with log: entries of the stream that may be on their way at once; on long lines more") with
    { Scope = ProtocolScope.Framed });

    public static readonly ConfigurationKey LogLease = Keys.Declare(KeyDeclarations.Seconds(
        "log_lease", "12", LogLeaseMillisecondsMin, "with log: seconds after which a server is anybody's whose broadcaster has died; longer than an election of NATS takes") with
    { Reload = NeedsRestart, Scope = ProtocolScope.Framed });

    public static readonly ConfigurationKey CatchUpRate = Keys.Declare(KeyDeclarations.Bytes(
        "catchup_rate", "16m", 0, MemoryBytesMax, "with log: bytes a second at which a server that lacks what the log holds no more reads the stream by itself; 0: as fast as it answers") with
    { Scope = ProtocolScope.Framed });

    public static readonly ConfigurationKey CatchUpServers = Keys.Declare(KeyDeclarations.Number(
        "catchup_servers", "4", 1, ServersMax, Applied, "with log: servers that do so at once; others wait, the one farthest behind comes next") with
    { Scope = ProtocolScope.Framed });

    public static readonly ConfigurationKey ExactlyOnce = Keys.Declare(OfLog(
        "exactly_once", ValueKind.Choice, "auto", "with log, redis: servers do each request exactly once, by a watermark in their own data: auto, true; false: a death repeats up to a second", ProtocolScope.Redis) with
    { Choices = ["auto", "true", "false"] });

    public static readonly ConfigurationKey ExactlyOnceKey = Keys.Declare(OfLog(
        "exactly_once_key", ValueKind.Text, "dynode:watermark", "with exactly_once: the key of the watermark, in database 0; clients' requests for it are refused", ProtocolScope.Redis));

    public static readonly ConfigurationKey ExactlyOnceRewrite = Keys.Declare(OfLog(
        "exactly_once_rewrite", ValueKind.Flag, "true", "with exactly_once: a server that lost what it had done is asked for BGREWRITEAOF before it goes on, but for valkey 8.0.11, 8.1.10, 9.0.6 and later ones of these", ProtocolScope.Redis));

    public static readonly ConfigurationKey LogReplicas = Keys.Declare(KeyDeclarations.Number(
        "log_replicas", "3", 1, 5, NeedsRestart, "with log: copies of the stream, where it is missing and is made") with
    { Scope = ProtocolScope.Framed });

    public static readonly ConfigurationKey LogKeep = Keys.Declare(KeyDeclarations.Seconds(
        "log_keep", "86400", LogKeepMillisecondsMin, "with log: seconds that a stream which is made keeps an entry: a server that is away for longer has a gap") with
    { Reload = NeedsRestart, Scope = ProtocolScope.Framed });

    public static readonly ConfigurationKey LogBytes = Keys.Declare(KeyDeclarations.Bytes(
        "log_bytes", "4g", LogBytesMin, LogBytesMax, "with log: what a stream which is made keeps, in all") with
    { Reload = NeedsRestart, Scope = ProtocolScope.Framed });

    public static readonly ConfigurationKey LogUser = Keys.Declare(OfLog(
        "log_user", ValueKind.Text, "", "with log: whom NATS knows this broadcaster as; needs log_password", ProtocolScope.Framed));

    public static readonly ConfigurationKey LogPassword = Keys.Declare(OfLog(
        "log_password", ValueKind.Secret, "", "with log: the password of log_user", ProtocolScope.Framed));

    public static readonly ConfigurationKey LogToken = Keys.Declare(OfLog(
        "log_token", ValueKind.Secret, "", "with log: a token, in place of a user", ProtocolScope.Framed));

    public static readonly ConfigurationKey LogCreds = Keys.Declare(OfLog(
        "log_creds", ValueKind.Secret, "", "with log: @/path of a file of credentials (a JWT and an NKey's seed), in place of a user", ProtocolScope.Framed));

    public static readonly ConfigurationKey LogCa = Keys.Declare(OfLog(
        "log_ca", ValueKind.Path, "", "with log=nats+tls: a file in PEM with the authorities whose certificates servers must show, or with their own; empty: those that the system trusts. Read again every 10 seconds", ProtocolScope.Framed));

    public static readonly ConfigurationKey LogCert = Keys.Declare(OfLog(
        "log_cert", ValueKind.Path, "", "with log=nats+tls: a file in PEM with the certificate that servers are shown which ask for one, and behind it those of the authorities between; empty: none. Read again every 10 seconds", ProtocolScope.Framed));

    public static readonly ConfigurationKey LogKey = Keys.Declare(OfLog(
        "log_key", ValueKind.Path, "", "with log_cert: its key in PEM; empty: the certificate's file has it", ProtocolScope.Framed));

    /// <summary>All of these, in their order.</summary>
    public static ImmutableArray<ConfigurationKey> All { get; } = Keys.Declared;

    private static ConfigurationKey OfLog(string name, ValueKind kind, string text, string meaning, ProtocolScope scope) =>
        new(name, kind, text, NeedsRestart, meaning) { Scope = scope };
}
