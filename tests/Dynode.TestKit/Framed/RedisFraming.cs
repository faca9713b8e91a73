using System.Globalization;
using System.Text;

namespace Dynode.TestKit.Framed;

/// <summary>RESP2: arrays of bulk strings and inline lines, AUTH, SELECT, INFO, and transactions as far as order shows. Whoever asks is noted as its owner.</summary>
/// <param name="run">Of the process that it is taken for.</param>
internal sealed class RedisFraming(string run) : IFraming
{
    private bool _authenticated;
    private List<FramedRequest>? _transaction;

    public int Database { get; private set; }

    public string[]? Take(ReadOnlySpan<byte> bytes, out int length)
    {
        if (IFraming.Line(bytes, out length) is not { } head) return null;
        if (!head.StartsWith('*')) return head.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string[] words = new string[Math.Max(0, Number(head, '*'))];
        for (int i = 0; i < words.Length; i++)
        {
            if (IFraming.Line(bytes[length..], out int lineLength) is not { } line) return null;
            int count = Number(line, '$');
            int start = length + lineLength;
            length = start + count + 2;
            if (bytes.Length < length) return null;
            if (!bytes[(start + count)..length].SequenceEqual("\r\n"u8)) throw new FormatException($"no line end behind {count} bytes");
            words[i] = Encoding.Latin1.GetString(bytes.Slice(start, count));
        }

        return words;
    }

    public bool IsPreamble(string[] words) =>
        words[0].ToUpperInvariant() is "AUTH" or "HELLO" or "PING" or "INFO" or "ROLE" or "CLIENT" or "SELECT" || IsOwner(words);

    public FramedReply Answer(FramedRequest request, FramedScript script, Func<FramedRequest, FramedReply?> steer)
    {
        if (script.Password is not null && !_authenticated && request.Name is not ("AUTH" or "QUIT"))
            return steer(request) ?? FramedReply.Line("-NOAUTH Authentication required.");
        if (script.Loading && request.Name is not ("AUTH" or "SELECT" or "INFO" or "QUIT"))
            return steer(request) ?? FramedReply.Line("-LOADING Redis is loading the dataset in memory");
        if (_transaction is null || request.Name == "MULTI") return steer(request) ?? OfItsOwn(request, script);
        if (request.Name is not ("EXEC" or "DISCARD"))
        {
            // What the test wants of it is asked when it would run.
            _transaction.Add(request);
            return FramedReply.Line("+QUEUED");
        }

        List<FramedRequest> transaction = _transaction;
        _transaction = null;
        if (steer(request) is { } steered) return steered;
        return request.Name == "EXEC" ? FramedReply.Array([.. transaction.Select(r => steer(r) ?? OfItsOwn(r, script))]) : FramedReply.Line("+OK");
    }

    public FramedReply Fault(string text) => FramedReply.Line($"-ERR Protocol error: {text}").And(ReplyThen.Close);

    private FramedReply OfItsOwn(FramedRequest request, FramedScript script)
    {
        switch (request.Name)
        {
            case "PING":
                return FramedReply.Line("+PONG");
            case "AUTH":
                return Authenticate(request, script);
            case "HELLO":
                return FramedReply.Line("-NOPROTO unsupported protocol version");
            case "INFO":
                return FramedReply.Bulk(
                    $"# Persistence\r\nloading:{(script.Loading ? 1 : 0)}\r\n\r\n# Server\r\nrun_id:{run}\r\n\r\n# Replication\r\nrole:{script.Role}\r\nconnected_slaves:0\r\n");
            case "SELECT":
                return Select(request, script);
            case "CLIENT" when request.Words[1] == "ID":
                return FramedReply.Line($":{request.Connection + 1}");
            case "CLIENT" when request.Words[1] == "KILL":
                return FramedReply.Line(":0");
            case "EVAL" when IsOwner(request.Words):
                return FramedReply.Bulk("yes");
            case "MULTI" when _transaction is null:
                _transaction = [];
                return FramedReply.Line("+OK");
            case "MULTI":
                return FramedReply.Line("-ERR MULTI calls can not be nested");
            case "EXEC" or "DISCARD":
                return FramedReply.Line($"-ERR {request.Name} without MULTI");
            case "QUIT":
                return FramedReply.Line("+OK").And(ReplyThen.Close);
            default:
                return script.Default ?? FramedReply.Line("+OK");
        }
    }

    private FramedReply Authenticate(FramedRequest request, FramedScript script)
    {
        if (script.Password is null && request.Words.Count == 2)
        {
            return FramedReply.Line("-ERR AUTH <password> called without any password configured for the default user. "
                + "Are you sure your configuration is correct?");
        }

        string username = request.Words.Count > 2 ? request.Words[1] : "default";
        _authenticated = request.Words[^1] == script.Password && username == script.Username;
        return FramedReply.Line(_authenticated ? "+OK" : "-WRONGPASS invalid username-password pair or user is disabled.");
    }

    private FramedReply Select(FramedRequest request, FramedScript script)
    {
        int database = int.Parse(request.Words[1], CultureInfo.InvariantCulture);
        if (script.RefusedDatabases.Contains(database)) return FramedReply.Line("-ERR DB index is out of range");
        Database = database;
        return FramedReply.Line("+OK");
    }

    private static bool IsOwner(IReadOnlyList<string> words) => words.Count > 3 && words[0] == "EVAL" && words[3] == "dynode:owner";

    private static int Number(string line, char kind) =>
        line.StartsWith(kind)
        && int.TryParse(line.AsSpan(1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number)
        && (number >= 0 || kind == '*')
            ? number
            : throw new FormatException($"expected '{kind}', got '{line.FirstOrDefault()}'");
}
