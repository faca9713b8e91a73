using Dynode.Protocols;

namespace Dynode.Broadcast.Plane;

/// <summary>What clients and servers speak.</summary>
public enum Protocol
{
    /// <summary>Bytes of any protocol; a log holds those of one client.</summary>
    Raw,

    /// <summary>redis: requests in RESP2, as arrays or inline.</summary>
    Redis,

    /// <summary>memcached: the text and meta commands.</summary>
    Memcached,

    /// <summary>Lines that end in LF or CRLF, or frames with their length before them.</summary>
    Line,
}

/// <summary>What a client of a framed protocol gets of its servers' replies.</summary>
public enum FramedReply
{
    /// <summary>One reply for each configured server, in list order.</summary>
    All,

    /// <summary>The reply of the first voter in list order.</summary>
    Primary,

    /// <summary>Nothing; replies are read, matched and counted all the same.</summary>
    None,

    /// <summary>The first voter's reply that is no error.</summary>
    Fastest,

    /// <summary>What more than half of the configured servers gave alike.</summary>
    Majority,

    /// <summary>The first error of any voter, else the first voter's reply.</summary>
    Every,
}

/// <summary>Which servers' replies a raw client gets.</summary>
public enum RawReply
{
    /// <summary>The bytes of every server, as they come.</summary>
    All,

    /// <summary>The bytes of one server: the first in the list that is connected when the session's first byte comes.</summary>
    Primary,

    /// <summary>Nothing; replies are read and thrown away.</summary>
    None,
}

/// <summary>Where a raw connection that is made in mid-session begins.</summary>
public enum RawResume
{
    /// <summary>At a burst of the client.</summary>
    Burst,

    /// <summary>Nowhere: the server joins again with the client's next session.</summary>
    Session,
}

/// <summary>
/// Everything that the data plane is told, checked by whoever made it. Immutable; a reload swaps it whole by
/// reference. A zero <see cref="TimeSpan"/> means what its property says, never "at once" by accident.
/// </summary>
public sealed record BroadcastSettings
{
    /// <summary>The host to listen on: a name, an address, or <c>*</c> for both families. Needs a restart.</summary>
    public string Host { get; init; } = "localhost";

    /// <summary>The port to listen on; 0 lets the system choose (tests). Needs a restart.</summary>
    public int Port { get; init; } = 9000;

    /// <summary>The port where clients speak TLS; null: none. 0 lets the system choose (tests). Needs a restart.</summary>
    public int? TlsPort { get; init; }

    /// <summary>Clients speak TLS alone: <see cref="Port"/> is not listened on. Needs a restart.</summary>
    public bool IsTlsAlone { get; init; }

    /// <summary>The path of a unix socket that clients may come to as well; empty: there is none. Needs a restart.</summary>
    public string ListenUnix { get; init; } = "";

    /// <summary>Who may connect to it. Needs a restart.</summary>
    public UnixFileMode ListenUnixMode { get; init; } = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;

    /// <summary>Handshakes that compute at once; others wait in the order they came. Needs a restart.</summary>
    public int HandshakesMax { get; init; } = 2 * Environment.ProcessorCount;

    /// <summary>How long a client may take to shake hands, its wait for others included; and before that its proxy to send its header.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>listen(2)'s backlog, in connections. Needs a restart.</summary>
    public int AcceptBacklog { get; init; } = 4096;

    /// <summary>SO_REUSEADDR on the listening socket. Needs a restart.</summary>
    public bool ReuseAddress { get; init; } = true;

    /// <summary>What is spoken; raw knows no requests. Needs a restart.</summary>
    public Protocol Protocol { get; init; } = Protocol.Raw;

    /// <summary>Raw: whose replies clients get. Needs a restart.</summary>
    public RawReply Reply { get; init; } = RawReply.All;

    /// <summary>Framed: what clients get of their servers' replies. Needs a restart.</summary>
    public FramedReply FramedReply { get; init; } = FramedReply.Primary;

    /// <summary>
    /// Framed: what the protocol is told. A reload applies it, but for <see cref="ProtocolSettings.AllowsCas"/>,
    /// <see cref="ProtocolSettings.LineFraming"/> and <see cref="ProtocolSettings.RepliesPerLine"/>, which need a restart.
    /// </summary>
    public ProtocolSettings Framing { get; init; } = new();

    /// <summary>Framed: replies that wait for one client, in bytes; with more, that client is closed.</summary>
    public long ReplyBytesMax { get; init; } = 16 << 20;

    /// <summary>Framed: requests at once whose clients wait for an answer. Needs a restart.</summary>
    public int InFlightMax { get; init; } = 65_536;

    /// <summary>With an ordered log: how long a request waits for its place, from when it found room.</summary>
    public TimeSpan PlaceTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>With an ordered log: how fast a server reads the stream by itself, in bytes a second; 0: as fast as it answers.</summary>
    public long CatchUpRate { get; init; } = 16 << 20;

    /// <summary>With an ordered log: servers that read the stream by themselves at once; others wait for their turn. At least 1.</summary>
    public int CatchUpServersMax { get; init; } = 4;

    /// <summary>With an ordered log: parcels in flight. Needs a restart.</summary>
    public int ParcelsInFlightMax { get; init; } = 8;

    /// <summary>With an ordered log: how long a claim to a server lasts that is not renewed. Needs a restart.</summary>
    public TimeSpan ClaimLease { get; init; } = TimeSpan.FromSeconds(12);

    /// <summary>With an ordered log, redis: each server does each request exactly once, by a watermark in its own data. Needs a restart.</summary>
    public bool ExactlyOnce { get; init; }

    /// <summary>Where that lies. Needs a restart.</summary>
    public string ExactlyOnceKey { get; init; } = "dynode:watermark";

    /// <summary>With an ordered log, redis, and requests at least once: where servers note who delivers to them.</summary>
    public const string OwnerKey = "dynode:owner";

    /// <summary>They do. Tests alone may do without, to see what comes of that.</summary>
    internal bool FencesOwners { get; init; } = true;

    /// <summary>A server that lost what it had done has its file written anew before it goes on. Needs a restart.</summary>
    public bool ExactlyOnceRewrite { get; init; } = true;

    /// <summary>Raw: where a connection made in mid-session begins. Needs a restart.</summary>
    public RawResume Resume { get; init; } = RawResume.Burst;

    /// <summary>All pages together, in bytes.</summary>
    public long MemoryBytesMax { get; init; } = 1L << 30;

    /// <summary>What one log may hold for servers that are behind, in bytes; raw: one client's log, framed: the log of all.</summary>
    public long BacklogBytesMax { get; init; } = 256 << 10;

    /// <summary>Clients at once; more are refused and counted. Lowered to what the descriptor limit allows.</summary>
    public int ClientsMax { get; init; } = 10_000;

    /// <summary>From where clients may come; none: from everywhere.</summary>
    public Networks ClientsAllow { get; init; } = Networks.None;

    /// <summary>From where no client may come; looked at first.</summary>
    public Networks ClientsDeny { get; init; } = Networks.None;

    /// <summary>By which spelling of a PROXY header those of <see cref="ProxyFrom"/> say whose connection it is; none: they do not.</summary>
    public ProxyVersions ProxyVersions { get; init; }

    /// <summary>From where connections must begin with a PROXY header; nobody else's are searched for one.</summary>
    public Networks ProxyFrom { get; init; } = Networks.None;

    /// <summary>Clients at once of one address; 0: any number.</summary>
    public int ClientsPerAddressMax { get; init; }

    /// <summary>Clients accepted in a second, and as many at once; 0: any number.</summary>
    public int AcceptRate { get; init; }

    /// <summary>Framed: requests of one client in a second, and as many at once; 0: any number.</summary>
    public int RequestRate { get; init; }

    /// <summary>The version of the PROXY header by which servers are told whose connection it is: raw the client's, framed nobody's; none: they are not.</summary>
    public ProxyVersions BackendProxy { get; init; }

    /// <summary>The longest time a connect to a server may take, and that anybody waits for the lookup of its name.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a server's name stands for what it was found to stand for; zero: until it cannot be reached there.</summary>
    public TimeSpan NameRefresh { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The longest wait between two attempts to connect to one server.</summary>
    public TimeSpan ReconnectDelayMax { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>A client is closed after so much silence in both directions with nothing owed; zero: never.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Framed: what a client waits so long for, or longer, is slow; zero: nothing is.</summary>
    public TimeSpan SlowRequest { get; init; } = TimeSpan.FromSeconds(0.1);

    /// <summary>Framed: how many of the last slow requests are kept; 0: none is.</summary>
    public int SlowLogMax { get; init; } = 128;

    /// <summary>What the access log has a line for.</summary>
    public AccessLogging AccessLog { get; init; }

    /// <summary>Framed: of so many requests one has a line in the access log; at least 1.</summary>
    public int AccessLogSample { get; init; } = 1;

    /// <summary>The hold budget: how long a connected server may hold clients at once; zero: never.</summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The longest silence of a server that owes (raw: that takes nothing of what waits for it); zero: for ever.</summary>
    public TimeSpan ReplyTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The longest refusal of a client to take what waits for it; zero: for ever.</summary>
    public TimeSpan WriteTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long what a client left behind waits for servers, and how long a server's end is waited for.</summary>
    public TimeSpan LingerTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How long the kernel may go without a server's acknowledgement: the longer of two timeouts, for it must not kill what a promise still keeps.
    /// </summary>
    public TimeSpan UnansweredMax => ReplyTimeout > LingerTimeout ? ReplyTimeout : LingerTimeout;

    /// <summary>Descriptors that the process may have open; 0: not known, and not a bound.</summary>
    public long DescriptorsMax { get; init; }

    /// <summary>Of those, what others of this process may take at any time.</summary>
    public int DescriptorsElsewhere { get; init; }

    /// <summary>How long a drain may take in all.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>These, read again while <paramref name="now"/> are in force: the ones that need a restart stay as they are.</summary>
    internal BroadcastSettings Reloaded(BroadcastSettings now) => this with
    {
        Host = now.Host,
        Port = now.Port,
        TlsPort = now.TlsPort,
        IsTlsAlone = now.IsTlsAlone,
        HandshakesMax = now.HandshakesMax,
        ListenUnix = now.ListenUnix,
        ListenUnixMode = now.ListenUnixMode,
        AcceptBacklog = now.AcceptBacklog,
        ReuseAddress = now.ReuseAddress,
        Reply = now.Reply,
        Resume = now.Resume,
        Protocol = now.Protocol,
        FramedReply = now.FramedReply,
        InFlightMax = now.InFlightMax,
        ParcelsInFlightMax = now.ParcelsInFlightMax,
        ClaimLease = now.ClaimLease,
        ExactlyOnce = now.ExactlyOnce,
        ExactlyOnceKey = now.ExactlyOnceKey,
        ExactlyOnceRewrite = now.ExactlyOnceRewrite,
        Framing = Framing with
        {
            AllowsCas = now.Framing.AllowsCas,
            LineFraming = now.Framing.LineFraming,
            RepliesPerLine = now.Framing.RepliesPerLine,
            OwnKey = now.Framing.OwnKey,
            SendsScripts = now.Framing.SendsScripts,
        },
    };
}
