using System.Numerics;
using System.Text.RegularExpressions;
using Dynode.Protocols;
using static Dynode.UnitTests.Protocols.Line.ReaderRun;

namespace Dynode.UnitTests.Protocols.Memcached;

/// <summary>
/// What a stream of memcached requests or replies means, said slowly: with the whole stream at hand, by strings, expressions and
/// tables of its own. It shares no line with what it judges.
/// </summary>
internal static partial class MemcachedOracle
{
    private const string BadFormat = "CLIENT_ERROR bad command line format\r\n";
    private const string BadChunk = "CLIENT_ERROR bad data chunk\r\n";
    private const string NoCas = "CLIENT_ERROR dynode: cas is refused, cas numbers are each server's own; set memcached_cas=true to allow it\r\n";
    private const string NoVivify = "CLIENT_ERROR dynode: N with b is refused, servers would send such a key back as it is, line ends and all; use a key that needs no b\r\n";

    /// <summary>Least and most arguments, besides noreply, and the class.</summary>
    private static readonly Dictionary<string, (int Min, int Max, ReplyClass Class)> Classic = new()
    {
        ["set"] = (4, 4, ReplyClass.Compared),
        ["add"] = (4, 4, ReplyClass.Compared),
        ["replace"] = (4, 4, ReplyClass.Compared),
        ["append"] = (4, 4, ReplyClass.Compared),
        ["prepend"] = (4, 4, ReplyClass.Compared),
        ["cas"] = (5, 5, ReplyClass.Compared),
        ["incr"] = (2, 2, ReplyClass.Compared),
        ["decr"] = (2, 2, ReplyClass.Compared),
        ["touch"] = (2, 2, ReplyClass.Compared),
        ["delete"] = (1, 2, ReplyClass.Compared),
        ["flush_all"] = (0, 1, ReplyClass.Compared),
        ["verbosity"] = (1, 1, ReplyClass.Own),
        ["cache_memlimit"] = (1, 1, ReplyClass.Own),
        ["slabs"] = (2, 3, ReplyClass.Own),
        ["lru"] = (1, 5, ReplyClass.Own),
        ["extstore"] = (2, 3, ReplyClass.Own),
        ["lru_crawler"] = (1, 2, ReplyClass.Own),
    };

    /// <summary>What q hides, and the flags that make a reply one server's own.</summary>
    private static readonly Dictionary<string, (byte Hide, string Own)> Meta = new()
    {
        ["mg"] = (1, "cthlR"),
        ["ms"] = (2, "c"),
        ["md"] = (2, ""),
        ["ma"] = (3, "ct"),
    };

    public static List<string> Requests(string stream, ProtocolSettings settings)
    {
        var said = new List<string>();
        while (stream.Length > 0)
        {
            if (stream[0] == '\u0080')
                return [.. said, Malformed("CLIENT_ERROR the binary protocol is not supported; use the text protocol\r\n", 0)];
            int limit = LongLine().Match(stream) is { Success: true, Length: <= 2048 } ? 1 << 20 : 2048;
            limit = (int)Math.Min(limit, settings.RequestBytesMax);
            int end = stream.IndexOf('\n', StringComparison.Ordinal);
            if (end >= limit || (end < 0 && stream.Length > limit))
                return [.. said, Malformed($"CLIENT_ERROR line too long: longer than {(limit == settings.RequestBytesMax ? "max_request_bytes=" + limit : limit + " bytes")}\r\n", limit)];
            if (end < 0)
                return [.. said, Open(stream.Length)];

            string line = stream[..end];
            if (line.EndsWith('\r')) line = line[..^1];
            string[] tokens = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            int length = end + 1;
            if (Block(tokens) is { } declared)
            {
                if (!Digits().IsMatch(declared) || (declared.Length > 10 && BigInteger.Parse(declared) < BigInteger.Pow(2, 40)))
                    return [.. said, Malformed(BadChunk, end)];
                if (length + BigInteger.Parse(declared) + 2 > BigInteger.Min(settings.RequestBytesMax, int.MaxValue))
                    return [.. said, Malformed($"CLIENT_ERROR object too large for cache: the request is longer than max_request_bytes={settings.RequestBytesMax}\r\n", end)];
                length += int.Parse(declared) + 2;
                if (stream.Length > length - 2 && stream[length - 2] != '\r') return [.. said, Malformed(BadChunk, length - 2)];
                if (stream.Length > length - 1 && stream[length - 1] != '\n') return [.. said, Malformed(BadChunk, length - 1)];
                if (stream.Length < length) return [.. said, Open(stream.Length)];
            }

            said.Add(Verdict(line, tokens, stream[..length], settings));
            stream = stream[length..];
        }

        return said;
    }

    public static List<string> Replies(string stream)
    {
        var said = new List<string>();
        while (stream.Length > 0)
        {
            int length = ReplyLength(stream);
            if (length <= 0)
                return [.. said, length == 0 ? Open(stream.Length) : "malformed"];
            said.Add(stream[..length]);
            stream = stream[length..];
        }

        return said;
    }

    /// <summary>0: it has not ended. -1: it is no reply.</summary>
    private static int ReplyLength(string stream)
    {
        string list = "";
        for (int at = 0; ;)
        {
            int end = stream.IndexOf('\n', at);
            if (end < 0) return 0;
            string line = stream[at..end];
            if (line.EndsWith('\r')) line = line[..^1];
            at = end + 1;
            string[] tokens = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            string first = tokens.Length > 0 ? tokens[0] : "";
            if (first is "END" or "ERROR" or "CLIENT_ERROR" or "SERVER_ERROR") return at;
            bool fits = list.Length == 0 || list == first;
            if (first == "STAT" && fits)
            {
                list = first;
                continue;
            }

            if (!(first == "VALUE" && fits) && !(first == "VA" && list.Length == 0))
                return list.Length == 0 && first.Length > 0 ? at : -1;
            string size = tokens.ElementAtOrDefault(first == "VALUE" ? 3 : 1) ?? "";
            if (!Digits().IsMatch(size) || BigInteger.Parse(size) > 1 << 30) return -1;
            int behind = at + int.Parse(size);
            if (stream.Length > behind && stream[behind] != '\r') return -1;
            if (stream.Length > behind + 1 && stream[behind + 1] != '\n') return -1;
            if (stream.Length < behind + 2) return 0;
            at = behind + 2;
            if (first == "VA") return at;
            list = first;
        }
    }

    private static string? Block(string[] tokens) =>
        tokens.ElementAtOrDefault(0) switch
        {
            "set" or "add" or "replace" or "append" or "prepend" or "cas" => tokens.ElementAtOrDefault(4),
            "ms" => tokens.ElementAtOrDefault(2),
            _ => null,
        };

    private static string Verdict(string line, string[] tokens, string request, ProtocolSettings settings)
    {
        string command = tokens.Length > 0 ? tokens[0] : "";
        bool odd = Odd().IsMatch(line);
        switch (command)
        {
            case "get" or "gets" or "gat" or "gats":
                if (tokens.Length < (command[1] == 'a' ? 3 : 2)) return Answer("ERROR\r\n");
                if (odd || tokens[1..].Any(token => token.Length > 250 || token == "noreply")) return Answer(BadFormat);
                return Forward(request, 1, command.EndsWith('s') ? ReplyClass.Own : ReplyClass.Compared, 0);
            case "mg" or "ms" or "md" or "ma":
                return MetaVerdict(command, tokens, odd, request, settings);
            case "me":
                bool sound = !odd && tokens.Length is 2 or 3 && tokens[1].Length <= 250 && (tokens.Length == 2 || tokens[2] == "b");
                return sound ? Forward(request, 1, ReplyClass.Own, 0) : Answer(BadFormat);
            case "mn":
                return Answer("MN\r\n");
            case "version":
                return Answer("SERVER_ERROR dynode: no server has said its version yet\r\n");
            case "quit":
                return Answer("", closes: true);
            case "stats":
                if (odd) return Answer(BadFormat);
                return Stats().IsMatch(string.Join(' ', tokens)) ? Forward(request, 1, ReplyClass.Own, 0) : Refused("only stats");
            case "shutdown" or "watch" or "refresh_certs" or "misbehave" or "debugtime" or "debugitem":
                return Refused(command + " is refused");
            default:
                if (Classic.ContainsKey(command)) return ClassicVerdict(command, tokens, odd, request, settings);
                return Answer("ERROR\r\n", closes: tokens.Length > 0 && tokens[^1].StartsWith("HTTP/", StringComparison.Ordinal));
        }
    }

    private static string ClassicVerdict(string command, string[] tokens, bool odd, string request, ProtocolSettings settings)
    {
        var (min, max, replyClass) = Classic[command];
        List<string> arguments = [.. tokens[1..]];
        int heeded = command switch { "delete" or "slabs" or "lru_crawler" or "incr" or "decr" or "touch" => 2, _ => min >= 4 ? min : 1 };
        bool silent = arguments.Count >= heeded && arguments.Count <= max + 1 && arguments[^1] == "noreply";
        if (silent) arguments.RemoveAt(arguments.Count - 1);
        if (arguments.Count < min) return Answer(silent ? "" : "ERROR\r\n");
        string wrong = Answer(silent ? "" : BadFormat);
        if (arguments.Count > max || (arguments.Count > 0 && arguments[^1] == "noreply")) return wrong;
        if (odd) return wrong;
        if (command is not ("flush_all" or "verbosity" or "cache_memlimit" or "slabs" or "lru" or "extstore" or "lru_crawler") && arguments[0].Length > 250)
            return wrong;
        if (command == "delete" && arguments.Count == 2 && arguments[1] != "0") return wrong;
        if (min >= 4)
        {
            if (!Within(arguments[1], 0, uint.MaxValue) || !Within(arguments[2], int.MinValue, int.MaxValue)) return wrong;
            if (min == 5 && !Within(arguments[4], 0, ulong.MaxValue, 20)) return wrong;
            if (min == 5 && !settings.AllowsCas) return Answer(silent ? "" : NoCas);
        }

        if (command == "lru_crawler" && arguments[0] is not ("enable" or "disable" or "sleep" or "tocrawl" or "crawl"))
            return silent ? Answer("") : Refused("of lru_crawler");
        return silent
            ? Forward(NoReplyAtTheEnd().Replace(request, "", 1), 1, replyClass, 255)
            : Forward(request, 1, replyClass, 0);
    }

    private static string MetaVerdict(string command, string[] tokens, bool odd, string request, ProtocolSettings settings)
    {
        int first = command == "ms" ? 3 : 2;
        if (odd || tokens.Length < first || tokens[1].Length > 250) return Answer(BadFormat);
        if (tokens.Length > 19) return Answer("CLIENT_ERROR options flags are too long\r\n");
        string seen = "";
        foreach (string token in tokens[first..])
        {
            if (!Flag().IsMatch(token)) return Answer("CLIENT_ERROR invalid flag\r\n");
            if (seen.Contains(token[0], StringComparison.Ordinal)) return Answer("CLIENT_ERROR duplicate flag\r\n");
            if (token[0] == 'O' && token.Length > 32) return Answer("CLIENT_ERROR opaque token too long\r\n");
            seen += token[0];
        }

        if (seen.Contains('C', StringComparison.Ordinal) && !settings.AllowsCas) return Answer(NoCas);
        if (seen.Contains('b', StringComparison.Ordinal) && seen.Contains('N', StringComparison.Ordinal)) return Answer(NoVivify);
        var replyClass = seen.Any(flag => Meta[command].Own.Contains(flag, StringComparison.Ordinal)) ? ReplyClass.Own : ReplyClass.Compared;
        if (!seen.Contains('q', StringComparison.Ordinal)) return Forward(request, 1, replyClass, 0);

        // Behind the command and its key, which may begin with q themselves.
        string skipped = string.Join(" +", tokens[..first].Select(Regex.Escape));
        return Forward(Regex.Replace(request, $"^({skipped}(?: +[^ q][^ ]*)*? *) q[^ \r\n]*", "$1"), 1, replyClass, Meta[command].Hide);
    }

    private static string Refused(string begin) => "answer: CLIENT_ERROR dynode: " + begin;

    private static bool Within(string number, BigInteger least, BigInteger most, int charsMax = 11) =>
        number.Length <= charsMax && Signed().IsMatch(number) && (least < 0 || number[0] != '-')
        && BigInteger.Parse(number) >= least && BigInteger.Parse(number) <= most;

    [GeneratedRegex(@"^ *gets? ")]
    private static partial Regex LongLine();

    [GeneratedRegex(@"^[0-9]+\z")]
    private static partial Regex Digits();

    [GeneratedRegex(@"^-?[0-9]+\z")]
    private static partial Regex Signed();

    [GeneratedRegex(@"^ |[\x00-\x1f\x7f]")]
    private static partial Regex Odd();

    [GeneratedRegex(@"^[bcCDEfFhIJklLMNOPqRstTuvx]")]
    private static partial Regex Flag();

    [GeneratedRegex(@"^stats( (settings|items|slabs|sizes|conns|extstore|reset))?\z")]
    private static partial Regex Stats();

    [GeneratedRegex(@" noreply(?= *\r?\n)")]
    private static partial Regex NoReplyAtTheEnd();
}
