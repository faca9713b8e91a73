using System.Collections.Frozen;
using System.Text;

namespace Dynode.Protocols.Redis;

/// <summary>
/// What requests are to a server that says "not now", and to one whose connection they end: a few hundred names that redis itself
/// flags, for those rare moments. Of redis 6.2 to 8.x and valkey to 9, by their own lists of commands; what is in none of them may
/// write. Immutable; any thread; slow.
/// </summary>
internal static class RedisNatures
{
    // Flagged READONLY.
    private static readonly FrozenSet<string> Reads = Names("""
        BITCOUNT BITFIELD_RO BITPOS DBSIZE DUMP EXISTS EXPIRETIME GEODIST GEOHASH GEOPOS GEORADIUSBYMEMBER_RO GEORADIUS_RO GEOSEARCH
        GET GETBIT GETRANGE HEXISTS HEXPIRETIME HGET HGETALL HKEYS HLEN HMGET HPEXPIRETIME HPTTL HRANDFIELD HSCAN HSTRLEN HTTL HVALS
        KEYS LCS LINDEX LLEN LOLWUT LPOS LRANGE MEMORY|USAGE MGET OBJECT|ENCODING OBJECT|FREQ OBJECT|IDLETIME OBJECT|REFCOUNT
        PEXPIRETIME PFCOUNT PTTL RANDOMKEY SCAN SCARD SDIFF SINTER SINTERCARD SISMEMBER SMEMBERS SMISMEMBER SORT_RO SRANDMEMBER SSCAN
        STRLEN SUBSTR SUNION TOUCH TTL TYPE XINFO|CONSUMERS XINFO|GROUPS XINFO|STREAM XLEN XPENDING XRANGE XREAD XREVRANGE ZCARD
        ZCOUNT ZDIFF ZINTER ZINTERCARD ZLEXCOUNT ZMSCORE ZRANDMEMBER ZRANGE ZRANGEBYLEX ZRANGEBYSCORE ZRANK ZREVRANGE ZREVRANGEBYLEX
        ZREVRANGEBYSCORE ZREVRANK ZSCAN ZSCORE ZUNION
        DIGEST VCARD VDIM VEMB VGETATTR VINFO VISMEMBER VLINKS VRANDMEMBER VRANGE VSIM
        """);

    // Run a program, or compile one; whatever a module adds has a dot in its name, but for these last.
    private static readonly FrozenSet<string> Programs = Names("""
        EVAL EVAL_RO EVALSHA EVALSHA_RO FCALL FCALL_RO FUNCTION|LOAD FUNCTION|RESTORE SCRIPT|LOAD TFCALL TFCALLASYNC TFUNCTION
        """);

    private static readonly FrozenSet<string> ReadingPrograms = Names("EVAL_RO EVALSHA_RO FCALL_RO");

    // Flagged neither READONLY nor WRITE: carried out while a server is busy (ALLOW_BUSY), reads its data (LOADING), or has lost its master
    // (STALE), and by every replica. Those that write behind a subcommand are below.
    private static readonly FrozenSet<string> Neutral = Names("""
        ACL AUTH ASKING BGREWRITEAOF BGSAVE CLIENT CLUSTER COMMAND COMMANDLOG CONFIG DEBUG DISCARD ECHO FAILOVER FUNCTION HELLO HOTKEYS INFO
        LASTSAVE LATENCY MEMORY MODULE MONITOR MULTI OBJECT PFSELFTEST PING PSUBSCRIBE PSYNC PUBLISH PUBSUB PUNSUBSCRIBE QUIT READONLY
        READWRITE REPLCONF REPLICAOF RESET ROLE SAVE SCRIPT SELECT SHUTDOWN SLAVEOF SLOWLOG SPUBLISH SSUBSCRIBE SUBSCRIBE
        SUNSUBSCRIBE SYNC TIME UNSUBSCRIBE UNWATCH WAIT WAITAOF WATCH XINFO XGROUP|HELP
        """);

    private static readonly FrozenSet<string> Writes = Names("FUNCTION|DELETE FUNCTION|FLUSH");

    /// <summary>Of a transaction that of the most that it may do; its own replies are the server's word, whatever it runs.</summary>
    /// <param name="request">Its first bytes.</param>
    public static RequestNature Of(ReadOnlySpan<byte> request)
    {
        var arguments = new RequestArguments(request);
        var nature = OfOne(ref arguments, out bool isMulti);
        return isMulti ? OfTransaction(arguments.Rest) : nature;
    }

    private static RequestNature OfTransaction(ReadOnlySpan<byte> rest)
    {
        var most = RequestNature.ProvesNothing;
        while (true)
        {
            var arguments = new RequestArguments(rest);
            var first = arguments;
            if (arguments.Count == 0 || !first.TryNext(out var name)) return RequestNature.None;
            if (Ascii.EqualsIgnoreCase(name, "EXEC"u8)) return most;
            var nature = OfOne(ref arguments, out _);

            // What is not whole here may be anything.
            if (nature == RequestNature.None || arguments.IsCut) return RequestNature.None;
            if (Rank(nature) > Rank(most)) most = nature;
            rest = arguments.Rest;
        }
    }

    private static int Rank(RequestNature nature) => nature switch
    {
        RequestNature.ProvesNothing => 0,
        RequestNature.Reads => 1,
        RequestNature.Reads | RequestNature.RunsProgram => 2,
        _ => 3,
    };

    /// <summary>Walks over it.</summary>
    private static RequestNature OfOne(ref RequestArguments arguments, out bool isMulti)
    {
        isMulti = false;
        if (!arguments.TryNext(out var name)) return RequestNature.None;
        string first = Upper(name);
        string both = arguments.TryNext(out var subcommand) ? $"{first}|{Upper(subcommand)}" : first;
        isMulti = first == "MULTI";
        while (!isMulti && arguments.TryNext(out _))
        {
            // To behind its end.
        }

        if (Reads.Contains(first) || Reads.Contains(both)) return RequestNature.Reads;
        if (Programs.Contains(first) || Programs.Contains(both))
            return ReadingPrograms.Contains(first) ? RequestNature.RunsProgram | RequestNature.Reads : RequestNature.RunsProgram;
        if (first.Contains('.', StringComparison.Ordinal)) return RequestNature.RunsProgram;
        return !Writes.Contains(both) && (Neutral.Contains(first) || Neutral.Contains(both)) ? RequestNature.ProvesNothing : RequestNature.None;
    }

    private static string Upper(ReadOnlySpan<byte> name) =>
        Encoding.Latin1.GetString(name[..Math.Min(name.Length, RedisRequestReader.NameBytesMax)]).ToUpperInvariant();

    private static FrozenSet<string> Names(string names) => names.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries).ToFrozenSet(StringComparer.Ordinal);
}
