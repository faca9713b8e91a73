using Dynode.Native.Control;

namespace Dynode.UnitTests.Native.Control;

public sealed class TableTests
{
    [Fact]
    public void Columns_are_aligned_numbers_to_the_right_and_no_line_ends_in_blanks()
    {
        var table = new Table("SERVER", ">BEHIND", "NOTE");
        table.Row()
            .Add("a:1")
            .Add("7")
            .Add("");
        table.Row()
            .Add("long.example:1")
            .Add("12.3k")
            .Add("down");
        Assert.Equal(
            ["SERVER          BEHIND  NOTE", "a:1                  7", "long.example:1   12.3k  down"],
            table.Lines().Select(line => line.Render(hasStyle: false)));
    }

    [Fact]
    public void Without_a_terminal_nothing_but_text_is_written_and_with_one_each_style_ends()
    {
        StyledLine line = new StyledLine().Add("one", Style.Bad).Add(" two").Add("three", Style.Good);
        Assert.Equal("one twothree", line.Render(hasStyle: false));
        Assert.Equal("\e[31mone\e[0m two\e[32mthree\e[0m", line.Render(hasStyle: true));
    }

    [Theory]
    [InlineData(0, "")]
    [InlineData(2, "on")]
    [InlineData(3, "one")]
    [InlineData(4, "one t")]
    [InlineData(7, "one two")]
    [InlineData(8, "one two")]
    public void A_line_is_cut_at_the_width_of_what_is_seen(int width, string seen)
    {
        string styled = new StyledLine().Add("one ", Style.Bad).Add("two", Style.Good).Render(hasStyle: true, width == 4 ? 5 : width);
        Assert.Equal(seen, System.Text.RegularExpressions.Regex.Replace(styled, "\e\\[\\d+m", ""));
    }

    [Theory]
    [InlineData("plain text: 10.0.0.1:6379", "plain text: 10.0.0.1:6379")]
    [InlineData("\e[2J\e]0;title\a", "\\u001b[2J\\u001b]0;title\\u0007")]
    [InlineData("two\nlines\r\tand a tab", "two\\nlines\\r\\tand a tab")]
    [InlineData("\u009b31m \u202e \u00e9 \ud83d\ude00 \x7f", "\\u009b31m \\u202e \\u00e9 \\ud83d\\ude00 \\u007f")]
    [InlineData("cut…", "cut...")]
    public void Text_of_others_reaches_no_terminal_as_anything_but_text(string text, string shown) => Assert.Equal(shown, Escaped.Text(text));

    [Fact]
    public void Every_character_that_is_no_visible_ASCII_is_escaped()
    {
        for (int c = 0; c <= char.MaxValue; c++)
            Assert.DoesNotContain(Escaped.Text(((char)c).ToString()), shown => shown is < ' ' or > '~');
    }
}
