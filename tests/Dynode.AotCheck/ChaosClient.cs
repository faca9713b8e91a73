using System.Globalization;
using System.Net.Sockets;
using Dynode.TestKit;

namespace Dynode.AotCheck;

/// <summary>
/// A client that sends requests of all kinds in pipelines, each with an id of its own, and records what it is told of them. It comes again where its connection ends, with other ids.
/// What it has written over a connection it must read there.
/// </summary>
internal sealed class ChaosClient(int number, int port, Random random, ChaosRecord record, TimeSpan patience)
{
    private const int PipelineMax = 8;
    private const string PushScript = "return redis.call('RPUSH', KEYS[1], ARGV[1])";

    /// <summary>SHA-1 of <see cref="PushScript"/>, as a server names it.</summary>
    private const string PushHash = "b9705020f551c492b7692cdba607bbdb64837972";

    private readonly string _counter = $"count:{number}";

    private enum Kind
    {
        Push,
        Transaction,
        Script,
        ScriptByHash,
        Count,
        Set,
        Get,
    }

    /// <summary>Which one it is of those that a client sent over a connection.</summary>
    public static int NumberOf(string id) => int.Parse(id[(id.LastIndexOf(':') + 1)..], CultureInfo.InvariantCulture);

    public async Task RunAsync(Func<bool> goesOn)
    {
        for (int life = 0; goesOn(); life++)
        {
            using TestClient? client = TestClient.TryConnect(port);
            if (client is null)
                await Task.Delay(50);
            else
                await LiveAsync(client, $"{number}:{life}", goesOn);
        }
    }

    private static string Request(params string[] parts) => $"*{parts.Length}\r\n{string.Concat(parts.Select(static part => $"${part.Length}\r\n{part}\r\n"))}";

    // A number, and a text that is none of a reply's own.
    private static ChaosTold ToldBy(string reply) =>
        reply.StartsWith(':') || reply.StartsWith('+') ? ChaosTold.Kept
        : reply.EndsWith(": not kept", StringComparison.Ordinal) || reply.StartsWith("-NOSCRIPT", StringComparison.Ordinal) || reply.StartsWith("-EXECABORT", StringComparison.Ordinal) ? ChaosTold.NotKept
        : ChaosTold.Unknown;

    // One connection's whole life.
    private async Task LiveAsync(TestClient client, string life, Func<bool> goesOn)
    {
        string key = $"set:{life}";
        var seen = new Seen();
        try
        {
            for (int n = 0; goesOn();)
            {
                int count = random.Next(1, PipelineMax + 1);
                (Kind Kind, string Id)[] requests = [.. Enumerable.Range(n, count).Select(next => (Enum.GetValues<Kind>()[random.Next(Enum.GetValues<Kind>().Length)], $"{life}:{next}"))];
                n += count;
                int told = 0;
                try
                {
                    foreach ((Kind kind, string id) in requests)
                    {
                        if (kind is Kind.Push or Kind.Transaction or Kind.Script or Kind.ScriptByHash)
                            record.Pushing(id);
                    }

                    await client.SendAsync(string.Concat(requests.Select(request => TextOf(request.Kind, request.Id, key))));
                    for (; told < count; told++)
                        await TakeAsync(client, requests[told].Kind, requests[told].Id, key, seen);
                }
                finally
                {
                    // Nothing was said of these.
                    foreach ((Kind kind, string id) in requests.AsSpan(told))
                        InDoubt(kind, id, key);
                }
            }
        }
        catch (Exception e) when (e is IOException or SocketException or CutShortException)
        {
            // It comes again.
        }
    }

    private string TextOf(Kind kind, string id, string key) => kind switch
    {
        Kind.Push => Request("RPUSH", "list", id),
        Kind.Transaction => Request("MULTI") + Request("RPUSH", "list", id) + Request("INCR", _counter) + Request("EXEC"),
        Kind.Script => Request("EVAL", PushScript, "1", "list", id),
        Kind.ScriptByHash => Request("EVALSHA", PushHash, "1", "list", id),
        Kind.Count => Request("INCR", _counter),
        Kind.Set => Request("SET", key, id),
        _ => Request("GET", key),
    };

    private async Task TakeAsync(TestClient client, Kind kind, string id, string key, Seen seen)
    {
        string reply = await ReplyAsync(client);
        switch (kind)
        {
            case Kind.Transaction:
                reply = (await ReplyAsync(client), await ReplyAsync(client), await ReplyAsync(client)).Item3;
                ChaosTold told = reply.StartsWith('*') ? ChaosTold.Kept : ToldBy(reply);
                record.Pushed(id, told);
                record.Counted(_counter, told);
                break;
            case Kind.Count:
                record.Counted(_counter, ToldBy(reply));
                break;
            case Kind.Set:
                record.Set(key, id, ToldBy(reply));
                seen.Set(id, ToldBy(reply));
                break;
            case Kind.Get:
                if (reply.StartsWith('$') && !record.IsFlushed && !seen.MayBe(reply[1..]))
                    throw new ExpectationException($"{key} is '{reply[1..]}' to the client that set it to {seen}");
                break;
            default:
                record.Pushed(id, ToldBy(reply));
                break;
        }
    }

    private void InDoubt(Kind kind, string id, string key)
    {
        if (kind is Kind.Count or Kind.Transaction)
            record.Counted(_counter, ChaosTold.Unknown);
        if (kind == Kind.Set)
            record.Set(key, id, ChaosTold.Unknown);
    }

    // A line, but for what is longer: the text of a bulk behind its $, what is in an array behind its *.
    private async Task<string> ReplyAsync(TestClient client)
    {
        string line = await client.ReadLineAsync(patience) ?? throw new EndOfStreamException();
        if (line.StartsWith('$') && line != "$-1")
            return $"${await client.ReadLineAsync(patience) ?? throw new EndOfStreamException()}";
        if (!line.StartsWith('*') || line == "*-1")
            return line == "$-1" ? "$" : line == "*-1" ? "-EXECABORT" : line;
        var items = new string[int.Parse(line.AsSpan(1), CultureInfo.InvariantCulture)];
        for (int i = 0; i < items.Length; i++)
            items[i] = await ReplyAsync(client);
        return $"*{string.Join(' ', items)}";
    }

    // Of the key that a connection sets: what it may be there.
    private sealed class Seen
    {
        private readonly List<string> _maybe = [""];

        public void Set(string value, ChaosTold told)
        {
            if (told == ChaosTold.Kept)
                _maybe.Clear();
            if (told != ChaosTold.NotKept)
                _maybe.Add(value);
        }

        public bool MayBe(string value) => _maybe.Contains(value);

        public override string ToString() => string.Join(" or ", _maybe.Select(static value => $"'{value}'"));
    }
}
