using System.Buffers;
using System.Text;
using Dynode.Protocols;
using Dynode.Protocols.Redis;
using Dynode.TestKit;

namespace Dynode.UnitTests.Protocols.Redis;

public sealed class RedisCursorTests
{
    private const ulong OwnMax = (1UL << 36) - 1;

    private readonly ReaderDriver _client = new();

    [Fact]
    public void A_mark_and_what_it_marks_are_found_again_and_stay_below_what_a_double_holds() => Seed.Run(random =>
    {
        for (int i = 0; i < 5_000; i++)
        {
            ulong own = 1 + ((ulong)random.NextInt64() & OwnMax) % OwnMax;
            int origin = random.Next(1, RequestVerdict.OriginMax + 1);
            string cursor = MarkOf(Reply($"{own}"), origin);
            Assert.True(ulong.Parse(cursor, System.Globalization.CultureInfo.InvariantCulture) < 1UL << 53);
            Assert.True(RedisCursor.TryRead(Encoding.ASCII.GetBytes(cursor), out ulong read, out int from));
            Assert.Equal((own, origin), (read, from));
        }
    });

    [Theory]
    [InlineData("1", 1, "68719476737")]
    [InlineData("68719476735", 131071, "9007199254740991")]
    [InlineData("0", 1, null)]
    [InlineData("68719476736", 1, null)]
    [InlineData("18446744073709551615", 1, null)]
    [InlineData("x", 1, null)]
    [InlineData("", 1, null)]
    public void The_end_is_not_marked_nor_what_has_no_room_for_it(string own, int origin, string? marked)
    {
        var output = new ArrayBufferWriter<byte>();
        Assert.Equal(marked is not null, RedisCursor.TryMark(Encoding.ASCII.GetBytes(Reply(own)), origin, output));
        Assert.Equal(marked is null ? "" : Reply(marked), Encoding.ASCII.GetString(output.WrittenSpan));
    }

    [Theory]
    [InlineData("-ERR x\r\n")]
    [InlineData("*1\r\n$1\r\n5\r\n")]
    [InlineData("*2\r\n:5\r\n*0\r\n")]
    [InlineData("*2\r\n$5\r\n12")]
    [InlineData("")]
    public void What_is_no_such_reply_stays_as_it_is(string reply) =>
        Assert.False(RedisCursor.TryMark(Encoding.ASCII.GetBytes(reply), 1, new ArrayBufferWriter<byte>()));

    [Theory]
    [InlineData("SCAN 0", RequestVerdict.CursorBegins, "")]
    [InlineData("scan 17 MATCH a* COUNT 10", RequestVerdict.CursorUnknown, "")]
    [InlineData("SCAN 68719476753 MATCH a*", 1, "SCAN 17 MATCH a*")]
    [InlineData("HSCAN k 137438953489 COUNT 5", 2, "HSCAN k 17 COUNT 5")]
    [InlineData("SSCAN k 0", RequestVerdict.CursorBegins, "")]
    [InlineData("ZSCAN k 9007199254740991", RequestVerdict.OriginMax, "ZSCAN k 68719476735")]
    [InlineData("SCAN 9007199254740992", RequestVerdict.CursorUnknown, "")]
    [InlineData("SCAN x", 0, "")]
    [InlineData("SCAN -1", 0, "")]
    [InlineData("SCAN", 0, "")]
    [InlineData("HSCAN k", 0, "")]
    public void A_request_says_whose_cursor_it_goes_on_from_and_its_server_sees_its_own(string line, int cursor, string forwarded)
    {
        var judged = _client.Ask(line.Split(' '));
        Assert.Equal(new RequestVerdict { Class = ReplyClass.Own, Cursor = cursor }, judged.Verdict);
        Assert.Equal(ReaderDriver.Encode((forwarded.Length > 0 ? forwarded : line).Split(' ')), judged.Sent);

        // As a line, too.
        Assert.Equal(judged.Verdict, _client.Say(line).Verdict);
        Assert.Equal(judged.Sent, _client.Say(line).Sent);
    }

    [Theory]
    [InlineData("SCAN 0", "GET a", 0)]
    [InlineData("SCAN 68719476753", "GET a", 1)]
    [InlineData("SCAN 68719476753", "HSCAN k 68719476754", 1)]
    [InlineData("SCAN 68719476753", "HSCAN k 137438953489", RequestVerdict.CursorUnknown)]
    [InlineData("SCAN 17", "GET a", RequestVerdict.CursorUnknown)]
    public void A_transaction_goes_on_where_what_is_in_it_does(string first, string second, int cursor)
    {
        Assert.Equal(cursor, _client.Say("MULTI", first, second, "EXEC").Verdict.Cursor);
        Assert.Equal(0, _client.Say("MULTI", "GET a", "EXEC").Verdict.Cursor);
    }

    private static string Reply(string cursor) => $"*2\r\n${cursor.Length}\r\n{cursor}\r\n*1\r\n$1\r\na\r\n";

    private static string MarkOf(string reply, int origin)
    {
        var output = new ArrayBufferWriter<byte>();
        Assert.True(RedisCursor.TryMark(Encoding.ASCII.GetBytes(reply), origin, output));
        return Encoding.ASCII.GetString(output.WrittenSpan).Split("\r\n")[2];
    }
}
