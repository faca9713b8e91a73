using System.Collections.Immutable;
using static Dynode.Native.Configuration.ConfigurationLimits;
using static Dynode.Native.Configuration.ReloadEffect;

namespace Dynode.Native.Configuration;

/// <summary>The keys that every broadcaster has; those of a log for several are <see cref="OrderedLogKeys"/>.</summary>
internal static class ConfigurationKeys
{
    private static readonly KeyDeclarations Keys = new(from: 0);

    public static readonly ConfigurationKey Servers = Keys.Declare(new(
        "servers", ValueKind.Servers, "", Applied, "host:port, host:port; dns:name:port is every address that the name has; these come first, then the URL's, duplicates once"));

    public static readonly ConfigurationKey AutoUpdate = Keys.Declare(new(
        "servers_autoupdate", ValueKind.Flag, "false", Applied, "also take servers from a URL; the set is the union"));

    public static readonly ConfigurationKey AutoUpdateMethod = Keys.Declare(new(
        "servers_autoupdate_method", ValueKind.Choice, "POST", Applied, "how the URL is asked")
    { Choices = ["GET", "POST", "PUT", "PATCH", "DELETE"] });

    public static readonly ConfigurationKey AutoUpdateUrl = Keys.Declare(new(
        "servers_autoupdate_url", ValueKind.Url, "", Applied, "http or https, or @/path of a file with it; answers a JSON array of \"host:port\""));

    public static readonly ConfigurationKey AutoUpdateParameters = Keys.Declare(new(
        "servers_autoupdate_parameters", ValueKind.Parameters, "", Applied,
        "already encoded a=1&b=2, sent as written: query for GET and DELETE, form body otherwise"));

    public static readonly ConfigurationKey AutoUpdateRefresh = Keys.Declare(KeyDeclarations.Seconds(
        "servers_autoupdate_refresh", "10", 0, "seconds between two requests; 0: once at start, retried until the first success"));

    public static readonly ConfigurationKey AutoUpdateTimeout = Keys.Declare(KeyDeclarations.Seconds(
        "servers_autoupdate_timeout", "5", 1, "seconds for one request, redirects included"));

    public static readonly ConfigurationKey AutoUpdateCa = Keys.Declare(new(
        "servers_autoupdate_ca", ValueKind.Path, "", Applied, "with an https URL: a file in PEM with the authorities whose certificate it must show, or with its own; empty: those that the system trusts. Read again every 10 seconds"));

    public static readonly ConfigurationKey AutoUpdateCertificate = Keys.Declare(new(
        "servers_autoupdate_certificate", ValueKind.Path, "", Applied, "with an https URL: a file in PEM with the certificate that it is shown if it asks for one, and behind it those of the authorities between; empty: none. Read again every 10 seconds"));

    public static readonly ConfigurationKey AutoUpdateKey = Keys.Declare(new(
        "servers_autoupdate_key", ValueKind.Path, "", Applied, "with servers_autoupdate_certificate: its key in PEM; empty: the certificate's file has it"));

    public static readonly ConfigurationKey KeepMax = Keys.Declare(KeyDeclarations.Seconds(
        "servers_keep_max", "604800", 0, "with state_directory: seconds; a list that was kept is used at a start when the URL gives none, unless it is older; 0: it is not used"));

    public static readonly ConfigurationKey ShrinkMax = Keys.Declare(new(
        "servers_shrink_max", ValueKind.Share, "0.5", Applied, "a list of the URL that takes away more than this share of at least 4 servers is not taken before it has come 3 times in a row; 1: any is")
    { Max = ShareMax });

    public static readonly ConfigurationKey Host = Keys.Declare(new(
        "host", ValueKind.Host, "localhost", NeedsRestart, "listens there and nowhere else; * is every address of both families"));

    public static readonly ConfigurationKey Port = Keys.Declare(KeyDeclarations.Number(
        "port", "9000", 1, 65535, NeedsRestart, "listens there"));

    public static readonly ConfigurationKey LogLevel = Keys.Declare(new(
        "log_level", ValueKind.Choice, "INFO", Applied, "the least level that is logged")
    { Choices = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR"] });

    public static readonly ConfigurationKey LogFormat = Keys.Declare(new(
        "log_format", ValueKind.Choice, "text", NeedsRestart, "one line each: for people, or one JSON object")
    { Choices = ["text", "json"] });

    public static readonly ConfigurationKey AcceptBacklog = Keys.Declare(KeyDeclarations.Number(
        "backlog_size", "4096", 1, AcceptBacklogMax, NeedsRestart, "connections that wait in the kernel to be accepted"));

    public static readonly ConfigurationKey ReuseAddress = Keys.Declare(new(
        "reuse_addr", ValueKind.Flag, "true", NeedsRestart, "false clears SO_REUSEADDR on the listening socket"));

    public static readonly ConfigurationKey DiscardResponses = Keys.Declare(new(
        "discard_responses", ValueKind.Flag, "false", NeedsRestart, "true is reply=none; a reply that disagrees is a fault"));

    public static readonly ConfigurationKey ConnectTimeout = Keys.Declare(KeyDeclarations.Seconds(
        "connect_timeout", "5", 1, "seconds that a connect to a server may take, and that anybody waits for the lookup of its name"));

    public static readonly ConfigurationKey DnsRefresh = Keys.Declare(KeyDeclarations.Seconds(
        "dns_refresh", "30", 0, "seconds between two lookups of a name; 0: only when its server cannot be reached. SIGHUP looks it up too"));

    public static readonly ConfigurationKey ReconnectDelay = Keys.Declare(KeyDeclarations.Seconds(
        "reconnect_delay_timeout", "10", ReconnectMillisecondsMin,
        "seconds: the longest wait between attempts; the first retry is at once, then waits grow from 0.1; they begin anew when a connection has lasted a second, or the server has answered on it"));

    public static readonly ConfigurationKey IdleTimeout = Keys.Declare(KeyDeclarations.Seconds(
        "read_idle_timeout", "60", 0, "seconds of silence in both directions, with nothing owed, that close a client; 0: never"));

    public static readonly ConfigurationKey Protocol = Keys.Declare(new(
        "protocol", ValueKind.Choice, "raw", NeedsRestart, "what clients speak; raw relays bytes of any protocol, the others know requests")
    { Choices = ["raw", "redis", "memcached", "line"] });

    public static readonly ConfigurationKey Reply = Keys.Declare(new(
        "reply", ValueKind.Choice, "", NeedsRestart,
        "whose replies clients get: all, primary, none, fastest, majority or every; raw knows the first three, line_replies=0 only none")
    {
        Choices = ["all", "primary", "none", "fastest", "majority", "every"],
        DefaultSaid = "all in raw, primary in redis and memcached, none in line",
    });

    public static readonly ConfigurationKey RawResume = Keys.Declare(new(
        "raw_resume", ValueKind.Choice, "burst", NeedsRestart,
        "protocol=raw: where a server that was lost in mid-session goes on: at a burst, or with the next session")
    { Choices = ["burst", "session"], Scope = ProtocolScope.Raw });

    public static readonly ConfigurationKey LineFraming = Keys.Declare(new(
        "line_framing", ValueKind.Choice, "lf", NeedsRestart,
        "protocol=line: where a line ends: behind its LF, or (octet) where the length before it says, syslog's octet counting")
    { Choices = ["lf", "octet"], Scope = ProtocolScope.Line });

    public static readonly ConfigurationKey LineReplies = Keys.Declare(KeyDeclarations.Number(
        "line_replies", "0", 0, 1, NeedsRestart, "protocol=line: replies that servers give to each line") with
    { Scope = ProtocolScope.Line });

    public static readonly ConfigurationKey MemcachedCas = Keys.Declare(new(
        "memcached_cas", ValueKind.Flag, "false", NeedsRestart, "protocol=memcached: allow cas, whose numbers are each server's own")
    { Scope = ProtocolScope.Memcached });

    public static readonly ConfigurationKey ClientPassword = Keys.Declare(new(
        "client_password", ValueKind.Secret, "", Applied, "protocol=redis: what clients must AUTH with")
    { Scope = ProtocolScope.Redis });

    public static readonly ConfigurationKey BackendUsername = Keys.Declare(new(
        "backend_username", ValueKind.Text, "", Applied, "protocol=redis: whom servers know this broadcaster as; needs backend_password")
    { Scope = ProtocolScope.Redis });

    public static readonly ConfigurationKey BackendPassword = Keys.Declare(new(
        "backend_password", ValueKind.Secret, "", Applied, "protocol=redis: what servers are sent with AUTH")
    { Scope = ProtocolScope.Redis });

    public static readonly ConfigurationKey MemoryMax = Keys.Declare(KeyDeclarations.Bytes(
        "memory_max", "", MemoryBytesMin, MemoryBytesMax, "all that is held for servers and clients together") with
    { DefaultSaid = "half of the memory that this process may use, at most 1g" });

    public static readonly ConfigurationKey BacklogBytes = Keys.Declare(KeyDeclarations.Bytes(
        "backlog_bytes", "", BacklogBytesMin, MemoryBytesMax / 2,
        "what a log may hold for servers that are behind (raw: one client's, framed: that of all); at most half of memory_max") with
    { DefaultSaid = "256k in raw; framed 64m, or 4 times max_request_bytes, or half of memory_max where that is less" });

    public static readonly ConfigurationKey StallTimeout = Keys.Declare(KeyDeclarations.Seconds(
        "stall_timeout", "5", 0, "seconds that a slow server may hold clients at once, and a twentieth of the time; 0: never"));

    public static readonly ConfigurationKey ReplyTimeout = Keys.Declare(KeyDeclarations.Seconds(
        "reply_timeout", "60", 0, "seconds of silence of a server that owes; then its connection is closed; 0: for ever"));

    public static readonly ConfigurationKey WriteTimeout = Keys.Declare(KeyDeclarations.Seconds(
        "write_timeout", "60", 0, "seconds that a client may refuse to take what waits for it; then it is closed; 0: for ever"));

    public static readonly ConfigurationKey LingerTimeout = Keys.Declare(KeyDeclarations.Seconds(
        "linger_timeout", "60", 1, "seconds that what a client left behind waits for servers"));

    public static readonly ConfigurationKey DrainTimeout = Keys.Declare(KeyDeclarations.Seconds(
        "drain_timeout", "10", 1, "seconds that the end may take in all; it ends lingering too"));

    public static readonly ConfigurationKey MaxClients = Keys.Declare(KeyDeclarations.Number(
        "max_clients", "10000", 1, ClientsMax, Applied, "clients at once; more are refused and counted, in redis and memcached with an error, as those do"));

    public static readonly ConfigurationKey MaxClientsPerAddress = Keys.Declare(KeyDeclarations.Number(
        "max_clients_per_address", "0", 0, ClientsMax, Applied, "clients at once of one address; more are closed at once and counted; 0: any number"));

    public static readonly ConfigurationKey ClientsAllow = Keys.Declare(new(
        "clients_allow", ValueKind.Networks, "", Applied, "networks and addresses, with commas, from which clients may come (10.0.0.0/8, fd00::/8, 10.0.0.7); others are closed at once and counted; empty: from everywhere"));

    public static readonly ConfigurationKey ClientsDeny = Keys.Declare(new(
        "clients_deny", ValueKind.Networks, "", Applied, "networks and addresses from which no client may come, whatever clients_allow says"));

    public static readonly ConfigurationKey AcceptRate = Keys.Declare(KeyDeclarations.Number(
        "accept_rate", "0", 0, RateMax, Applied, "clients that are let in in a second, and as many at once; more wait in the kernel, and none is refused; 0: any number"));

    public static readonly ConfigurationKey RequestRate = Keys.Declare(KeyDeclarations.Number(
        "request_rate", "0", 0, RateMax, Applied, "framed: requests of one client in a second, and as many at once; who sends more is not read until it may go on; 0: any number") with
    { Scope = ProtocolScope.Framed });

    public static readonly ConfigurationKey MaxRequestBytes = Keys.Declare(KeyDeclarations.Bytes(
        "max_request_bytes", "16m", FrameBytesMin, FrameBytesMax, "framed: the longest request; at most a quarter of backlog_bytes") with
    { Scope = ProtocolScope.Framed, DefaultSaid = "16m, or a quarter of backlog_bytes where that is less" });

    public static readonly ConfigurationKey MaxReplyBytes = Keys.Declare(KeyDeclarations.Bytes(
        "max_reply_bytes", "16m", FrameBytesMin, FrameBytesMax, "framed: replies that may wait for one client; with more, servers are read no further for it") with
    { Scope = ProtocolScope.Framed, DefaultSaid = "16m, or a quarter of memory_max where that is less" });

    public static readonly ConfigurationKey MaxInFlight = Keys.Declare(KeyDeclarations.Number(
        "max_in_flight", "65536", InFlightMin, InFlightMax, NeedsRestart, "framed: requests whose clients wait for an answer") with
    { Scope = ProtocolScope.Framed });

    public static readonly ConfigurationKey Control = Keys.Declare(new(
        "control", ValueKind.Control, "abstract", NeedsRestart, "where the command line asks: an abstract unix socket that is named after the port, one at a path, or off"));

    public static readonly ConfigurationKey Admin = Keys.Declare(new(
        "admin", ValueKind.AdminPlace, "", NeedsRestart, "where probes, Prometheus and browsers ask: host:port, with an address, localhost or *, or unix:/path; empty: nowhere"));

    public static readonly ConfigurationKey AdminTls = Keys.Declare(new(
        "admin_tls", ValueKind.Flag, "false", NeedsRestart, "with admin=host:port: TLS is spoken there and nothing else, with the certificates of tls_certificate; no certificate is asked for"));

    public static readonly ConfigurationKey AdminToken = Keys.Declare(new(
        "admin_token", ValueKind.Secret, "", Applied, "what shows secrets and takes orders on the admin port; empty: nothing does, and the control socket does without it"));

    public static readonly ConfigurationKey AdminNames = Keys.Declare(new(
        "admin_names", ValueKind.Names, "", Applied, "names, with commas, by which browsers may call the admin port, beside addresses and localhost"));

    public static readonly ConfigurationKey ReadyServers = Keys.Declare(new(
        "ready_servers", ValueKind.Ready, "0", Applied, "servers that must be current for /readyz and health --ready: a number, majority or all; in raw one that no client has asked for yet counts"));

    public static readonly ConfigurationKey DrainDelay = Keys.Declare(KeyDeclarations.Seconds(
        "drain_delay", "0", 0, "seconds that clients are still let in when the end was asked for and /readyz says no, so that who sends them sees it first; then it drains"));

    public static readonly ConfigurationKey HandoverTimeout = Keys.Declare(KeyDeclarations.Seconds(
        "handover_timeout", "2", 0, "framed: seconds that a successor (--take-over) waits for servers to answer what was taken; one that has not by then has a gap") with
    { Scope = ProtocolScope.Framed });

    public static readonly ConfigurationKey SlowRequest = Keys.Declare(KeyDeclarations.Seconds(
        "slow_request", "0.1", 0, "framed: seconds from which on a request counts as slow; 0: none does") with
    { Scope = ProtocolScope.Framed });

    public static readonly ConfigurationKey SlowLogMax = Keys.Declare(KeyDeclarations.Number(
        "slowlog_max", "128", 0, ConfigurationLimits.SlowLogMax, Applied, "framed: how many of the last slow requests are kept for dynode slowlog; 0: none is") with
    { Scope = ProtocolScope.Framed });

    public static readonly ConfigurationKey AccessLog = Keys.Declare(new(
        "access_log", ValueKind.Choice, "off", Applied,
        "what has a line in the log, whatever log_level says: off: nothing; connections: each client, when it ends; requests (framed): requests too")
    { Choices = ["off", "connections", "requests"] });

    public static readonly ConfigurationKey AccessLogSample = Keys.Declare(KeyDeclarations.Number(
        "access_log_sample", "1", 1, AccessLogSampleMax, Applied, "framed, with access_log=requests: one of so many requests has a line") with
    { Scope = ProtocolScope.Framed });

    public static readonly ConfigurationKey StateDirectory = Keys.Declare(new(
        "state_directory", ValueKind.Path, "", NeedsRestart, "a directory that is there and this broadcaster's alone: orders, gaps and the URL's last list are kept in it over restarts; empty: nothing is written"));

    /// <summary>All of these, in their order.</summary>
    public static ImmutableArray<ConfigurationKey> All { get; } = Keys.Declared;
}
