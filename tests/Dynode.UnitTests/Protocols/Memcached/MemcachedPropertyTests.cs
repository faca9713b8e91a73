using Dynode.Protocols;
using Dynode.Protocols.Memcached;
using Dynode.TestKit;
using static Dynode.UnitTests.Protocols.Line.ReaderRun;

namespace Dynode.UnitTests.Protocols.Memcached;

/// <summary>The readers against <see cref="MemcachedOracle"/>: samples split everywhere, random pipelines, and what is left of them after damage.</summary>
public sealed class MemcachedPropertyTests
{
    private const string Nothing = "";

    private static readonly MemcachedProtocol Protocol = new();

    private static readonly ProtocolSettings[] Settings =
    [
        new() { RequestBytesMax = 1 << 20 },
        new() { RequestBytesMax = 60, AllowsCas = true },
    ];

    public static TheoryData<string> RequestSamples => [.. MemcachedSamples.Requests];

    public static TheoryData<string> ReplySamples => [.. MemcachedSamples.Replies];

    [Theory]
    [MemberData(nameof(RequestSamples))]
    public void A_request_means_the_same_however_it_is_cut(string stream)
    {
        foreach (var settings in Settings)
        {
            var expected = MemcachedOracle.Requests(stream, settings);
            foreach (var pieces in SplitEverywhere.Of(Bytes(stream)))
                Agree(expected, Requests(Protocol, settings, pieces));
        }
    }

    [Theory]
    [MemberData(nameof(ReplySamples))]
    public void A_reply_ends_at_the_same_byte_however_it_is_cut(string stream)
    {
        var expected = MemcachedOracle.Replies(stream);
        foreach (var pieces in SplitEverywhere.Of(Bytes(stream)))
            Agree(expected, Replies(Protocol, pieces));
    }

    [Fact]
    public void Random_pipelines_cut_at_random_are_read_as_the_oracle_reads_them() =>
        Seed.Run(random =>
        {
            for (int round = 0; round < 1_000; round++)
            {
                string requests = RandomRequests(random);
                Agree(MemcachedOracle.Requests(requests, Settings[0]), Requests(Protocol, Settings[0], Cut(Bytes(requests), random)));
                string replies = RandomReplies(random);
                Agree(MemcachedOracle.Replies(replies), Replies(Protocol, Cut(Bytes(replies), random)));
            }
        });

    [Fact]
    public void Damaged_requests_are_read_as_the_oracle_reads_them_and_the_same_however_they_are_cut() =>
        Seed.Run(random =>
        {
            for (int round = 0; round < 6_000; round++)
            {
                string stream = Damaged(random, random.Next(2) == 0 ? RandomRequests(random) : MemcachedSamples.Requests[random.Next(MemcachedSamples.Requests.Length)]);
                var settings = Settings[random.Next(2)];
                var whole = Requests(Protocol, settings, [Bytes(stream)]);
                Agree(MemcachedOracle.Requests(stream, settings), whole);
                Assert.Equal(whole, Requests(Protocol, settings, Cut(Bytes(stream), random)));
            }
        });

    [Fact]
    public void Damaged_replies_are_read_as_the_oracle_reads_them_and_the_same_however_they_are_cut() =>
        Seed.Run(random =>
        {
            for (int round = 0; round < 6_000; round++)
            {
                string stream = Damaged(random, random.Next(2) == 0 ? RandomReplies(random) : MemcachedSamples.Replies[random.Next(MemcachedSamples.Replies.Length)]);
                var whole = Replies(Protocol, [Bytes(stream)]);
                Agree(MemcachedOracle.Replies(stream), whole);
                Assert.Equal(whole, Replies(Protocol, Cut(Bytes(stream), random)));
            }
        });

    [Fact]
    public void No_line_that_is_forwarded_ends_with_noreply_or_has_a_q() =>
        Seed.Run(random =>
        {
            for (int round = 0; round < 4_000; round++)
            {
                string stream = Damaged(random, RandomRequests(random));
                foreach (string said in Requests(Protocol, Settings[1], [Bytes(stream)]).Where(said => said.StartsWith("forward", StringComparison.Ordinal)))
                {
                    string[] tokens = said[(said.IndexOf(": ", StringComparison.Ordinal) + 2)..].Split('\n')[0].TrimEnd('\r').Split(' ', StringSplitOptions.RemoveEmptyEntries);
                    Assert.NotEqual("noreply", tokens[0][0] == 'm' ? Nothing : tokens[^1]);
                    if (tokens[0] is "mg" or "ms" or "md" or "ma") Assert.DoesNotContain(tokens[2..], token => token[0] == 'q');
                }
            }
        });

    /// <summary>Where the oracle does not care for the wording, it says how it begins.</summary>
    private static void Agree(List<string> expected, List<string> said)
    {
        for (int i = 0; i < Math.Min(expected.Count, said.Count); i++)
        {
            bool begins = expected[i] == "malformed" || expected[i].StartsWith("answer: CLIENT_ERROR dynode: ", StringComparison.Ordinal);
            if (begins) Assert.StartsWith(expected[i], said[i], StringComparison.Ordinal);
            else Assert.Equal(expected[i], said[i]);
        }

        Assert.Equal(expected.Count, said.Count);
    }

    private static string RandomRequests(Random random) => string.Concat(Enumerable.Range(0, random.Next(1, 8)).Select(_ => RandomRequest(random)));

    private static string RandomRequest(Random random)
    {
        string key = Pick(random, "a", "key", "noreply", "q", new string('k', 249 + random.Next(3)));
        string noReply = Pick(random, Nothing, Nothing, " noreply");
        string end = Pick(random, "\r\n", "\r\n", "\n");
        string value = Value(random);
        switch (random.Next(9))
        {
            case 0:
                return $"{Pick(random, "get", "gets", "gat 0", "gats 0")} {string.Join(' ', Enumerable.Repeat(key, random.Next(1, 5)))}{end}";
            case 1:
            case 2:
                return $"{Pick(random, "set", "add", "replace", "append", "prepend")} {key} {random.Next(9)} {random.Next(-1, 9)} {value.Length}{noReply}{end}{value}\r\n";
            case 3:
                return $"cas {key} 0 0 {value.Length} {random.Next()}{noReply}{end}{value}\r\n";
            case 4:
                return $"ms {key} {value.Length}{Flags(random)}{end}{value}\r\n";
            case 5:
                return $"{Pick(random, "mg", "md", "ma")} {key}{Flags(random)}{end}";
            case 6:
                return $"{Pick(random, "incr", "decr", "touch")} {key} {random.Next(99)}{noReply}{end}";
            case 7:
                return $"delete {key}{Pick(random, Nothing, " 0")}{noReply}{end}";
            default:
                return Pick(random, "mn", "version", "stats", "stats items", "flush_all", "flush_all 5", "verbosity 1", "lru_crawler enable") + noReply + end;
        }
    }

    private static string RandomReplies(Random random) => string.Concat(Enumerable.Range(0, random.Next(1, 8)).Select(_ => RandomReply(random)));

    private static string RandomReply(Random random)
    {
        string value = Value(random);
        switch (random.Next(4))
        {
            case 0:
                return string.Concat(Enumerable.Repeat($"VALUE {Pick(random, "a", "END", "STAT")} 0 {value.Length}{Pick(random, Nothing, " 5")}\r\n{value}\r\n", random.Next(4))) + "END\r\n";
            case 1:
                return string.Concat(Enumerable.Repeat("STAT a b\r\n", random.Next(4))) + "END\r\n";
            case 2:
                return $"VA {value.Length}{Flags(random)}\r\n{value}\r\n";
            default:
                return Pick(random, "STORED", "7", "HD", "EN", "NF", "ERROR", "SERVER_ERROR x", "OK") + "\r\n";
        }
    }

    private static string Flags(Random random) =>
        string.Concat(Enumerable.Range(0, random.Next(5)).Select(_ => " " + Pick(random, "q", "v", "k", "b", "c", "t", "h", "l", "f", "T30", "N30", "R3", "C5", "E5", "Oq", "q5", "I")));

    private static string Value(Random random) =>
        Pick(random, Nothing, "x", "hello", "\r\n", "flush_all\r\n", "\r\nEND\r\n", new string('v', random.Next(200)));

    /// <summary>A few bytes or words gone, doubled, changed or put in.</summary>
    private static string Damaged(Random random, string stream)
    {
        for (int i = random.Next(1, 5); i > 0 && stream.Length > 0; i--)
        {
            int at = random.Next(stream.Length);
            int length = Math.Min(random.Next(1, 6), stream.Length - at);
            stream = random.Next(5) switch
            {
                0 => stream.Remove(at, length),
                1 => stream.Insert(at, stream.Substring(at, length)),
                2 => stream[..at] + (char)random.Next(256) + stream[(at + 1)..],
                3 => stream.Insert(at, Pick(random, " ", "\r", "\n", "\r\n", " noreply", " q", "\0", "\t", "5", "-", "noreply ", "set a 0 0 1\r\n", "END\r\n")),
                _ => stream[..at],
            };
        }

        return stream;
    }

    private static string Pick(Random random, params string[] of) => of[random.Next(of.Length)];
}
