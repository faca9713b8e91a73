using System.Text.RegularExpressions;

namespace Dynode.Scenarios.Memcached;

/// <summary>Requests of all kinds, sound ones and such as memcached refuses, whose answers depend on what was sent before, but for what <see cref="Masked"/> hides.</summary>
internal sealed partial class RandomRequests(Random random)
{
    public const int Keys = 12;

    /// <summary>Every key there is.</summary>
    public static string AllKeys { get; } = "d1 d2 " + string.Join(' ', Enumerable.Range(0, Keys).Select(i => $"k{i} n{i}"));

    /// <summary>
    /// Numbers that only go down, and keep their length. What becomes shorter memcached pads with spaces, or stores anew without
    /// them where an answer that is still under way holds the item: so two servers that got the same may then differ.
    /// </summary>
    public static string Begin => "set d1 0 0 6\r\n500000\r\nset d2 0 0 6\r\n700000\r\n";

    /// <summary>One whole request.</summary>
    public string Next()
    {
        string noreply = random.Next(4) == 0 ? " noreply" : "";
        string value = Value();
        return random.Next(14) switch
        {
            0 => random.Next(3) == 0 ? Pick("get d1 d2", "ma d1 MD v", "mg d2 v", "ma d2 MD q", $"mg {NumberKey()} v k f s", $"delete {NumberKey()}") : $"get {Key()}",
            1 => $"{Pick("get", "gets", "gat 0", "gats 1000")} {string.Join(' ', Enumerable.Range(0, random.Next(1, 20)).Select(_ => Key()))}",
            2 or 3 => $"{Pick("set", "set", "add", "replace", "append", "prepend")} {Key()} {random.Next(100)} {Pick("0", "0", "0", "1000", "-1")} {value.Length}{noreply}\r\n{value}",
            4 => $"set {NumberKey()} 0 0 2{noreply}\r\n{random.Next(10, 100)}",
            5 => random.Next(3) == 0 ? $"{Pick("decr d1 ", "decr d2 ")}{random.Next(9)}{noreply}" : $"incr {NumberKey()} {Pick("1", "5", "100")}{noreply}",
            6 => $"{Pick("delete", "delete", "touch")} {Key()}{Pick(" 0", " 0")}{noreply}",
            7 => $"ms {MetaKey(out string binary)} {value.Length}{binary}{Flags("MS", "ME", "MR", "MA", "MP", "q", "k", "O7", "T0", "T1000", "F9", "c", "I")}\r\n{value}",
            8 or 9 => $"mg {MetaKey(out string binary)}{binary}{Flags("v", "v", "q", "k", "O123", "f", "s", "t", "c", "h", "l", "T1000", "u")}",
            10 => $"md {MetaKey(out string binary)}{binary}{Flags("q", "k", "Oabc", "I", "T3000")}",
            11 => $"ma {NumberKey()}{Flags("q", "k", "v", "D3", "MI", "T1000", "t", "c", "Oz")}",
            12 => random.Next(6) switch
            {
                0 => $"mg {Key()} N1000 v f",
                1 => $"ma {NumberKey()} N0 J7 v",
                2 => $"me {Key()}",
                3 => "verbosity 0" + noreply,
                _ => $"mg {Key()} {Pick("R30", "R5000")} v",
            },
            _ => Pick(
                "nosuch", "get", "incr k1", "set k1 0 0", "delete", "touch k1", "mg k1 v v", $"get {new string('k', 251)}", "incr k1 x", "touch k1 x", "GET k1", "nosuch noreply",
                $"mg k1 O{new string('o', 31)} k"),
        } + "\r\n";
    }

    /// <summary>An answer without what differs from server to server: cas numbers and times.</summary>
    public static string Masked(string request, string answer)
    {
        if (request.StartsWith("gets", StringComparison.Ordinal) || request.StartsWith("gats", StringComparison.Ordinal)) return CasOfValue().Replace(answer, "$1 #");
        if (request.StartsWith("me ", StringComparison.Ordinal)) return Debug().Replace(answer, "$1=#");
        return request.StartsWith('m') ? MetaNumbers().Replace(answer, line => MetaNumber().Replace(line.Value, " $1#")) : answer;
    }

    private string Key() => $"k{random.Next(Keys)}";

    // Apart from the others: a number that goes up while an answer holds its item is stored anew as well, and what meta commands
    // have marked (fetched, stale, won) is then forgotten.
    private string NumberKey() => $"n{random.Next(Keys / 2)}";

    private string MetaKey(out string binary)
    {
        string key = Key();
        bool isBinary = random.Next(4) == 0;
        binary = isBinary ? " b" : "";
        return isBinary ? Convert.ToBase64String(TextClient.Bytes(key)) : key;
    }

    private string Value() => random.Next(30) switch
    {
        0 => new string((char)('a' + random.Next(26)), random.Next(300_000)),
        < 4 => Pick("END\r\n", "VALUE k1 0 1\r\nx\r\nEND\r\n", "HD", "delete k1\r\n", "set k1 0 0 1 noreply\r\nx", "\0\r\n\u00ff", "ERROR"),
        < 14 => $"{random.Next(1000)}",
        _ => new string((char)('a' + random.Next(26)), random.Next(200)),
    };

    // Each letter once, in any order.
    private string Flags(params string[] of)
    {
        string[] some = [.. of.Where(_ => random.Next(4) == 0).DistinctBy(flag => flag[0])];
        random.Shuffle(some);
        return string.Concat(some.Select(flag => " " + flag));
    }

    private string Pick(params string[] of) => of[random.Next(of.Length)];

    [GeneratedRegex(@"^(VALUE \S+ \d+ \d+) \d+(?=\r$)", RegexOptions.Multiline)]
    private static partial Regex CasOfValue();

    [GeneratedRegex(@"\b(exp|la|cas|fetch)=\S+")]
    private static partial Regex Debug();

    [GeneratedRegex(@"^(VA|HD|NS|EX|NF|EN)\b.*\r$", RegexOptions.Multiline)]
    private static partial Regex MetaNumbers();

    [GeneratedRegex(@" ([ctl])-?\d+\b")]
    private static partial Regex MetaNumber();
}
