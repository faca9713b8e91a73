using System.Text;
using Dynode.Streams.Nats;

namespace Dynode.UnitTests.Streams.Nats;

/// <summary>What may come from a server, and what may not, wherever it is split.</summary>
public sealed class NatsWireTests
{
    private const string Info = "{\"server_name\":\"n\",\"version\":\"2.10.27\",\"headers\":true,\"max_payload\":1048576,\"jetstream\":true,\"connect_urls\":[\"10.0.0.1:4222\",\"[::1]:4223\",\"bad host\"]}";

    private const string Whole =
        $"INFO {Info} \r\nPING\r\nPONG\r\n+OK\r\nMSG a.b 1 5\r\nhello\r\nMSG a 12 re.ply 0\r\n\r\nHMSG a 1 12 17\r\nNATS/1.0\r\n\r\nhel\nl\r\nHMSG a 1 re.ply 12 12\r\nNATS/1.0\r\n\r\n\r\n-ERR 'Some Thing'\r\nPING\r\n";

    [Fact]
    public void All_that_a_server_says_is_taken_wherever_it_is_split()
    {
        byte[] bytes = Encoding.ASCII.GetBytes(Whole);
        for (int at = 0; at <= bytes.Length; at++)
        {
            (NatsWire wire, List<string> said) = Listening();
            wire.Feed(bytes.AsSpan(0, at));
            wire.Feed(bytes.AsSpan(at));
            Assert.Equal(["n 2.10.27 1048576 10.0.0.1:4222 [::1]:4223", "Some Thing"], said);
        }

        (NatsWire slow, List<string> heard) = Listening();
        foreach (byte b in bytes)
            slow.Feed([b]);
        Assert.Equal(2, heard.Count);
    }

    [Theory]
    [InlineData("HTTP/1.1 400 Bad Request\r\n")]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n")]
    [InlineData("PING\n")]
    [InlineData("\r\n")]
    [InlineData("\n")]
    [InlineData("ping\r\n")]
    [InlineData("+OK \r\n")]
    [InlineData("MSG\r\n")]
    [InlineData("MSG a 1\r\n")]
    [InlineData("MSG a x 1\r\n")]
    [InlineData("MSG a 1 -1\r\n")]
    [InlineData("MSG a -1 1\r\n")]
    [InlineData("MSG a 1 1x\r\n")]
    [InlineData("MSG a 1 99999999999\r\n")]
    [InlineData("MSG a  1 1\r\n")]
    [InlineData("MSG a 1 b c 1\r\n")]
    [InlineData("MSG a 1 \r\n")]
    [InlineData("HMSG a 1 5\r\n")]
    [InlineData("HMSG a 1 6 5\r\n")]
    [InlineData("HMSG a 1 b 6 5\r\n")]
    [InlineData("HMSG a 1 -1 5\r\n")]
    [InlineData("MSG a 1 2\r\nabcdef\r\n")]
    [InlineData("MSG a 1 1114113\r\n")]
    [InlineData("HMSG a 1 12 1114113\r\n")]
    [InlineData("INFO\r\n")]
    [InlineData("INFO \r\n")]
    [InlineData("INFO []\r\n")]
    [InlineData("INFO {\r\n")]
    [InlineData("INFO {\"max_payload\":\"1\"}\r\n")]
    [InlineData("INFO {\"max_payload\":9999999999}\r\n")]
    [InlineData("INFO {\"port\":null}\r\n")]
    [InlineData("INFO {\"port\":1.5}\r\n")]
    [InlineData("INFO {\"client_id\":-1}\r\n")]
    [InlineData("INFO {\"headers\":1}\r\n")]
    [InlineData("INFO {\"version\":1}\r\n")]
    [InlineData("INFO {\"connect_urls\":{}}\r\n")]
    [InlineData("INFO {\"connect_urls\":[1]}\r\n")]
    public void What_makes_no_sense_ends_it(string bytes)
    {
        (NatsWire wire, _) = Listening();
        wire.Feed(Encoding.ASCII.GetBytes($"INFO {Info}\r\n"));
        wire.EntryBytesMax = 1_048_576 + NatsWire.HeaderBytesMax;
        NatsTrouble why = Assert.Throws<NatsTrouble>(() =>
        {
            foreach (byte b in Encoding.ASCII.GetBytes(bytes))
                wire.Feed([b]);
        });
        Assert.False(why.IsLasting);
        Assert.DoesNotContain('\n', why.Message);
        Assert.InRange(why.Message.Length, 10, 400);
    }

    [Fact]
    public void A_line_has_an_end_or_is_ended()
    {
        byte[] most = Encoding.ASCII.GetBytes($"-ERR '{new string('x', NatsWire.LineBytesMax - 8)}'\r\n");
        (NatsWire wire, List<string> said) = Listening();
        wire.Feed(most.AsSpan(0, 100));
        wire.Feed(most.AsSpan(100));
        Assert.Single(said);
        (wire, _) = Listening();
        byte[] part = Encoding.ASCII.GetBytes(new string('x', NatsWire.LineBytesMax));
        wire.Feed("INFO "u8);
        Assert.Contains("a line of more than 65536 bytes", Assert.Throws<NatsTrouble>(() => wire.Feed(part)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Sizes_up_to_the_limit_are_taken_and_one_more_is_not()
    {
        (NatsWire wire, _) = Listening();
        wire.EntryBytesMax = NatsWire.HeaderBytesMax + 100;
        wire.Feed(Encoding.ASCII.GetBytes($"MSG a 1 {wire.EntryBytesMax}\r\n"));
        wire.Feed(new byte[wire.EntryBytesMax + 2]);
        wire.Feed("PING\r\n"u8);
        Assert.Throws<NatsTrouble>(() => wire.Feed(Encoding.ASCII.GetBytes($"MSG a 1 {wire.EntryBytesMax + 1}\r\n")));
    }

    private static (NatsWire Wire, List<string> Said) Listening()
    {
        var said = new List<string>();
        return (new NatsWire(info => said.Add($"{info.Name} {info.Version} {info.PayloadBytesMax} {string.Join(' ', info.Others)}"), said.Add), said);
    }
}
