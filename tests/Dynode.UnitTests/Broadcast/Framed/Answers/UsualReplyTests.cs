using Dynode.Broadcast.Framed.Answers;
using Dynode.Protocols;

namespace Dynode.UnitTests.Broadcast.Framed.Answers;

public sealed class UsualReplyTests
{
    [Theory]
    [InlineData(1, true)]
    [InlineData(31, true)]
    [InlineData(32, true)]
    [InlineData(33, false)]
    public void It_keeps_up_to_32_bytes(int length, bool isKept)
    {
        byte[] bytes = [.. Enumerable.Range(0, length).Select(i => (byte)i)];
        var usual = UsualReply.Of(bytes, 7, ReplyClass.Compared);
        Assert.Equal(isKept, !usual.IsNone);
        Assert.Equal(isKept ? bytes : [], usual.Bytes.ToArray());
    }

    [Fact]
    public void Its_hash_serves_where_it_was_taken_in_the_same_way_or_none_is_needed()
    {
        var hashed = UsualReply.Of("+OK\r\n"u8, 7, ReplyClass.Unordered);
        Assert.Equal((7u, 0u), (hashed.HashFor(ReplyClass.Unordered), hashed.HashFor(null)));
        Assert.True(hashed.Serves(ReplyClass.Unordered));
        Assert.True(hashed.Serves(null));
        Assert.False(hashed.Serves(ReplyClass.Compared));

        var unhashed = UsualReply.Of("+OK\r\n"u8, 0, null);
        Assert.True(unhashed.Serves(null));
        Assert.False(unhashed.Serves(ReplyClass.Compared));
        Assert.True(default(UsualReply).IsNone);
    }
}
