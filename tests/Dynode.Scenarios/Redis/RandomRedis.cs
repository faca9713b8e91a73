using System.Globalization;
using System.Text;
using Dynode.TestKit;

namespace Dynode.Scenarios.Redis;

/// <summary>How the replies of two servers that hold equal data relate.</summary>
internal enum Reading
{
    Equal,

    /// <summary>The same elements, each server's in an order of its own.</summary>
    Unordered,

    /// <summary>The same pairs of field and value.</summary>
    Pairs,

    /// <summary>Redis looks at the arguments at once, the broadcaster leaves that to EXEC; both end in EXECABORT.</summary>
    QueuedOrRefused,

    /// <summary>But for the client's number, and the server's modules.</summary>
    Hello,
}

/// <param name="Bytes">As they are sent.</param>
/// <param name="Replies">How many come; of more than one each is <see cref="Reading.Equal"/>.</param>
/// <param name="Reading">Of its one reply.</param>
internal sealed record RandomRequest(byte[] Bytes, int Replies, Reading Reading)
{
    public override string ToString() => Encoding.Latin1.GetString(Bytes[..Math.Min(Bytes.Length, 300)]).Replace("\r\n", " ", StringComparison.Ordinal);
}

/// <summary>
/// Requests of all types on few keys, so that they meet each other's data, also of the wrong type: strings, lists, sets, hashes,
/// sorted sets, streams with ids of ours, bits, counters of unique things, places, scripts, expiries at instants far ahead,
/// transactions, several databases. Nothing whose reply is chance, time or one server's own.
/// </summary>
internal sealed class RandomRedis(Random random)
{
    /// <summary>A word behind $ stands for a key of a type, or for a value; ~ and = in front say how replies are read.</summary>
    private static readonly string[] Templates =
    [
        "SET $s $v", "SET $s $v", "SET $s $v NX", "SET $s $v XX GET", "SET $s $v EXAT $T", "SET $s $v KEEPTTL", "GET $s", "GET $s", "GETSET $s $v", "GETDEL $s",
        "GETEX $s PERSIST", "GETEX $s EXAT $T", "APPEND $s $v", "STRLEN $s", "SETRANGE $s $n $v", "GETRANGE $s $n $n", "SUBSTR $s 0 $n", "INCR $s", "DECR $s", "INCRBY $s $n",
        "DECRBY $s $n", "INCRBYFLOAT $s $f", "MSET $s $v $s $v", "MSETNX $s $v $s $v", "MGET $s $s $l", "SETNX $s $v", "LCS $s $s", "LCS $s $s LEN",
        "LPUSH $l $v $v", "RPUSH $l $v", "RPUSH $l $v $m $m", "LPUSHX $l $m", "RPUSHX $l $m", "LPOP $l", "RPOP $l 2", "LLEN $l", "LRANGE $l 0 -1", "LRANGE $l $n $n", "LINDEX $l $n",
        "LSET $l $n $v", "LINSERT $l BEFORE $m $v", "LREM $l $n $m", "LTRIM $l 0 20", "LPOS $l $m COUNT 0", "LMOVE $l $l LEFT RIGHT", "RPOPLPUSH $l $l", "LMPOP 2 $l $l LEFT COUNT 2",
        "SADD $t $m $m $v", "SADD $t $n $n", "SREM $t $m $m", "SCARD $t", "SISMEMBER $t $m", "SMISMEMBER $t $m $m", "SMOVE $t $t $m", "~SMEMBERS $t", "~SINTER $t $t", "~SUNION $t $t",
        "~SDIFF $t $t", "SINTERSTORE $t $t $t", "SUNIONSTORE $t $t $t", "SDIFFSTORE $t $t $t", "SINTERCARD 2 $t $t", "SORT $t ALPHA", "SORT $l ALPHA DESC LIMIT 0 5", "SORT $l ALPHA STORE $l",
        "HSET $h $m $v $m $v", "HSETNX $h $m $v", "HGET $h $m", "HMGET $h $m $m $m", "HDEL $h $m $m", "HLEN $h", "HEXISTS $h $m", "HSTRLEN $h $m", "HINCRBY $h $c $n",
        "HINCRBYFLOAT $h $c $f", "=HGETALL $h", "~HKEYS $h", "~HVALS $h",
        "ZADD $z $f $m $f $m", "ZADD $z NX $f $m", "ZADD $z GT CH $f $m", "ZADD $z INCR $f $m", "ZINCRBY $z $f $m", "ZREM $z $m", "ZCARD $z", "ZSCORE $z $m", "ZMSCORE $z $m $m", "ZRANK $z $m",
        "ZREVRANK $z $m", "ZCOUNT $z -inf ($n", "ZLEXCOUNT $z - +", "ZRANGE $z 0 -1 WITHSCORES", "ZRANGE $z 0 $n REV", "ZRANGE $z -inf +inf BYSCORE LIMIT 1 3", "ZRANGEBYLEX $z - +", "ZREVRANGEBYSCORE $z +inf -inf",
        "ZRANGESTORE $z $z 0 3", "ZUNIONSTORE $z 2 $z $z WEIGHTS 1 2", "ZINTERSTORE $z 2 $z $t AGGREGATE MAX", "ZDIFFSTORE $z 2 $z $z", "ZUNION 2 $z $z WITHSCORES", "ZINTER 2 $z $z", "ZDIFF 2 $z $z", "ZINTERCARD 2 $z $z",
        "ZPOPMIN $z", "ZPOPMAX $z 2", "ZMPOP 1 $z MIN", "ZREMRANGEBYRANK $z 5 -1", "ZREMRANGEBYSCORE $z 40 +inf",
        "XADD $x $i $m $v", "XADD $x $i $m $v $m $v", "XADD $x MAXLEN = 10 $i $m $v", "XLEN $x", "XRANGE $x - +", "XREVRANGE $x + - COUNT 3", "XREAD COUNT 3 STREAMS $x 0", "XDEL $x $i", "XTRIM $x MAXLEN 10",
        "XGROUP CREATE $x group 0 MKSTREAM", "XGROUP CREATECONSUMER $x group $m", "XREADGROUP GROUP group one COUNT 2 STREAMS $x >", "XACK $x group $i", "XGROUP DESTROY $x group",
        "SETBIT $b $n 1", "SETBIT $b $n 0", "GETBIT $b $n", "BITCOUNT $b", "BITPOS $b 1", "BITFIELD $b SET u8 $n 255 INCRBY i16 #1 $n", "BITFIELD_RO $b GET u4 0", "BITOP AND $b $b $b", "BITOP NOT $b $b",
        "PFADD $p $m $m $v", "PFCOUNT $p", "PFCOUNT $p $p", "PFMERGE $p $p $p",
        "GEOADD $g 13.36 38.11 $m 15.08 37.50 $m", "GEOPOS $g $m $m", "GEODIST $g $m $m km", "GEOHASH $g $m", "GEOSEARCH $g FROMLONLAT 15 37 BYRADIUS 200 km ASC WITHCOORD WITHDIST", "GEOSEARCHSTORE $g $g FROMLONLAT 15 37 BYBOX 400 400 km",
        "EVAL $S0 1 $s $v", "EVAL $S1 1 $l $v", "EVAL $S2 0", "EVAL $S3 1 $s", "EVAL $S4 0 $v", "EVAL $S5 1 $s", "EVAL_RO $S3 1 $s", "EVALSHA ffffffffffffffffffffffffffffffffffffffff 0", "EVAL $S6 0", "EVAL $S7 0", "SCRIPT EXISTS ffffffffffffffffffffffffffffffffffffffff",
        "EXPIREAT $a $T", "PEXPIREAT $a $T000", "EXPIRETIME $a", "PEXPIRETIME $a", "EXPIREAT $a $T GT", "PERSIST $a", "EXISTS $a $a", "TYPE $a", "DEL $a", "UNLINK $a $a", "RENAME $a $a", "RENAMENX $a $a", "COPY $a $a", "COPY $a $a DB $d REPLACE", "MOVE $a $d", "TOUCH $a $a",
        "~KEYS *", "DBSIZE", "SWAPDB $d $d", "PING", "PING $v", "ECHO $v", "CLIENT SETNAME $m", "CLIENT GETNAME", "CLIENT TRACKINGINFO", "CLIENT GETREDIR", "UNWATCH",

        // Of redis 7.4 and 8, and of valkey 8; to servers before them these are errors.
        "HEXPIREAT $h $T FIELDS 2 $m $m", "HEXPIREAT $h $T NX FIELDS 1 $m", "HEXPIRETIME $h FIELDS 2 $m $m", "HPERSIST $h FIELDS 1 $m", "HGETEX $h EXAT $T FIELDS 1 $m", "HGETEX $h PERSIST FIELDS 2 $m $m",
        "HSETEX $h EXAT $T FIELDS 2 $m $v $m $v", "HSETEX $h FNX FIELDS 1 $m $v", "HGETDEL $h FIELDS 2 $m $m", "SET $s $v IFEQ $v", "SCRIPT SHOW nosuch",
        "VADD $y VALUES 3 $f $f $f $m", "VADD $y VALUES 3 1 2 3 $m SETATTR {\"a\":1}", "VADD $l VALUES 2 1 2 $m", "VREM $y $m", "VCARD $y", "VDIM $y", "VEMB $y $m", "VGETATTR $y $m", "VSETATTR $y $m {\"a\":2}", "VISMEMBER $y $m",

        // Errors of all kinds.
        "GET", "SET $s", "NOSUCH $v", "NoSuCh", "LPUSH $s $v", "HGET $l $m", "INCR $l", "ZADD $z notafloat $m", "SET $s $v NOSUCHOPTION", "EXPIREAT $a soon", "SETRANGE $s -1 x", "OBJECT NOSUCH", "CONFIG NOSUCH", "CLIENT NOSUCH", "XADD $x 0-0 a b", "EXEC", "DISCARD", "LPOP $l -1",
        "BITOP NOT $b $b $b", "GETRANGE $s a b", "SELECT $v", "ECHO", "PING a b", "XGROUP NOSUCH $x", "EVAL",
    ];

    private static readonly string[] Scripts =
    [
        "redis.call('SET', KEYS[1], ARGV[1]) return redis.call('GET', KEYS[1])",
        "for i = 1, 5 do redis.call('RPUSH', KEYS[1], ARGV[1] .. i) end return redis.call('LRANGE', KEYS[1], 0, 3)",
        "return {1, {2, 'three', {'four'}}, false, true, 3.9}",
        "local r = redis.pcall('INCR', KEYS[1]) if r.err then return r.err end return r",
        "return redis.status_reply(ARGV[1])",
        "return redis.call('LPUSH', KEYS[1], 'x')",
        "return redis.error_reply('MYERR of mine')",
        "redis.call('SELECT', 7) return redis.call('SET', 'by script', 'in 7')",
    ];

    private int _id;
    private int _transaction;

    /// <summary>What comes next.</summary>
    public RandomRequest Next()
    {
        if (_transaction > 0) return Queued();
        return random.Next(100) switch
        {
            < 4 => Select(),
            < 6 => Hello(),
            < 9 => Begin(),
            < 12 => Line(),
            < 13 => Hidden(),
            < 14 => new("\r\n"u8.ToArray(), 0, Reading.Equal),
            < 15 => random.Next(3) == 0 ? Of("RESET") : random.Next(2) == 0 ? Of("FLUSHDB") : Of("GET", Large()),
            _ => Of(Templates[random.Next(Templates.Length)]),
        };
    }

    private RandomRequest Select() => Of("SELECT", random.Next(8) switch { 0 => "16", 1 => "-1", 2 => "1000000", int other => $"{other - 3}" });

    private RandomRequest Hello()
    {
        string text = random.Next(8) switch
        {
            0 => "HELLO",
            1 => "HELLO 4",
            2 => "HELLO 3 AUTH default x SETNAME me",
            3 => "HELLO 3 NOSUCH",
            int other => $"HELLO {2 + (other % 2)}",
        };
        return Of(text) with { Reading = Reading.Hello };
    }

    private RandomRequest Begin()
    {
        _transaction = random.Next(2, 12);
        return Of("MULTI");
    }

    private RandomRequest Queued()
    {
        if (--_transaction == 0) return random.Next(8) == 0 ? Of("DISCARD") : Of("EXEC");
        while (true)
        {
            string template = Templates[random.Next(Templates.Length)];

            // Unordered replies would be so inside EXEC's; what is about the client is refused inside.
            if (template[0] is '~' or '=' || template is "EXEC" or "DISCARD" or "PING a b" || template.StartsWith("SELECT", StringComparison.Ordinal) || template.StartsWith("CLIENT", StringComparison.Ordinal)
                || template.StartsWith("SORT $t", StringComparison.Ordinal))
                continue;
            return Of(template) with { Reading = Reading.QueuedOrRefused };
        }
    }

    private RandomRequest Line()
    {
        string line = random.Next(5) switch
        {
            0 => "PING",
            1 => $"  set   s{random.Next(5)}  \"a\\x00\\r\\n\\\"b\"",
            2 => $"GET 's{random.Next(5)}'",
            3 => $"rpush l{random.Next(5)} 'it\\'s' \"\" x",
            _ => $"get s{random.Next(5)}",
        };
        return new(Encoding.Latin1.GetBytes(line + (random.Next(2) == 0 ? "\r\n" : "\n")), 1, Reading.Equal);
    }

    /// <summary>What gets no reply.</summary>
    private RandomRequest Hidden()
    {
        if (random.Next(2) == 0)
            return new([.. RespClient.Request("CLIENT", "REPLY", "SKIP"), .. RespClient.Request("INCR", Key('s'))], 0, Reading.Equal);
        byte[] hidden = [.. RespClient.Request("LPUSH", Key('l'), Value()), .. RespClient.Request("SELECT", $"{random.Next(5)}"), .. RespClient.Request("MULTI"), .. RespClient.Request("INCR", Key('s')), .. RespClient.Request("EXEC")];
        return new([.. RespClient.Request("CLIENT", "REPLY", "OFF"), .. hidden, .. RespClient.Request("CLIENT", "REPLY", "ON")], 1, Reading.Equal);
    }

    private RandomRequest Of(string template)
    {
        var reading = template[0] switch { '~' => Reading.Unordered, '=' => Reading.Pairs, _ => Reading.Equal };
        return Of(reading, template.TrimStart('~', '=').Split(' ').Select(Word).ToArray());
    }

    private static RandomRequest Of(params string[] words) => Of(Reading.Equal, words);

    private static RandomRequest Of(Reading reading, string[] words) => new(RespClient.Request(words), 1, reading);

    private string Word(string word)
    {
        int at = word.IndexOf('$', StringComparison.Ordinal);
        if (at < 0) return word;
        string value = word[at + 1] switch
        {
            'v' => Value(),
            'm' => $"member {random.Next(12)}",
            'c' => $"count {random.Next(3)}",
            'n' => random.Next(-3, 40).ToString(CultureInfo.InvariantCulture),
            'f' => (random.Next(-400, 400) / 8.0).ToString(CultureInfo.InvariantCulture),
            'T' => (4_000_000_000 + random.Next(1000)).ToString(CultureInfo.InvariantCulture),
            'i' => $"{(random.Next(4) == 0 ? random.Next(1, 50) : ++_id)}-{random.Next(1, 3)}",
            'd' => random.Next(5).ToString(CultureInfo.InvariantCulture),
            'S' => Scripts[word[at + 2] - '0'],
            'a' => Key("slthzxbpg"[random.Next(9)]),
            char type => Key(random.Next(12) == 0 ? "slthzxbpg"[random.Next(9)] : type),
        };
        return word[..at] + value + (word[at + 1] == 'S' ? "" : word[(at + 2)..]);
    }

    // Among them the empty one, one of any bytes, and one that looks like the protocol.
    private string Key(char type) => random.Next(9) switch
    {
        0 => type == 's' ? "" : $"{type}\r\n$3\r\nGET\r\n",
        1 => $"{type}\0\xff\x80 {random.Next(2)}",
        int other => $"{type}{other % 5}",
    };

    private string Value() => random.Next(12) switch
    {
        0 => "",
        1 => "\r\n*1\r\n$8\r\nFLUSHALL\r\n",
        2 or 3 => Encoding.Latin1.GetString(random.Bytes(random.Next(1, 60))),
        4 => random.Next(6) == 0 ? Large() : "not large",
        5 or 6 or 7 => random.Next(-1000, 1000).ToString(CultureInfo.InvariantCulture),
        int other => $"value {other}",
    };

    private string Large() => new((char)random.Next('a', 'z'), random.Next(1000, 100_000));
}
