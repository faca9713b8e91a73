using System.Text;
using Dynode.Native.Control;

namespace Dynode.UnitTests.Native.Control;

public sealed class TopPageTests
{
    private static readonly JsonPart Status = JsonPart.Parse(Encoding.UTF8.GetBytes(Statuses.Framed));

    [Fact]
    public void Whatever_the_size_there_are_as_many_lines_and_none_is_wider()
    {
        var sample = new TopSample { Status = Status };
        foreach (TopChoice choice in new[] { new TopChoice(), new TopChoice(HasClients: false), new TopChoice(IsByLag: true, HasClients: false) })
        {
            for (int rows = 0; rows < 40; rows++)
            {
                List<StyledLine> lines = TopPage.Lines(sample, choice, TimeSpan.Zero, 30, rows);
                Assert.Equal(rows, lines.Count);
                Assert.All(lines, line => Assert.InRange(line.Render(hasStyle: false, 30).Length, 0, 30));
                if (rows > 0)
                    Assert.StartsWith("s sort", lines[^1].Render(hasStyle: false), StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void Where_there_is_no_room_for_all_servers_those_in_trouble_are_shown()
    {
        (string, string)[] servers = [.. Enumerable.Range(1, 100).Select(i => ($"10.0.0.{i}:6379", i == 77 ? "down" : "current"))];
        var sample = new TopSample { Status = JsonPart.Parse(Encoding.UTF8.GetBytes(Statuses.With(servers))) };
        List<string> lines = Text(TopPage.Lines(sample, new(), TimeSpan.Zero, 80, 24));
        Assert.Contains(lines, line => line.StartsWith("10.0.0.77:6379", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.EndsWith(" servers more", StringComparison.Ordinal));
        int shown = lines.Count(line => line.StartsWith("10.0.0.", StringComparison.Ordinal));
        Assert.Contains($"and {100 - shown} servers more", lines);
    }

    [Theory]
    [InlineData(null, 1.0, false, "2 of 3 servers are not current")]
    [InlineData(null, 4.0, false, "NO ANSWER yet; what is shown is 4 s old")]
    [InlineData(null, 40.0, true, "PAUSED: what is shown is 40 s old")]
    [InlineData("none is running here", 1.5, true, "NO ANSWER: none is running here; what is shown is 1 s old")]
    public void What_is_old_is_said_to_be(string? fault, double age, bool isPaused, string notice)
    {
        var sample = new TopSample { Status = Status, Fault = fault };
        Assert.StartsWith(notice, Text(TopPage.Lines(sample, new(IsPaused: isPaused), TimeSpan.FromSeconds(age), 80, 24))[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Where_clients_are_not_shown_to_us_the_rest_is()
    {
        var sample = new TopSample { Status = Status, ClientsFault = "a token is needed" };
        List<string> lines = Text(TopPage.Lines(sample, new(), TimeSpan.Zero, 80, 24));
        Assert.Contains("clients: a token is needed", lines);
        Assert.Contains(lines, line => line.StartsWith("10.0.0.1:6379 *", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("sq", "sq")]
    [InlineData("\e[A\eOPc", "c")]
    [InlineData("\e[1;5Cs\e[15~p", "sp")]
    [InlineData("\e", "")]
    [InlineData("\eq", "")]
    [InlineData("\e[", "")]
    [InlineData("\e[1;", "")]
    [InlineData("\eO", "")]
    public void Keys_that_are_no_letters_press_none(string typed, string keys) => Assert.Equal(keys, TypedKeys.Of(Encoding.ASCII.GetBytes(typed)));

    [Fact]
    public void Keys_choose_what_is_shown()
    {
        var choice = new TopChoice();
        Assert.Equal(["age", "requests", "owed"], Enumerable.Range(0, 3).Select(_ => (choice = choice.After('s')).Sort));
        Assert.True(choice.After('P').IsPaused);
        Assert.False(choice.After('p').After(' ').IsPaused);
        Assert.True(choice.After('c').After('s').IsByLag);
        Assert.Equal(choice, choice.After('x'));
    }

    private static List<string> Text(List<StyledLine> lines) => [.. lines.Select(line => line.Render(hasStyle: false))];
}
