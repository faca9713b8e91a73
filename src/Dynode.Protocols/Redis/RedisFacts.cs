using static Dynode.Protocols.Redis.RedisFact;
using static Dynode.Protocols.Redis.RedisRule;
using static Dynode.Protocols.ReplyClass;

namespace Dynode.Protocols.Redis;

/// <summary>
/// All that is known of redis's commands by name: what is answered here, what is refused and why, whose replies differ
/// between equal servers and why, and where the first key is when it is not the first argument. Every other name is
/// forwarded and its replies compared. Names and behaviour: redis 7.0 to 8.12, https://redis.io/docs/latest/commands/ and valkey
/// 8.1 to 9.1, https://valkey.io/commands/; what the modules have that come with them is in <see cref="RedisModuleFacts"/>.
/// </summary>
internal static class RedisFacts
{
    private const string AtEachServer = "do it at each server itself";
    private const string Blocks = "it keeps the connection waiting that all clients share";
    private const string Captures = "it takes over the connection that all clients share";
    private const string SubscribeDirectly = "subscribe at a server itself";
    private const string NotHttp = "ERR this is redis, not HTTP";

    /// <summary>Every line, for whoever wants to look at them one by one.</summary>
    public static IReadOnlyList<RedisFact> All { get; } =
    [
        // The client's own connection.
        Here("PING", Ping, -1, 2), Here("ECHO", Echo, 2), Here("QUIT", Quit, -1), Here("RESET", Reset, 1),
        Here("AUTH", Auth, -2), Here("HELLO", Hello, -1), Here("SELECT", Select, 2),
        Here("MULTI", Multi, 1), Here("EXEC", Exec, 1), Here("DISCARD", Discard, 1), Here("UNWATCH", Unwatch, 1),
        // Which server of a cluster may be read: here all are.
        Here("READONLY", Accept, 1), Here("READWRITE", Accept, 1),
        // What is not named below is an error and reaches no server, MAINT_NOTIFICATIONS among it: what servers would push is about the connection that all clients share.
        Here("CLIENT", ClientUnknown, -2),
        Here("CLIENT ID", ClientId, 2), Here("CLIENT INFO", ClientInfo, 2), Here("CLIENT HELP", ClientHelp, 2),
        Here("CLIENT GETNAME", ClientGetName, 2), Here("CLIENT SETNAME", ClientSetName, 3), Here("CLIENT SETINFO", ClientSetInfo, 4),
        Here("CLIENT REPLY", ClientReply, 3), Here("CLIENT NO-EVICT", ClientHint, 3), Here("CLIENT NO-TOUCH", ClientHint, 3),
        Here("CLIENT CACHING", ClientCaching, 3), Here("CLIENT GETREDIR", ClientGetRedir, 2),
        Here("CLIENT TRACKINGINFO", ClientTrackingInfo, 2), Here("CLIENT UNBLOCK", ClientUnblock, -3, 4),
        // What a client of valkey says that it can take: nothing here does more for it.
        Here("CLIENT CAPA", Accept, -3),
        Refused("CLIENT TRACKING", Captures, "cache without it, or connect to a server itself", ClientTracking, -3),
        Refused("CLIENT KILL", "it would close the connections that all clients share", AtEachServer),
        Refused("CLIENT PAUSE", "it would stop every server for all clients", AtEachServer),
        Refused("CLIENT UNPAUSE", "it is about every server and all clients", AtEachServer),
        Refused("CLIENT IMPORT-SOURCE", "it would be in force for all clients", AtEachServer),
        Refused("CLIENT LIST", "servers see one connection for all clients", "use CLIENT INFO for this client, or ask each server itself"),

        // These end, stop or re-role a server.
        Refused("SHUTDOWN", "it would end every server", AtEachServer),
        Refused("DEBUG", "it can stop or crash every server", AtEachServer),
        Refused("REPLICAOF", "it changes a server's role", AtEachServer),
        Refused("SLAVEOF", "it changes a server's role", AtEachServer),
        Refused("FAILOVER", "it changes a server's role", AtEachServer),
        // Those who name a subcommand below only read, each server its own place in the cluster.
        Refused("CLUSTER", "it changes a server's role in its cluster", AtEachServer),
        Owned("CLUSTER INFO"), Owned("CLUSTER NODES"), Owned("CLUSTER SLOTS"), Owned("CLUSTER SHARDS"), Owned("CLUSTER LINKS"),
        Owned("CLUSTER MYID"), Owned("CLUSTER MYSHARDID"), Owned("CLUSTER REPLICAS"), Owned("CLUSTER SLAVES"), Owned("CLUSTER KEYSLOT"),
        Owned("CLUSTER COUNTKEYSINSLOT"), Owned("CLUSTER GETKEYSINSLOT"), Owned("CLUSTER SLOT-STATS"), Owned("CLUSTER HELP"),

        // These change how many replies there are, and when.
        Refused("SUBSCRIBE", Captures, SubscribeDirectly), Refused("UNSUBSCRIBE", Captures, SubscribeDirectly),
        Refused("PSUBSCRIBE", Captures, SubscribeDirectly), Refused("PUNSUBSCRIBE", Captures, SubscribeDirectly),
        Refused("SSUBSCRIBE", Captures, SubscribeDirectly), Refused("SUNSUBSCRIBE", Captures, SubscribeDirectly),
        Refused("MONITOR", Captures, "monitor at a server itself"),
        Refused("SYNC", Captures, "replicate from a server itself"), Refused("PSYNC", Captures, "replicate from a server itself"),
        Refused("REPLCONF", Captures, "replicate from a server itself"),
        // The next EVAL would be a debugger's session.
        Refused("SCRIPT DEBUG", Captures, "debug at a server itself"),
        // Servers hang up on these two, a guard against browsers.
        new() { Name = "POST", Rule = RefuseAndClose, Refusal = NotHttp },
        new() { Name = "HOST:", Rule = RefuseAndClose, Refusal = NotHttp },

        // These keep a connection waiting; in redis's transactions they do not, but there the way out is as good.
        Refused("BLPOP", Blocks, "use LPOP"), Refused("BRPOP", Blocks, "use RPOP"), Refused("BLMOVE", Blocks, "use LMOVE"),
        Refused("BRPOPLPUSH", Blocks, "use RPOPLPUSH"), Refused("BLMPOP", Blocks, "use LMPOP"), Refused("BZMPOP", Blocks, "use ZMPOP"),
        Refused("BZPOPMIN", Blocks, "use ZPOPMIN"), Refused("BZPOPMAX", Blocks, "use ZPOPMAX"),
        Refused("BLMOVEM", Blocks, "use LMOVEM"), Refused("BZMOVE", Blocks, "use ZMOVE"),
        Refused("WAIT", Blocks, "choose how many servers must answer by the key reply"),
        Refused("WAITAOF", Blocks, "choose how many servers must answer by the key reply"),
        Blocking("XREAD", Blocks), Blocking("XREADGROUP", Blocks),

        // These set something on the connection that would be in force for whoever comes next.
        Refused("WATCH", "what it watches would be watched for all clients", "use a Lua script"),
        Refused("HIMPORT", "the fields that it prepares would be prepared for all clients", "use HSET"),
        Refused("ASKING", "it is for one server of a cluster", "connect to that server itself"),

        // A cursor is a place in one server's own hash table.
        Scanning("SCAN"), Scanning("SSCAN", 1), Scanning("HSCAN", 1), Scanning("ZSCAN", 1), Owned("BLESS SCAN"), Owned("CLUSTERSCAN"),
        // Chance. SPOP, and XADD with an id of the server's making, are no such case: their data differ from then on, which is to be seen.
        Owned("RANDOMKEY"), Owned("SRANDMEMBER", 1), Owned("HRANDFIELD", 1), Owned("ZRANDMEMBER", 1), Owned("ACL GENPASS"),
        // Chance decides which elements of a vector set know which, and so which are found near one.
        Owned("VRANDMEMBER", 1), Owned("VSIM", 1), Owned("VLINKS", 1), Owned("VINFO", 1),
        // A clock. An expiry that was given as a time to live is an instant of each server's own.
        Owned("TIME"), Owned("LASTSAVE"), Owned("TTL", 1), Owned("PTTL", 1), Owned("EXPIRETIME", 1), Owned("PEXPIRETIME", 1),
        Owned("HTTL", 1), Owned("HPTTL", 1), Owned("HEXPIRETIME", 1), Owned("HPEXPIRETIME", 1),
        Owned("STTL", 1), Owned("SPTTL", 1), Owned("SEXPIRETIME", 1), Owned("SPEXPIRETIME", 1), Owned("XPENDING", 1), Owned("XINFO", 2),
        // Keys that have expired are counted until each server gets round to removing them.
        Owned("DBSIZE"),
        // How a value is held: it depends on the version, the settings and the value's past.
        Owned("OBJECT", 2), Owned("MEMORY", 2), Owned("DUMP", 1), Owned("ARINFO", 1),
        // Statistics, version, settings, place.
        Owned("INFO"), Owned("ROLE"), Owned("LOLWUT"), Owned("COMMAND"), Owned("SLOWLOG"), Owned("COMMANDLOG"), Owned("LATENCY"), Owned("HOTKEYS GET"), Owned("MODULE LIST"),
        Owned("CONFIG GET"), Owned("FUNCTION LIST"), Owned("FUNCTION STATS"), Owned("FUNCTION DUMP"),
        Owned("ACL CAT"), Owned("ACL GETUSER"), Owned("ACL LIST"), Owned("ACL LOG"), Owned("ACL USERS"), Owned("ACL WHOAMI"),
        // Files of a server's own.
        Owned("BACKUP"),
        // Each speaks for itself to the server that takes the key: there the second one finds what the first one brought.
        Owned("MIGRATE", 3),
        // Who listens at one server listens at no other.
        Owned("PUBLISH", 1), Owned("SPUBLISH", 1), Owned("PUBSUB"),

        // A hash table's own order.
        Mixed("SMEMBERS"), Mixed("SINTER"), Mixed("SUNION"), Mixed("SDIFF"), Mixed("HKEYS"), Mixed("HVALS"),
        new() { Name = "KEYS", Class = Unordered }, new() { Name = "HGETALL", Class = UnorderedPairs, Key = 1 },
        // BY a constant leaves a set in its own order.
        Mixed("SORT"), Mixed("SORT_RO"),

        // What a program says may come from a clock, a time to live, a hash table's order: equal servers do it alike, and say it each in its way.
        Program("EVAL", 3), Program("EVAL_RO", 3), Program("EVALSHA", 3), Program("EVALSHA_RO", 3), Program("FCALL", 3), Program("FCALL_RO", 3),
        Program("TFCALL", 3), Program("TFCALLASYNC", 3),

        // Only where the first key is: behind a subcommand, an operation, a number of keys.
        Keyed("XGROUP", 2), Keyed("BLESS", 2), Keyed("BITOP", 2), Keyed("PFDEBUG", 2), Keyed("MSETEX", 2),
        Keyed("LMPOP", 2), Keyed("ZMPOP", 2), Keyed("SINTERCARD", 2), Keyed("SUNIONCARD", 2), Keyed("SDIFFCARD", 2), Keyed("ZINTERCARD", 2), Keyed("ZUNION", 2), Keyed("ZINTER", 2), Keyed("ZDIFF", 2),
        Keyed("FLUSHALL", 0), Keyed("FLUSHDB", 0), Keyed("SWAPDB", 0), Keyed("SAVE", 0), Keyed("BGSAVE", 0), Keyed("BGREWRITEAOF", 0),
        Keyed("SCRIPT LOAD", 0), Keyed("SCRIPT FLUSH", 0), Keyed("SCRIPT EXISTS", 0), Keyed("PFSELFTEST", 0), Keyed("SFLUSH", 0), Keyed("TRIMSLOTS", 0),

        .. RedisModuleFacts.All(Blocks, AtEachServer),
    ];

    // Behind All, which it is made of.
    private static readonly RedisFactIndex Index = new(All);

    /// <summary>What is known of a name; of most only that it is forwarded and compared.</summary>
    /// <param name="name">In either case.</param>
    /// <param name="hasSubcommands">The first argument must be asked too: <see cref="Find(ReadOnlySpan{byte}, ReadOnlySpan{byte})"/>.</param>
    public static RedisFact Find(ReadOnlySpan<byte> name, out bool hasSubcommands) => Index.Find(name, out hasSubcommands);

    /// <summary>What is known of a name with its subcommand; null where it is no more than what is known of the name.</summary>
    public static RedisFact? Find(ReadOnlySpan<byte> name, ReadOnlySpan<byte> subcommand) => Index.Find(name, subcommand);
}
