using Dynode.Broadcast.Framed.Sequence;
using Dynode.Protocols;
using Dynode.Protocols.Redis;

namespace Dynode.UnitTests.Broadcast.Framed.Sequence;

public sealed class RequestTagTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(RedisTransaction.RequestsMax + 2)]
    [InlineData(RequestTag.PayloadMax)]
    public void A_clients_request_has_so_many_replies(int replies)
    {
        var tag = new RequestTag(RequestTag.Of(replies).Bits);
        Assert.Equal(RequestKind.Client, tag.Kind);
        Assert.Equal(replies, tag.Replies);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(1, 15)]
    [InlineData(2, 0)]
    [InlineData(2, RedisRequestReader.DatabasesMax - 1)]
    [InlineData(1, RequestTag.PayloadMax)]
    [InlineData(3, 2)]
    [InlineData(3, 3)]
    public void One_that_asks_for_a_database_or_a_protocol_names_it_and_has_one_reply(int kind, int named)
    {
        var tag = new RequestTag(RequestTag.Of((RequestKind)kind, named).Bits);
        Assert.Equal((RequestKind)kind, tag.Kind);
        Assert.Equal(named, tag.Named);
        Assert.Equal(kind > 1, tag.IsOwn);
        Assert.Equal(1, tag.Replies);
    }

    [Theory]
    [InlineData(ReplyClass.Compared, 1, true, true)]
    [InlineData(ReplyClass.Unordered, 1, true, true)]
    [InlineData(ReplyClass.Outcome, 5, false, true)]
    [InlineData(ReplyClass.Own, 1, true, false)]
    [InlineData(ReplyClass.Compared, 0, false, false)]
    public void How_replies_are_compared_stands_with_a_request_of_the_stream_and_changes_nothing_else(ReplyClass replyClass, int replies, bool isPlain, bool isTold)
    {
        var tag = RequestTag.Of(replies).Of(replyClass);
        Assert.Equal((RequestKind.Client, replies, replies, isPlain), (tag.Kind, tag.Replies, tag.Named, tag.IsPlain));
        Assert.Equal((true, false, replyClass, isTold ? replyClass : null), (tag.IsOfStream, tag.IsLocal, tag.Class, tag.ToldAs));
        Assert.Null(tag.Local.ToldAs);
        Assert.Null(RequestTag.Of(RequestKind.ClientSelect, 1).Of(replyClass).ToldAs);
        Assert.Equal(replyClass == ReplyClass.Compared, tag == RequestTag.Of(replies));
    }

    [Fact]
    public void Whatever_the_protocols_name_fits()
    {
        Assert.InRange(RedisTransaction.RequestsMax + 2, 0, RequestTag.PayloadMax);
        Assert.InRange(RedisRequestReader.DatabasesMax - 1, 0, RequestTag.PayloadMax);
    }
}
