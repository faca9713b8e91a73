using Dynode.Broadcast.Framed.Sequence;
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
    public void One_that_selects_a_database_names_it_and_has_one_reply(int kind, int database)
    {
        var tag = new RequestTag(RequestTag.Of((RequestKind)kind, database).Bits);
        Assert.Equal((RequestKind)kind, tag.Kind);
        Assert.Equal(database, tag.Database);
        Assert.Equal(1, tag.Replies);
    }

    [Fact]
    public void Whatever_the_protocols_name_fits()
    {
        Assert.InRange(RedisTransaction.RequestsMax + 2, 0, RequestTag.PayloadMax);
        Assert.InRange(RedisRequestReader.DatabasesMax - 1, 0, RequestTag.PayloadMax);
    }
}
