using Dynode.Broadcast.Plane;
using Dynode.Protocols;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Memcached;

/// <summary>
/// A client that sends what one server could answer more or fewer times than the broadcaster counts would shift every later answer
/// of every client. So whatever one sends, its neighbours go on reading their own values, and no server connection ends.
/// </summary>
[Trait("Server", "memcached")]
public sealed class HostileClientTests
{
    private const int Rounds = 600;

    private static readonly string Long = new('k', 251);
    private static readonly string Block = new('b', 3_000);

    private static readonly string[] Others =
    [
        "mn", "me k1", "me azE= b", "verbosity 0", "verbosity", "verbosity x y", "lru mode flat", "lru tune 10 25 0.1 2.0", "lru", "lru mode", "slabs automove 0", "slabs automove 3",
        "slabs reassign 1 2", "slabs reassign x y", "lru_crawler sleep 0", "lru_crawler tocrawl 5", "lru_crawler crawl all", "lru_crawler enable", "lru_crawler metadump all",
        "lru_crawler mgdump all", "cache_memlimit 64", "cache_memlimit x", "extstore item_age 5", "stats", "stats items", "stats slabs", "stats sizes", "stats conns", "stats reset",
        "stats extstore", "stats settings", "stats detail on", "stats detail dump", "stats cachedump 1 1", "stats sizes_enable", "stats nosuch", "watch", "watch fetchers", "shutdown graceful",
        "refresh_certs", "misbehave", "debugtime p", "debugitem x", "version x", "quit", "GET / HTTP/1.1", "get / HTTP/1.1", "delete / HTTP/1.1", "lru HTTP/1.1", "post HTTP/", "mset k 1", "pget k",
    ];

    private static readonly string[] Flags =
    [
        "q", "v", "k", "b", "c", "t", "h", "l", "f", "s", "u", "x", "T30", "N30", "R3", "C5", "E5", "Oq", "q5", "I", "MA", "MI", "M", "MX", "Mzzz", "D5", "Dx", "J5", "Jx", "F7", "Fx", "Tx", "Nx", "Rx", "Cx",
        "T-1", "P", "L/x", "S100", "O" + Block[..31], "O" + Block[..32], "!", "v5", "k=", "\u00e9", "T99999999999999999999", "F4294967296", "D18446744073709551616",
    ];

    [Fact]
    public async Task Whatever_is_known_to_be_answered_otherwise_somewhere_shifts_nobodys_answers()
    {
        using var under = await MemcachedUnderTest.StartAsync(2, MemcachedUnderTest.Settings with { FramedReply = FramedReply.Every, Framing = new ProtocolSettings { AllowsCas = true } });
        using var neighbour = await Neighbour.ConnectAsync(under, 1);
        string[] all = [.. Lines().Distinct()];
        foreach (string attack in all)
        {
            using var client = await under.ConnectAsync();
            await client.SendAsync(TextClient.Bytes($"set k1 0 0 1 noreply\r\n1\r\n{attack}\r\nget k1\r\n"));
            await neighbour.CheckAsync(attack);
            client.End();
            await client.ReadToEndAsync();
            await neighbour.CheckAsync(attack);
        }

        await NothingLostAsync(under, $"{all.Length} attacks");
    }

    [Theory]
    [InlineData(FramedReply.Primary, "-m", "64")]
    [InlineData(FramedReply.Fastest, "-M", "-m", "8")]
    public Task Random_bytes_of_one_client_shift_nobodys_answers(FramedReply reply, params string[] arguments) => Seed.RunAsync(async random =>
    {
        using var under = await MemcachedUnderTest.StartAsync(2, MemcachedUnderTest.Settings with { FramedReply = reply, Framing = new ProtocolSettings { AllowsCas = random.Next(2) == 0 } }, arguments);
        using var neighbour = await Neighbour.ConnectAsync(under, 1);
        using var second = await Neighbour.ConnectAsync(under, 2);
        for (int round = 0; round < Rounds; round++)
        {
            using var client = await under.ConnectAsync();
            string stream = DamagedText.Of(random, "set k1 0 0 1\r\n", string.Concat(Enumerable.Range(0, random.Next(1, 12)).Select(_ => RandomRequest(random))));
            var checks = second.CheckAsync(stream);
            await SendAsync(client, stream, random);
            await checks;
            await neighbour.CheckAsync(stream);
            if (random.Next(4) == 0)
                client.Reset();
        }

        await NothingLostAsync(under, $"{Rounds} bursts, {under.Broadcaster.Snapshot.Malformed} clients closed, {under.Broadcaster.Snapshot.Requests} requests");
    });

    private static async Task SendAsync(TextClient client, string stream, Random random)
    {
        try
        {
            await client.SendCutAsync(TextClient.Bytes(stream), random);
        }
        catch (System.Net.Sockets.SocketException)
        {
            // It was closed for what it had sent.
        }
    }

    private static async Task NothingLostAsync(MemcachedUnderTest under, string what)
    {
        await under.SettledAsync();
        Assert.All(under.Broadcaster.Snapshot.Backends, backend => Assert.True(backend is { ConnectionsLost: 0, DroppedRequests: 0, Repeats: 0 }, under.Broadcaster.Dump()));
        TestContext.Current.TestOutputHelper?.WriteLine($"{what}; divergences {string.Join(", ", under.Broadcaster.Snapshot.Backends.Select(backend => backend.Divergences))} {string.Join("; ", under.Broadcaster.Log.Of(1508))}");
    }

    private static IEnumerable<string> Lines()
    {
        string[] lengths = ["-1", "+1", "0x1", "1.0", "00000000001", "01", "1048577", "2147483646", "2147483648", "4294967297", "18446744073709551617", "", "1 noreply noreply", "1 x", "1 0", "1 noreply x"];
        foreach (string verb in new[] { "set", "add", "append", "cas" })
        {
            foreach (string length in lengths) yield return $"{verb} k1 0 0 {length}{(verb == "cas" ? " 5" : "")}\r\nx";
            foreach (string head in new[] { "k1 x 0", "k1 0 x", "k1 -1 0", "k1 4294967296 0", "k1 0 4294967296", "k1 0 -1", Long + " 0 0", "noreply 0 0", "k\0 0 0", "k\t1 0 0", "k1  0  0", " k1 0 0" })
                yield return $"{verb} {head} 1{(verb == "cas" ? " 5" : "")}\r\nx";
        }

        foreach (string length in lengths.Where(length => length.Length > 0 && !length.Contains(' ', StringComparison.Ordinal)))
            yield return $"ms k1 {length}\r\nx";
        foreach (string flag in Flags)
        {
            foreach (string verb in new[] { "mg k1", "ms k1 1", "md k1", "ma k1", "mg azE= b", "ms azE= 1 b", "mg none" }) yield return $"{verb} {flag}{(verb.StartsWith("ms", StringComparison.Ordinal) ? "\r\nx" : "")}";
        }

        foreach (string key in new[] { Long, "!!! b", "a b", "==== b", new string('Q', 340) + " b", new string('Q', 248) + " b", "k\u0001", "\u00ff", "k1 b", "YQ b" })
        {
            foreach (string verb in new[] { "mg", "md", "ma", "me", "gat 0", "get", "gets", "delete", "touch", "incr" }) yield return $"{verb} {key}";
            yield return $"ms {key.Split(' ')[0]} 1 {string.Join(' ', key.Split(' ')[1..])}\r\nx";
        }

        foreach (string verb in new[] { "incr k1", "decr k1", "touch k1", "delete k1", "gat" })
        {
            foreach (string argument in new[] { "", "x", "-1", "18446744073709551616", "1 2", "1 noreply noreply", "noreply", "noreply noreply", "0 noreply", "4294967296", "1 k1 k1 noreply" }) yield return $"{verb} {argument}";
        }

        foreach (int length in new[] { 2_044, 2_045, 2_046, 2_047, 2_048, 2_049, 5_000, 70_000 })
        {
            yield return $"get {new string(' ', length)}k1";
            yield return $"get {string.Concat(Enumerable.Repeat("k1 ", length / 3))}";
            yield return $"gat 0 {string.Concat(Enumerable.Repeat("k1 ", length / 3))}";
            yield return $"mg k1 {new string(' ', length)}v";
            yield return $"nosuch {new string('x', length)}";
            yield return $"set k1 0 0 {new string(' ', length)}1\r\nx";
            yield return $"verbosity {new string('1', length)}";
        }

        yield return $"get {string.Concat(Enumerable.Repeat("k1 ", 1_000))}{Long} k1";
        yield return $"get {string.Concat(Enumerable.Repeat("k1 ", 40_000))}noreply";
        yield return $"mg k1 {string.Join(' ', Enumerable.Repeat("v", 40))}";
        foreach (string line in Others)
        {
            yield return line;
            yield return line + " noreply";
        }

        foreach (string line in new[] { "", " ", "\n", "\r", "noreply", "q", "\0", "get\tk1", "get k1\r", "get k1\0", "get\0k1", "MG k1 v", "se", "sett k1 0 0 1", "g", "m", "mgx k1", "ms", "ms k1", "mg", "md", "ma", "me" }) yield return line;
    }

    private static string RandomRequest(Random random)
    {
        string key = DamagedText.Pick(random, "k1", "k2", "n1", "noreply", "azE=", new string('k', 249 + random.Next(3)));
        string noReply = DamagedText.Pick(random, "", "", " noreply");
        string end = DamagedText.Pick(random, "\r\n", "\r\n", "\n");
        string value = DamagedText.Pick(random, "", "1", "77", "hello", "delete k1\r\n", "END\r\n", Block, random.Next(40) == 0 ? new string('x', 1_100_000) : "VALUE n1 0 1\r\nx\r\nEND\r\n");
        return random.Next(9) switch
        {
            0 => $"{DamagedText.Pick(random, "get", "gets", "gat 0", "gats 0")} {string.Join(' ', Enumerable.Repeat(key, random.Next(1, 30)))}{end}",
            1 or 2 => $"{DamagedText.Pick(random, "set", "add", "replace", "append", "prepend")} {key} {random.Next(9)} {random.Next(-1, 9)} {value.Length}{noReply}{end}{value}\r\n",
            3 => $"cas {key} 0 0 {value.Length} {random.Next(200)}{noReply}{end}{value}\r\n",
            4 => $"ms {key} {value.Length}{SomeFlags(random)}{end}{value}\r\n",
            5 => $"{DamagedText.Pick(random, "mg", "md", "ma")} {key}{SomeFlags(random)}{end}",
            6 => $"{DamagedText.Pick(random, "incr", "decr", "touch", "delete")} {key} {random.Next(5)}{noReply}{end}",
            7 => DamagedText.Pick(random, [.. Lines().Where(line => line.Length < 300)]) + end,
            _ => DamagedText.Pick(random, Others) + noReply + end,
        };
    }

    private static string SomeFlags(Random random) => string.Concat(Enumerable.Range(0, random.Next(6)).Select(_ => " " + DamagedText.Pick(random, Flags)));

    /// <summary>A client that does nothing wrong, and whose answers say that they are its own.</summary>
    private sealed class Neighbour(TextClient client, int number) : IDisposable
    {
        private int _asked;

        public static async Task<Neighbour> ConnectAsync(MemcachedUnderTest under, int number) => new(await under.ConnectAsync(), number);

        public async Task CheckAsync(string after)
        {
            string value = $"{number}-{_asked++}";
            string key = $"neighbour{number}";
            string expected = $"STORED\r\nVA {value.Length} k{key} O{value}\r\n{value}\r\nVALUE {key} 7 {value.Length}\r\n{value}\r\nEND\r\nHD O{value}x\r\n";
            string said = await client.AskAsync($"set {key} 7 0 {value.Length}\r\n{value}\r\nmg {key} v k O{value}\r\nget {key}\r\nmg {key} O{value}x\r\nmg nobody q O1\r\n");
            Assert.True(expected == said, $"neighbour {number} reads '{said}' instead of '{expected}', after {(after.Length > 2_000 ? after[..2_000] : after)}");
        }

        public void Dispose() => client.Dispose();
    }
}
