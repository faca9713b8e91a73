using System.Collections.Frozen;
using System.Text;

namespace Dynode.Protocols.Redis;

/// <summary>
/// Commands that change no data at a server, whatever stands behind their names, so that one server's answer to them is no other's affair. What is not here
/// may: a program, what a module brings, and PFCOUNT, which redis calls a read although it writes the count into the value. Immutable; any thread.
/// </summary>
internal static class RedisReads
{
    // GEORADIUS_RO and its like have longer names than are looked up here, and are taken for more than they are.
    private static readonly FrozenSet<PackedName> Names = """
        BITCOUNT BITFIELD_RO BITPOS COMMAND DBSIZE DUMP EXISTS EXPIRETIME GEODIST GEOHASH GEOPOS GEORADIUS_RO GEOSEARCH GET GETBIT GETRANGE
        HEXISTS HEXPIRETIME HGET HGETALL HKEYS HLEN HMGET HPEXPIRETIME HPTTL HRANDFIELD HSCAN HSTRLEN HTTL HVALS INFO KEYS LASTSAVE LCS LINDEX
        LLEN LOLWUT LPOS LRANGE MGET OBJECT PEXPIRETIME PTTL RANDOMKEY ROLE SCAN SCARD SDIFF SINTER SINTERCARD SISMEMBER SMEMBERS SMISMEMBER
        SORT_RO SRANDMEMBER SSCAN STRLEN SUBSTR SUNION TIME TOUCH TTL TYPE XINFO XLEN XPENDING XRANGE XREAD XREVRANGE ZCARD ZCOUNT ZDIFF
        ZINTER ZINTERCARD ZLEXCOUNT ZMSCORE ZRANDMEMBER ZRANGE ZRANGEBYLEX ZRANGEBYSCORE ZRANK ZREVRANGE ZREVRANGEBYLEX ZREVRANGEBYSCORE
        ZREVRANK ZSCAN ZSCORE ZUNION
        """
        .Split([' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries)
        .Select(static name => PackedName.Of(Encoding.ASCII.GetBytes(name)))
        .Where(static name => name != default)
        .ToFrozenSet();

    /// <summary>Of a request's name, in either case.</summary>
    public static bool Are(ReadOnlySpan<byte> name) => Names.Contains(PackedName.Of(name));
}
