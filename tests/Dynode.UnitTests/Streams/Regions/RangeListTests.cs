using System.Text;
using Dynode.Streams.Regions;

namespace Dynode.UnitTests.Streams.Regions;

public sealed class RangeListTests
{
    private static readonly RangeReplies One = new(1_024, 0xFEDC_BA98_7654_3210, 7, 2, 1);
    private static readonly RangeReplies Two = new(2_048, 0, int.MaxValue, 0, ulong.MaxValue);

    [Fact]
    public void What_is_written_is_read()
    {
        var list = RangeList.Read(new RangeList("a1", "s", [One, Two]).Write())!;
        Assert.Equal(("a1", "s"), (list.Broadcaster, list.Stream));
        Assert.Equal([One, Two], list.Ranges);
    }

    [Fact]
    public void The_longest_fits_into_a_value()
    {
        var ranges = Enumerable.Range(0, RangeList.Max).Select(static i => new RangeReplies(ulong.MaxValue - 1_023 - (1_024UL * (ulong)i), ulong.MaxValue, int.MaxValue, 3, ulong.MaxValue));
        byte[] value = new RangeList(new string('b', 16), new string('s', 16), [.. ranges]).Write();
        Assert.InRange(value.Length, 1, 16 << 10);
        Assert.Equal(RangeList.Max, RangeList.Read(value)!.Ranges.Length);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"version":2,"broadcaster":"a","stream":"s","ranges":[]}""")]
    [InlineData("""{"version":1,"stream":"s","ranges":[]}""")]
    [InlineData("""{"version":1,"broadcaster":"a","ranges":[]}""")]
    [InlineData("""{"version":1,"broadcaster":"","stream":"s","ranges":[]}""")]
    public void What_is_none_is_none(string text) => Assert.Null(RangeList.Read(Encoding.UTF8.GetBytes(text)));

    [Theory]
    [InlineData("""[1024,1,0,"0","0"]""", true)]
    [InlineData("""[1025,1,0,"0","0"]""", false)]
    [InlineData("""[1024,0,0,"0","0"]""", false)]
    [InlineData("""[1024,1,256,"0","0"]""", false)]
    [InlineData("""[1024,1,0,"x","0"]""", false)]
    [InlineData("""[1024,1,0,"0",0]""", false)]
    [InlineData("""[1024,1,0,"0"]""", false)]
    [InlineData("""[1024,1,0,"0","0",{"later":[1]}]""", false)]
    [InlineData("""[[1],{"a":[2]},0,"0","0"]""", false)]
    [InlineData("[]", false)]
    public void A_range_that_is_none_is_passed_over_and_the_others_are_not(string range, bool isRead)
    {
        string text = $$"""{"version":1,"later":{"a":[1]},"broadcaster":"a","stream":"s","ranges":[{{range}},[2048,1,0,"0","0"]]}""";
        var list = RangeList.Read(Encoding.UTF8.GetBytes(text))!;
        Assert.Equal(isRead ? 2 : 1, list.Ranges.Length);
        Assert.Equal(2_048UL, list.Ranges[^1].First);
    }
}
