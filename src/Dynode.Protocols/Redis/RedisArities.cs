using System.Collections.Frozen;

namespace Dynode.Protocols.Redis;

/// <summary>
/// Which names a transaction may hold without being aborted for them, and how many arguments each takes, the name among them; below 0: at least so many. What redis 7.0,
/// redis 8.0 and valkey 8.1 say of themselves alike (COMMAND); what one of them does not know, or takes otherwise, is in none of their places here, as is what they
/// refuse inside a transaction. Immutable; any thread.
/// </summary>
internal static class RedisArities
{
    private const int NameBytesMax = 64;

    private static readonly FrozenDictionary<string, int> All = new Dictionary<string, int>(
    [
        .. Names(1, """
        ASKING BGREWRITEAOF DBSIZE LASTSAVE PFSELFTEST RANDOMKEY READONLY READWRITE ROLE TIME
        """),
        .. Names(2, """
        ACL|HELP ACL|LIST ACL|LOAD ACL|SAVE ACL|USERS ACL|WHOAMI COMMAND|COUNT COMMAND|HELP CONFIG|HELP CONFIG|RESETSTAT CONFIG|REWRITE DECR DUMP
        ECHO EXPIRETIME FUNCTION|DUMP FUNCTION|HELP FUNCTION|KILL FUNCTION|STATS GET GETDEL HGETALL HKEYS HLEN HVALS INCR KEYS LATENCY|DOCTOR
        LATENCY|HELP LATENCY|LATEST LLEN MEMORY|DOCTOR MEMORY|HELP MEMORY|MALLOC-STATS MEMORY|PURGE MEMORY|STATS MODULE|HELP MODULE|LIST OBJECT|HELP
        PERSIST PEXPIRETIME PTTL PUBSUB|HELP PUBSUB|NUMPAT SCARD SCRIPT|HELP SCRIPT|KILL SLOWLOG|HELP SLOWLOG|LEN SLOWLOG|RESET SMEMBERS STRLEN TTL
        TYPE XGROUP|HELP XINFO|HELP XLEN ZCARD
        """),
        .. Names(3, """
        ACL|GETUSER APPEND DECRBY FUNCTION|DELETE GETBIT GETSET HEXISTS HGET HSTRLEN INCRBY INCRBYFLOAT LATENCY|GRAPH LATENCY|HISTORY LINDEX
        MODULE|UNLOAD MOVE OBJECT|ENCODING OBJECT|FREQ OBJECT|IDLETIME OBJECT|REFCOUNT PFDEBUG PUBLISH RENAME RENAMENX RPOPLPUSH SCRIPT|DEBUG
        SCRIPT|LOAD SETNX SISMEMBER SPUBLISH SWAPDB WAIT XINFO|GROUPS ZRANK ZREVRANK ZSCORE
        """),
        .. Names(4, """
        BRPOPLPUSH GETRANGE HINCRBY HINCRBYFLOAT HSETNX LRANGE LREM LSET LTRIM PSETEX SETBIT SETEX SETRANGE SMOVE SUBSTR XGROUP|DESTROY
        XINFO|CONSUMERS ZCOUNT ZINCRBY ZLEXCOUNT ZREMRANGEBYLEX ZREMRANGEBYRANK ZREMRANGEBYSCORE
        """),
        .. Names(5, """
        LINSERT LMOVE XGROUP|CREATECONSUMER XGROUP|DELCONSUMER
        """),
        .. Names(6, """
        BLMOVE
        """),
        .. Names(-1, """
        BGSAVE COMMAND FLUSHALL FLUSHDB INFO LOLWUT PING
        """),
        .. Names(-2, """
        ACL ACL|CAT ACL|GENPASS ACL|LOG BITCOUNT BITFIELD BITFIELD_RO COMMAND|DOCS COMMAND|INFO COMMAND|LIST CONFIG DEL EXISTS FUNCTION
        FUNCTION|FLUSH FUNCTION|LIST GEOHASH GEOPOS GETEX HRANDFIELD LATENCY LATENCY|HISTOGRAM LATENCY|RESET LPOP MEMORY MGET MODULE OBJECT PFADD
        PFCOUNT PFMERGE PUBSUB PUBSUB|CHANNELS PUBSUB|NUMSUB PUBSUB|SHARDCHANNELS PUBSUB|SHARDNUMSUB RPOP SCAN SCRIPT SCRIPT|FLUSH SDIFF SINTER
        SLOWLOG SLOWLOG|GET SORT SORT_RO SPOP SRANDMEMBER SUNION TOUCH UNLINK XGROUP XINFO ZPOPMAX ZPOPMIN ZRANDMEMBER
        """),
        .. Names(-3, """
        ACL|DELUSER ACL|SETUSER BITPOS BLPOP BRPOP BZPOPMAX BZPOPMIN COMMAND|GETKEYS COMMAND|GETKEYSANDFLAGS CONFIG|GET COPY EVAL EVALSHA EVALSHA_RO
        EVAL_RO EXPIRE EXPIREAT FCALL FCALL_RO FUNCTION|LOAD FUNCTION|RESTORE HDEL HMGET HSCAN LCS LPOS LPUSH LPUSHX MEMORY|USAGE MODULE|LOAD
        MODULE|LOADEX MSET MSETNX PEXPIRE PEXPIREAT RPUSH RPUSHX SADD SCRIPT|EXISTS SDIFFSTORE SET SINTERCARD SINTERSTORE SMISMEMBER SREM SSCAN
        SUNIONSTORE XDEL XINFO|STREAM XPENDING XSETID ZDIFF ZINTER ZINTERCARD ZMSCORE ZREM ZSCAN ZUNION
        """),
        .. Names(-4, """
        ACL|DRYRUN BITOP CONFIG|SET GEODIST HMSET HSET LMPOP RESTORE XACK XRANGE XREAD XREVRANGE XTRIM ZADD ZDIFFSTORE ZINTERSTORE ZMPOP ZRANGE
        ZRANGEBYLEX ZRANGEBYSCORE ZREVRANGE ZREVRANGEBYLEX ZREVRANGEBYSCORE ZUNIONSTORE
        """),
        .. Names(-5, """
        BLMPOP BZMPOP GEOADD GEORADIUSBYMEMBER GEORADIUSBYMEMBER_RO XADD XGROUP|CREATE XGROUP|SETID ZRANGESTORE
        """),
        .. Names(-6, """
        GEORADIUS GEORADIUS_RO MIGRATE XAUTOCLAIM XCLAIM
        """),
        .. Names(-7, """
        GEOSEARCH XREADGROUP
        """),
        .. Names(-8, """
        GEOSEARCHSTORE
        """),
    ]).ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> ByName = All.GetAlternateLookup<ReadOnlySpan<char>>();

    private static readonly FrozenSet<string> Containers = All.Keys.Where(static name => name.Contains('|', StringComparison.Ordinal)).Select(static name => name[..name.IndexOf('|', StringComparison.Ordinal)]).ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> ContainerByName = Containers.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Every line, for whoever compares them with what a server says.</summary>
    public static IReadOnlyDictionary<string, int> Listed => All;

    /// <summary>Whether every one of those servers takes a request of this name with so many arguments.</summary>
    /// <param name="name">In either case.</param>
    /// <param name="subcommand">What follows it; empty: nothing.</param>
    /// <param name="count">Arguments, the name among them.</param>
    public static bool Admit(ReadOnlySpan<byte> name, ReadOnlySpan<byte> subcommand, int count)
    {
        Span<char> text = stackalloc char[(2 * NameBytesMax) + 1];
        if (name.Length > NameBytesMax || subcommand.Length > NameBytesMax)
            subcommand = default;
        if (name.Length > NameBytesMax)
            return false;
        int length = Upper(name, text);
        if (!ContainerByName.Contains(text[..length]))
            return Admits(text[..length], count);
        if (subcommand.IsEmpty)
            return false;
        text[length++] = '|';
        length += Upper(subcommand, text[length..]);
        return Admits(text[..length], count);
    }

    /// <summary>Whether they know the name, whatever it takes.</summary>
    public static bool Knows(ReadOnlySpan<byte> name)
    {
        Span<char> text = stackalloc char[NameBytesMax];
        if (name.Length > NameBytesMax)
            return false;
        int length = Upper(name, text);
        return ByName.TryGetValue(text[..length], out _) || ContainerByName.Contains(text[..length]);
    }

    private static bool Admits(ReadOnlySpan<char> name, int count) =>
        ByName.TryGetValue(name, out int arity) && (arity > 0 ? count == arity : count >= -arity);

    private static int Upper(ReadOnlySpan<byte> name, Span<char> text)
    {
        for (int i = 0; i < name.Length; i++)
            text[i] = (char)(name[i] is >= (byte)'a' and <= (byte)'z' ? name[i] - 32 : name[i]);
        return name.Length;
    }

    private static IEnumerable<KeyValuePair<string, int>> Names(int arity, string names) =>
        names.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(name => KeyValuePair.Create(name, arity));
}
