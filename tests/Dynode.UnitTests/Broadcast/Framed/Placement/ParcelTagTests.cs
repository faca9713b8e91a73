using Dynode.Broadcast.Framed.Placement;
using Dynode.Protocols;

namespace Dynode.UnitTests.Broadcast.Framed.Placement;

public sealed class ParcelTagTests
{
    private const int RepliesMax = (1 << 20) - 1;

    [Fact]
    public void What_others_must_know_of_a_request_is_in_its_tag_and_nothing_else_of_it()
    {
        foreach (var replyClass in Enum.GetValues<ReplyClass>())
        {
            foreach (int replies in (int[])[0, 1, 2, 1_000, RepliesMax - 1, RepliesMax])
            {
                foreach (int database in (int[])[0, 1, 15, int.MaxValue])
                {
                    var verdict = new RequestVerdict { Replies = replies, Class = replyClass, Database = database, Hide = RequestVerdict.HidesAll, Protocol = 3, Selects = 4, Cursor = 5, Closes = true };
                    var tag = ParcelTag.Of(verdict);
                    Assert.True(tag.IsKnown);
                    Assert.Equal(new RequestVerdict { Replies = replies, Class = replyClass, Database = database }, tag.Verdict((uint)database));
                }
            }
        }
    }

    [Theory]
    [InlineData(0u, true)]
    [InlineData(((uint)ReplyClass.Own << 20) | RepliesMax, true)]
    [InlineData(((uint)ReplyClass.Own + 1) << 20, false)]
    [InlineData(7u << 20, false)]
    [InlineData(1u << 23, false)]
    [InlineData(1u << 31, false)]
    [InlineData(uint.MaxValue, false)]
    public void What_no_publisher_of_this_version_writes_is_not_known(uint bits, bool isKnown) => Assert.Equal(isKnown, new ParcelTag(bits).IsKnown);
}
