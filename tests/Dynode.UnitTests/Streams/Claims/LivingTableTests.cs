using System.Text;
using Dynode.Streams.Claims;

namespace Dynode.UnitTests.Streams.Claims;

/// <summary>Who lives, and what they list, as it lies beside the stream.</summary>
public sealed class LivingTableTests
{
    [Fact]
    public void What_is_written_is_read()
    {
        var table = LivingTable.Empty.With(Line("a", beat: ulong.MaxValue))!.With(Line("b", where: "röst \"1\"\n"))!;
        var read = LivingTable.Read(table.Write())!;
        Assert.Equal(["a", "b"], read.Lines.Select(static line => line.Broadcaster));
        Assert.Equal([0, 1], read.Lines.Select(static line => line.Slot));
        Assert.Equal((ulong.MaxValue, 3UL, (byte)1), (read.Lines[0].Beat, read.Lines[0].List, read.Lines[0].ParcelsTo));
        Assert.Equal("röst \"1\" ", read.Lines[1].Where);
        Assert.False(read.HadData);
        table = (table with { HadData = true }).Without(static line => line.Broadcaster == "a").With(Line("c"))!.With(Line("b", beat: 2))!;
        Assert.True(LivingTable.Read(table.Write())!.HadData);
    }

    [Fact]
    public void Each_has_a_slot_of_its_own_as_long_as_it_lives_and_who_comes_gets_the_lowest_that_is_free()
    {
        var table = LivingTable.Empty;
        for (int i = 0; i < LivingTable.Max; i++)
            table = table.With(Line($"{i}"))!;
        Assert.Equal(Enumerable.Range(0, LivingTable.Max), table.Lines.Select(static line => line.Slot));
        Assert.Null(table.With(Line("one more")));
        Assert.Equal(7, table.With(Line("7", beat: 9))!.Lines.Single(static line => line.Broadcaster == "7").Slot);
        table = table.Without(static line => line.Broadcaster is "11" or "12");
        Assert.Equal(LivingTable.Max - 2, table.Lines.Length);
        Assert.Equal(11, table.With(Line("one more"))!.Lines[^1].Slot);
        Assert.True(table.With(Line("one more"))!.Write().Length < 64 << 10);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{\"broadcasters\":[")]
    [InlineData("{\"broadcasters\":[{\"broadcaster\":\"\\ud800\"}]}")]
    public void What_is_none_is_none(string value) => Assert.Null(LivingTable.Read(Encoding.UTF8.GetBytes(value)));

    [Theory]
    [InlineData("{\"broadcaster\":\"\",\"slot\":1}")]
    [InlineData("{\"broadcaster\":\"b\"}")]
    [InlineData("{\"broadcaster\":\"b\",\"slot\":-1}")]
    [InlineData("{\"broadcaster\":\"b\",\"slot\":64}")]
    [InlineData("{\"broadcaster\":\"b\",\"slot\":0}")]
    [InlineData("{\"broadcaster\":\"a\",\"slot\":1}")]
    [InlineData("{\"broadcaster\":{\"of\":[]},\"slot\":\"1\"}")]
    public void A_line_that_says_less_than_it_must_or_what_another_says_is_passed_over(string line)
    {
        var read = LivingTable.Read(Encoding.UTF8.GetBytes($"{{\"version\":2,\"later\":[{{}}],\"broadcasters\":[{{\"broadcaster\":\"a\",\"slot\":0,\"beat\":5,\"new\":{{}}}},{line}]}}"))!;
        Assert.Equal(new LivingLine("a", "?", 5, 0, 0, 1), Assert.Single(read.Lines));
    }

    [Fact]
    public void A_list_that_is_written_is_read_with_its_order()
    {
        var list = ServerList.Of("a", ["10.0.0.1:1", "10.0.0.2:1", "10.0.0.1:1", "10.0.0.3:1"]);
        var read = ServerList.Read(list.Write())!;
        Assert.Equal("a", read.Broadcaster);
        Assert.Equal(3, read.Servers.Count);
        Assert.Equal((0, 1, 2), (read.Servers[ServerList.HashOf("10.0.0.1:1")], read.Servers[ServerList.HashOf("10.0.0.2:1")], read.Servers[ServerList.HashOf("10.0.0.3:1")]));
    }

    /// <summary>What a broadcaster of the version before wrote, and reads: it knows nothing of servers that are away.</summary>
    [Fact]
    public void A_list_of_the_text_before_is_read_and_one_of_now_has_all_that_that_has()
    {
        var before = ServerList.Read("{\"version\":1,\"broadcaster\":\"a\",\"servers\":\"AQAAAAAAAAACAAAAAAAAAA==\"}"u8)!;
        Assert.Equal((0, 1, 0), (before.Servers[1], before.Servers[2], before.Away.Count));
        Assert.Equal("{\"version\":1,\"broadcaster\":\"a\",\"servers\":\"AQAAAAAAAAACAAAAAAAAAA==\"}", Encoding.UTF8.GetString(before.Write()));
        byte[] now = (before with { Away = [2] }).Write();
        Assert.Equal("{\"version\":1,\"broadcaster\":\"a\",\"servers\":\"AQAAAAAAAAACAAAAAAAAAA==\",\"away\":\"AgAAAAAAAAA=\"}", Encoding.UTF8.GetString(now));
        Assert.Equal([2ul], ServerList.Read(now)!.Away);
    }

    [Theory]
    [InlineData("AAAA")]
    [InlineData("!")]
    [InlineData("BQAAAAAAAAA=")]
    public void What_is_away_and_no_hash_of_a_server_in_the_list_is_passed_over(string away) =>
        Assert.Empty(ServerList.Read(Encoding.UTF8.GetBytes($"{{\"broadcaster\":\"a\",\"servers\":\"AQAAAAAAAAACAAAAAAAAAA==\",\"away\":\"{away}\"}}"))!.Away);

    [Theory]
    [InlineData(-1, ServerList.Max - 1)]
    [InlineData(0, ServerList.Max)]
    [InlineData(1, ServerList.Max)]
    public void A_list_fits_into_a_value_however_long_it_is(int more, int listed)
    {
        string[] names = [.. Enumerable.Range(0, ServerList.Max + more).Select(static i => $"server-{i}:6379")];
        var list = ServerList.Of("0123456789abcdef", names, names);
        byte[] bytes = list.Write();
        Assert.True(bytes.Length < 64 << 10);
        Assert.Equal(listed, ServerList.Read(bytes)!.Servers.Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"broadcaster\":\"a\"}")]
    [InlineData("{\"broadcaster\":\"a\",\"servers\":\"AAAA\"}")]
    [InlineData("{\"broadcaster\":\"a\",\"servers\":\"!\"}")]
    [InlineData("{\"servers\":\"\"}")]
    public void What_is_no_list_is_none(string value) => Assert.Null(ServerList.Read(Encoding.UTF8.GetBytes(value)));

    private static LivingLine Line(string broadcaster, string where = "here", ulong beat = 1) => new(broadcaster, where, beat, 0, 3, 1);
}
