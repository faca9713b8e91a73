using System.Buffers;
using System.Text;
using Dynode.Protocols;
using Dynode.Protocols.Redis;
using Dynode.TestKit;

namespace Dynode.UnitTests.Protocols.Redis;

public sealed class RespReplyHashTests
{
    [Theory]
    [InlineData("+OK\r\n", ":1\r\n", true)]
    [InlineData("-ERR a\r\n", "!3\r\nERR\r\n", true)]
    [InlineData("+OK\r\n", "-ERR a\r\n", false)]
    [InlineData("*2\r\n:1\r\n+OK\r\n", "*2\r\n:2\r\n$1\r\na\r\n", true)]
    [InlineData("*2\r\n:1\r\n+OK\r\n", "*2\r\n:1\r\n-ERR a\r\n", false)]
    [InlineData("*2\r\n-ERR a\r\n:1\r\n", "*2\r\n:1\r\n-ERR a\r\n", false)]
    [InlineData("*2\r\n-ERR a\r\n:1\r\n", "*2\r\n-WRONGTYPE b\r\n:2\r\n", true)]
    [InlineData("|1\r\n+a\r\n+b\r\n*1\r\n-ERR a\r\n", "*1\r\n-ERR b\r\n", true)]
    [InlineData("*-1\r\n", "*0\r\n", true)]
    public void Of_programs_counts_whether_they_failed_and_of_a_transaction_with_one_which_part_of_it(string one, string other, bool isAlike) =>
        Assert.Equal(
            isAlike,
            RespReplyHash.Hash(System.Text.Encoding.ASCII.GetBytes(one), ReplyClass.Outcome) == RespReplyHash.Hash(System.Text.Encoding.ASCII.GetBytes(other), ReplyClass.Outcome));

    [Fact]
    public void Compared_replies_are_their_bytes()
    {
        Assert.Equal(Hash("+OK\r\n", ReplyClass.Compared), Hash("+OK\r\n", ReplyClass.Compared));
        Assert.NotEqual(Hash("+OK\r\n", ReplyClass.Compared), Hash("+KO\r\n", ReplyClass.Compared));
        Assert.NotEqual(Hash("*2\r\n:1\r\n:2\r\n", ReplyClass.Compared), Hash("*2\r\n:2\r\n:1\r\n", ReplyClass.Compared));
    }

    [Theory]
    [InlineData("*2\r\n:1\r\n:2\r\n", "*2\r\n:2\r\n:1\r\n", true)]
    [InlineData("*3\r\n:1\r\n:1\r\n:2\r\n", "*3\r\n:1\r\n:2\r\n:1\r\n", true)]
    [InlineData("*2\r\n*2\r\n:1\r\n:2\r\n$1\r\na\r\n", "*2\r\n$1\r\na\r\n*2\r\n:1\r\n:2\r\n", true)]
    [InlineData("*2\r\n*2\r\n:1\r\n:2\r\n$1\r\na\r\n", "*2\r\n$1\r\na\r\n*2\r\n:2\r\n:1\r\n", false)]
    [InlineData("*3\r\n:1\r\n:1\r\n:2\r\n", "*3\r\n:1\r\n:2\r\n:2\r\n", false)]
    [InlineData("*2\r\n:1\r\n:1\r\n", "*2\r\n:2\r\n:2\r\n", false)]
    [InlineData("*0\r\n", "*-1\r\n", false)]
    [InlineData("*0\r\n", "*1\r\n*0\r\n", false)]
    [InlineData("-ERR a\r\n", "-ERR a\r\n", true)]
    [InlineData("-ERR a\r\n", "-ERR b\r\n", false)]
    public void Unordered_replies_are_the_same_elements_each_as_often(string one, string other, bool equal) =>
        Assert.Equal(equal, Hash(one, ReplyClass.Unordered) == Hash(other, ReplyClass.Unordered));

    [Theory]
    [InlineData("~2\r\n:1\r\n:2\r\n", "~2\r\n:2\r\n:1\r\n", true)]
    [InlineData("~3\r\n:1\r\n:1\r\n:2\r\n", "~3\r\n:1\r\n:2\r\n:2\r\n", false)]
    [InlineData("%2\r\n+a\r\n:1\r\n+b\r\n:2\r\n", "%2\r\n+b\r\n:2\r\n+a\r\n:1\r\n", true)]
    [InlineData("%2\r\n+a\r\n:1\r\n+b\r\n:2\r\n", "%2\r\n+a\r\n:2\r\n+b\r\n:1\r\n", false)]
    [InlineData("%2\r\n+a\r\n:1\r\n+b\r\n:2\r\n", "~4\r\n+a\r\n:1\r\n+b\r\n:2\r\n", false)]
    [InlineData("%0\r\n", "~0\r\n", false)]
    [InlineData("*2\r\n~2\r\n:1\r\n:2\r\n+x\r\n", "*2\r\n~2\r\n:2\r\n:1\r\n+x\r\n", true)]
    [InlineData("*2\r\n~2\r\n:1\r\n:2\r\n+x\r\n", "*2\r\n+x\r\n~2\r\n:1\r\n:2\r\n", false)]
    [InlineData("*2\r\n~1\r\n:1\r\n~1\r\n:2\r\n", "*2\r\n~1\r\n:2\r\n~1\r\n:1\r\n", false)]
    [InlineData("|1\r\n+a\r\n+b\r\n+OK\r\n", "+OK\r\n", true)]
    [InlineData("|1\r\n+a\r\n+b\r\n+OK\r\n", "|1\r\n+c\r\n+d\r\n+OK\r\n", true)]
    [InlineData("|1\r\n+a\r\n+b\r\n+OK\r\n", "+KO\r\n", false)]
    [InlineData("*2\r\n|1\r\n+a\r\n+b\r\n:1\r\n:2\r\n", "*2\r\n:1\r\n|1\r\n+a\r\n+b\r\n:2\r\n", true)]
    [InlineData("~2\r\n|1\r\n+a\r\n+b\r\n:1\r\n:2\r\n", "~2\r\n:2\r\n:1\r\n", true)]
    [InlineData("*2\r\n$2\r\n~1\r\n$3\r\n%%%\r\n", "*2\r\n$2\r\n~1\r\n$3\r\n%%%\r\n", true)]
    [InlineData("*2\r\n$4\r\na\n~1\r\n:1\r\n", "*2\r\n$4\r\na\n~1\r\n:2\r\n", false)]
    public void Sets_and_maps_are_compared_by_their_type_and_attributes_not_at_all(string one, string other, bool equal) =>
        Assert.Equal(equal, Hash(one, ReplyClass.Compared) == Hash(other, ReplyClass.Compared));

    [Fact]
    public void However_deep_sets_and_maps_may_be_in_any_order_and_attributes_anywhere() => Seed.Run(random =>
    {
        for (int i = 0; i < 3_000; i++)
        {
            var tree = ReplyTree.Random(random, depth: 0);
            byte[] one = tree.Write(random);
            byte[] other = tree.Write(random);
            Assert.Equal(RespReplyHash.Hash(one, ReplyClass.Compared), RespReplyHash.Hash(other, ReplyClass.Compared));
            Assert.Equal(RespReplyHash.Hash(one, ReplyClass.Unordered), RespReplyHash.Hash(other, ReplyClass.Unordered));
            byte[] changed = tree.WithOneChanged(random).Write(random);
            Assert.True(
                RespReplyHash.Hash(one, ReplyClass.Compared) != RespReplyHash.Hash(changed, ReplyClass.Compared),
                $"{Trace.Shown(one)}\n{Trace.Shown(changed)}");
        }
    });

    [Theory]
    [InlineData(RespPlainReply.DepthMax - 1, true)]
    [InlineData(RespPlainReply.DepthMax, true)]
    [InlineData(RespPlainReply.DepthMax + 1, false)]
    [InlineData(100_000, false)]
    public void So_deep_a_set_is_looked_into(int levels, bool equal)
    {
        string around = string.Concat(Enumerable.Repeat("*1\r\n", levels - 1));
        Assert.Equal(equal, Hash($"{around}~2\r\n:1\r\n:2\r\n", ReplyClass.Compared) == Hash($"{around}~2\r\n:2\r\n:1\r\n", ReplyClass.Compared));
    }

    [Theory]
    [InlineData("*4\r\n+a\r\n:1\r\n+b\r\n:2\r\n", "*4\r\n+b\r\n:2\r\n+a\r\n:1\r\n", true)]
    [InlineData("*4\r\n+a\r\n:1\r\n+b\r\n:2\r\n", "*4\r\n+b\r\n:1\r\n+a\r\n:2\r\n", false)]
    [InlineData("*4\r\n+a\r\n:1\r\n+b\r\n:2\r\n", "*4\r\n:1\r\n+a\r\n:2\r\n+b\r\n", false)]
    [InlineData("*3\r\n+a\r\n:1\r\n+b\r\n", "*3\r\n+b\r\n+a\r\n:1\r\n", false)]
    [InlineData("$-1\r\n", "$-1\r\n", true)]
    public void Pairs_stay_together(string one, string other, bool equal) =>
        Assert.Equal(equal, Hash(one, ReplyClass.UnorderedPairs) == Hash(other, ReplyClass.UnorderedPairs));

    [Theory]
    [InlineData(":1\r\n", "$-1\r\n", true)]
    [InlineData("*2\r\n:1\r\n:2\r\n", "+OK\r\n", true)]
    [InlineData("-ERR a\r\n", "-BUSY b\r\n", true)]
    [InlineData("+OK\r\n", "-ERR a\r\n", false)]
    public void Of_an_outcome_nothing_counts_but_whether_it_is_an_error(string one, string other, bool equal) =>
        Assert.Equal(equal, Hash(one, ReplyClass.Outcome) == Hash(other, ReplyClass.Outcome));

    [Fact]
    public void Any_shuffle_of_an_array_has_its_hash_and_any_other_element_another() => Seed.Run(random =>
    {
        for (int i = 0; i < 500; i++)
        {
            var pairs = Enumerable.Range(0, random.Next(1, 20)).Select(_ => (Field: RandomReplies.One(random), Value: RandomReplies.One(random))).ToArray();
            var elements = pairs.SelectMany(pair => (byte[][])[pair.Field, pair.Value]).ToArray();
            ulong unordered = RespReplyHash.Hash(Array(elements), ReplyClass.Unordered);
            ulong paired = RespReplyHash.Hash(Array(elements), ReplyClass.UnorderedPairs);
            random.Shuffle(elements);
            Assert.Equal(unordered, RespReplyHash.Hash(Array(elements), ReplyClass.Unordered));
            random.Shuffle(pairs);
            Assert.Equal(paired, RespReplyHash.Hash(Array([.. pairs.SelectMany(pair => (byte[][])[pair.Field, pair.Value])]), ReplyClass.UnorderedPairs));
            elements[random.Next(elements.Length)] = "+another\r\n"u8.ToArray();
            Assert.NotEqual(unordered, RespReplyHash.Hash(Array(elements), ReplyClass.Unordered));
        }
    });

    [Fact]
    public void What_is_no_reply_has_a_hash_all_the_same() => Seed.Run(random =>
    {
        for (int i = 0; i < 5_000; i++)
        {
            byte[] bytes = Pieces.Damage(random, Array([RandomReplies.One(random), RandomReplies.One(random)]));
            foreach (var cls in Enum.GetValues<ReplyClass>())
                Assert.Equal(RespReplyHash.Hash(bytes, cls), RespReplyHash.Hash(bytes, cls));
        }
    });

    private static ulong Hash(string reply, ReplyClass cls) => RespReplyHash.Hash(Encoding.ASCII.GetBytes(reply), cls);

    private static byte[] Array(byte[][] elements)
    {
        var bytes = new ArrayBufferWriter<byte>();
        RespWriter.WriteArrayHeader(bytes, elements.Length);
        foreach (byte[] element in elements) bytes.Write(element);
        return bytes.WrittenSpan.ToArray();
    }
}
