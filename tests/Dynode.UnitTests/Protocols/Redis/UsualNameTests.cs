using System.Text;
using Dynode.Protocols;
using Dynode.Protocols.Redis;

namespace Dynode.UnitTests.Protocols.Redis;

/// <summary>A command that a client repeats is not looked up again; whatever differs from it in a byte is.</summary>
public sealed class UsualNameTests
{
    [Theory]
    [InlineData("GET", "GET", true)]
    [InlineData("GET", "get", false)]
    [InlineData("GET", "GETX", false)]
    [InlineData("GET", "GE", false)]
    [InlineData("GET", "GET\0", false)]
    [InlineData("GET\0", "GET", false)]
    [InlineData("G", "G", true)]
    [InlineData("SETRANG", "SETRANG", true)]
    [InlineData("SETRANGE", "SETRANGE", true)]
    [InlineData("SETRANGE", "SETRANGF", false)]
    [InlineData("SETRANGES", "SETRANGES", false)]
    public void It_is_the_same_name_of_at_most_eight_bytes(string usual, string name, bool isSame)
    {
        string head = ReaderDriver.Encode(name, "key") + "$0\r\n\r\n";
        int offset = head.IndexOf("\r\n" + name, StringComparison.Ordinal) + 2;
        var remembered = UsualName.Of(Encoding.Latin1.GetBytes(usual), ReplyClass.Compared, reads: true);
        Assert.Equal(isSame, remembered.Is(Encoding.Latin1.GetBytes(head), new RespArgument(offset, name.Length)));
    }

    [Fact]
    public void No_name_is_none_and_a_request_that_ends_at_once_is_looked_up()
    {
        Assert.False(default(UsualName).Is("*0\r\n12345678"u8, RespArgument.Absent));
        Assert.False(default(UsualName).Is("12345678"u8, new RespArgument(0, 0)));
        var get = UsualName.Of("GET"u8, ReplyClass.Compared, reads: true);
        Assert.True(get.Is("GET\r\n234"u8, new RespArgument(0, 3)));
        Assert.False(get.Is("GET\r\n23"u8, new RespArgument(0, 3)));
    }

    [Fact]
    public void What_is_remembered_does_not_outlive_what_it_was_true_for()
    {
        var locked = new ReaderDriver("secret");
        locked.Say("AUTH secret");
        Assert.Equal(RequestAction.Forward, locked.Ask("GET", "k").Verdict.Action);
        Assert.Equal(RequestAction.Forward, locked.Ask("GET", "k").Verdict.Action);
        Assert.Equal(ReplyClass.Unordered, locked.Ask("KEYS", "*").Verdict.Class);
        Assert.Equal(ReplyClass.Unordered, locked.Ask("KEYS", "*").Verdict.Class);
        Assert.Equal(ReplyClass.Compared, locked.Ask("GET", "k").Verdict.Class);
        locked.Ask("MULTI");
        Assert.Equal(RequestAction.Collect, locked.Ask("GET", "k").Verdict.Action);
        locked.Ask("DISCARD");
        Assert.Equal(RequestAction.Forward, locked.Ask("GET", "k").Verdict.Action);
        locked.Ask("RESET");
        Assert.StartsWith("-NOAUTH", locked.Ask("GET", "k").Answer, StringComparison.Ordinal);
    }
}
