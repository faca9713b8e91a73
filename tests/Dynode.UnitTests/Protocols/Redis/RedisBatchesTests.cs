using System.Text;
using Dynode.Protocols;
using Dynode.Protocols.Redis;

namespace Dynode.UnitTests.Protocols.Redis;

public sealed class RedisBatchesTests
{
    private static readonly RedisBatches Batches = RedisBatches.Instance;

    [Theory]
    [InlineData("*2\r\n$3\r\nGET\r\n$1\r\nx\r\n", BatchNature.Batched)]
    [InlineData("*2\r\n$3\r\nget\r\n$1\r\nx\r\n", BatchNature.Batched)]
    [InlineData("*1\r\n$3\r\nGET\r\n", BatchNature.Apart)]
    [InlineData("*3\r\n$3\r\nGET\r\n$1\r\nx\r\n$1\r\ny\r\n", BatchNature.Apart)]
    [InlineData("*3\r\n$6\r\nCONFIG\r\n$3\r\nGET\r\n$1\r\n*\r\n", BatchNature.Batched)]
    [InlineData("*3\r\n$6\r\nCONFIG\r\n$3\r\nGOT\r\n$1\r\n*\r\n", BatchNature.Apart)]
    [InlineData("*1\r\n$4\r\nSAVE\r\n", BatchNature.Apart)]
    [InlineData("*1\r\n$6\r\nNOSUCH\r\n", BatchNature.Unknown)]
    [InlineData("*2\r\n$9\r\nFT.SEARCH\r\n$1\r\nx\r\n", BatchNature.Unknown)]
    [InlineData("*2\r\n$6\r\nSELECT\r\n$1\r\n1\r\n", BatchNature.Unknown)]
    [InlineData("*2\r\n$5\r\nWATCH\r\n$1\r\nx\r\n", BatchNature.Unknown)]
    [InlineData("", BatchNature.Apart)]
    public void What_would_abort_a_batch_stands_apart(string request, object nature) => Assert.Equal((BatchNature)nature, Batches.NatureOf(Bytes(request), out _));

    [Theory]
    [InlineData("RPUSH l a|GET x", BatchNature.Batched)]
    [InlineData("", BatchNature.Batched)]
    [InlineData("RPUSH l a|GET", BatchNature.Apart)]
    [InlineData("RPUSH l a|NOSUCH", BatchNature.Unknown)]
    public void Of_a_transaction_the_body_goes_into_a_batch(string body, object nature)
    {
        string inner = string.Concat(body.Split('|', StringSplitOptions.RemoveEmptyEntries).Select(Request));
        string whole = Request("multi") + inner + Request("Exec");
        Assert.True(Batches.TryReadTransaction(Bytes(whole), out var range, out var found));
        Assert.Equal((BatchNature)nature, found);
        Assert.Equal(inner, whole[range]);
        for (int cut = 0; cut < whole.Length; cut++)
            Assert.False(Batches.TryReadTransaction(Bytes(whole[..cut]), out _, out _));
        Assert.False(Batches.TryReadTransaction(Bytes(whole + Request("PING")), out _, out _));
    }

    [Theory]
    [InlineData("8.0.10", false), InlineData("8.0.11", true), InlineData("8.0.12", true)]
    [InlineData("8.1.9", false), InlineData("8.1.10", true), InlineData("8.1.11", true)]
    [InlineData("9.0.5", false), InlineData("9.0.6", true), InlineData("9.0.7", true)]
    [InlineData("7.2.99", false), InlineData("8.2.10", false), InlineData("9.1.6", false), InlineData("10.0.6", false), InlineData("255.255.255", false)]
    [InlineData("", false), InlineData("8", false), InlineData("8.1", false), InlineData("8.1.", false), InlineData("8.1.10.1", false), InlineData("8.1.10-rc1", false)]
    [InlineData("v8.1.10", false), InlineData("8.1.x", false), InlineData("-8.1.10", false), InlineData("8.1.99999999999", false), InlineData(" 8.1.10", false)]
    public void A_file_that_ends_within_a_batch_is_written_anew_unless_the_server_is_known_to_cut_it(string valkey, bool isCut)
    {
        Assert.Equal(isCut, RedisTornFiles.AreCut(valkey));
        string info = $"redis_version:7.2.4\r\nvalkey_version:{valkey}\r\nrun_id:a\r\n";
        var keeps = Batches.ReadWho(Bytes($"${info.Length + 15}\r\n{info}aof_enabled:1\r\n\r\n"));
        Assert.Equal((true, isCut, !isCut), (keeps.KeepsFile, keeps.CutsFile, keeps.MayHaveTornFile));
        Assert.False(Batches.ReadWho(Bytes($"${info.Length}\r\n{info}\r\n")).MayHaveTornFile);
    }

    [Theory]
    [InlineData("redis_version:7.0.15"), InlineData("redis_version:8.1.10"), InlineData("redis_version:9.0.6"), InlineData("redis_version:"), InlineData("")]
    public void Of_redis_no_version_is_known_to_cut_it(string version)
    {
        string info = $"{version}\r\naof_enabled:1\r\n";
        Assert.True(Batches.ReadWho(Bytes($"${info.Length}\r\n{info}\r\n")).MayHaveTornFile);
    }

    [Fact]
    public void A_batchs_list_is_told_by_its_first_line_and_its_elements_one_by_one_wherever_it_is_split()
    {
        const string Text = "+OK\r\n:1\r\n+OK\r\n+QUEUED\r\n*3\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n:7\r\n+OK\r\n";
        string[] wanted = ["+OK\r\n", ":1\r\n", "+OK\r\n", "+QUEUED\r\n", "*3\r\n", "*2\r\n$1\r\na\r\n$1\r\nb\r\n", ":7\r\n", "+OK\r\n"];
        for (int first = 0; first <= Text.Length; first++)
        {
            for (int second = first; second <= Text.Length; second++)
                Assert.Equal(wanted, Units(Text[..first], Text[first..second], Text[second..]));
        }
    }

    [Theory]
    [InlineData("*-1\r\n", BatchReply.NotDone, 0)]
    [InlineData("_\r\n", BatchReply.NotDone, 0)]
    [InlineData("*0\r\n", BatchReply.Replies, 0)]
    [InlineData("*12\r\n", BatchReply.Replies, 12)]
    [InlineData("+OK\r\n", BatchReply.Done, 0)]
    [InlineData("+QUEUED\r\n", BatchReply.Queued, 0)]
    [InlineData(":1\r\n", BatchReply.Same, 0)]
    [InlineData(":0\r\n", BatchReply.Changed, 0)]
    [InlineData(":2\r\n", BatchReply.Other, 0)]
    [InlineData("-EXECABORT x\r\n", BatchReply.Error, 0)]
    [InlineData("*-2\r\n", BatchReply.Other, 0)]
    [InlineData("", BatchReply.Other, 0)]
    public void What_a_server_says_of_a_batch(string reply, object what, int count)
    {
        Assert.Equal((BatchReply)what, Batches.Read(Bytes(reply), out int found));
        Assert.Equal(count, found);
    }

    [Fact]
    public void What_never_may_stand_in_a_batch_is_in_no_list()
    {
        string[] never = ["MULTI", "EXEC", "DISCARD", "WATCH", "UNWATCH", "RESET", "QUIT", "HELLO", "SELECT", "AUTH", "SUBSCRIBE", "MONITOR", "SYNC", "PSYNC", "REPLCONF", "SAVE", "SHUTDOWN"];
        Assert.Empty(never.Intersect(RedisArities.Listed.Keys.Select(static name => name.Split('|')[0])));
        Assert.DoesNotContain(RedisArities.Listed.Keys, static name => name.StartsWith("CLIENT", StringComparison.Ordinal));
    }

    private static List<string> Units(params string[] pieces)
    {
        var reader = Batches.NewReplyReader();
        var units = new List<string>();
        string unit = "";
        foreach (string piece in pieces)
        {
            byte[] bytes = Bytes(piece);
            for (int at = 0; at < bytes.Length;)
            {
                reader.IsHeadNext = units.Count == 4;
                var status = reader.Advance(bytes.AsSpan(at), out int consumed);
                unit += piece.Substring(at, consumed);
                at += consumed;
                if (status != FrameStatus.Complete)
                    break;
                units.Add(unit);
                unit = "";
            }
        }

        return units;
    }

    private static string Request(string line)
    {
        string[] words = line.Split(' ');
        return $"*{words.Length}\r\n" + string.Concat(words.Select(static word => $"${word.Length}\r\n{word}\r\n"));
    }

    private static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);
}
