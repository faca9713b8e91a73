using static Dynode.Protocols.Redis.RedisFact;

namespace Dynode.Protocols.Redis;

/// <summary>
/// What is known of the commands of modules that come with redis 8, or with valkey: RedisBloom, RediSearch, RedisJSON and
/// RedisTimeSeries, as of redis 8.10. Where there is an index, its name is shown in the place of a key.
/// </summary>
internal static class RedisModuleFacts
{
    /// <summary>Lines of <see cref="RedisFacts.All"/>.</summary>
    /// <param name="blocks">Why what blocks is refused.</param>
    /// <param name="atEachServer">The way out where it is at each server itself.</param>
    public static IReadOnlyList<RedisFact> All(string blocks, string atEachServer) =>
    [
        // It may wait for samples. Its options may be anywhere behind the key and the time.
        Blocking("TS.READ", blocks, key: 1, optionsAt: 3),

        // Switches of tests: they pause indexing, or let queries hang.
        Refused("FT.DEBUG", "it can stop every server", atEachServer), Refused("_FT.DEBUG", "it can stop every server", atEachServer),

        // A cursor, and a dump bit by bit, are a place in one server's own memory.
        Owned("FT.CURSOR", 2), Owned("BF.SCANDUMP", 1), Owned("CF.SCANDUMP", 1),
        // What is found, how it scores and in which order depends on how far a server's index has come, and on what it has swept up; it may bring a cursor.
        Owned("FT.AGGREGATE", 1), Owned("FT.SEARCH", 1), Owned("FT.HYBRID", 1), Owned("FT.PROFILE", 1), Owned("FT.SPELLCHECK", 1), Owned("FT.TAGVALS", 1),
        // Statistics, settings, and how a value is held.
        Owned("FT.INFO", 1), Owned("FT.CONFIG GET"), Owned("BF.INFO", 1), Owned("BF.DEBUG", 1), Owned("CF.INFO", 1), Owned("CF.DEBUG", 1),
        Owned("TDIGEST.INFO", 1), Owned("TS.INFO", 1), Owned("JSON.DEBUG", 2),
        // These count by chance: what drops out of the list of the most frequent is decided by each server's dice.
        Owned("TOPK.ADD", 1), Owned("TOPK.INCRBY", 1), Owned("TOPK.QUERY", 1), Owned("TOPK.COUNT", 1), Owned("TOPK.LIST", 1),

        // Of no order that is promised.
        Mixed("FT._LIST", 0), Mixed("FT.ALIASLIST"), Mixed("FT.DICTDUMP"), new() { Name = "FT.SYNDUMP", Class = ReplyClass.UnorderedPairs, Key = 1 },
        Mixed("TS.MGET", 0), Mixed("TS.MRANGE", 0), Mixed("TS.MREVRANGE", 0), Mixed("TS.QUERYINDEX", 0), Mixed("TS.QUERYLABELS", 0),

        // Only where the first key is: behind a number of keys.
        Keyed("TS.NRANGE", 2), Keyed("TS.NREVRANGE", 2),
    ];
}
