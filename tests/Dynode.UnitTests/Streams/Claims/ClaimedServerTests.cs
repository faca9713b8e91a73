using System.Text;
using System.Text.RegularExpressions;
using Dynode.Streams.Claims;
using Dynode.TestKit;

namespace Dynode.UnitTests.Streams.Claims;

/// <summary>What stands in a server's key, whoever wrote it.</summary>
public sealed partial class ClaimedServerTests
{
    private static readonly ServerPlace Place = new("00000000000000ff", ulong.MaxValue, new byte[] { 0, 1, 255 }, HasGap: true);

    public static TheoryData<ClaimedServer> All =>
    [
        new ClaimedServer("0123456789abcdef", "host, process 7", false, null),
        new ClaimedServer("0123456789abcdef", "", true, Place),
        new ClaimedServer("0123456789abcdef", "x", false, Place with { Run = "c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00" }),
        new ClaimedServer("0123456789abcdef", "", false, Place) { Acquisition = 3, Link = new ServerLink("0123456789abcdef0123456789abcdef01234567", long.MaxValue) },
        new ClaimedServer("0123456789abcdef", "\"quoted\" \\ ä 😀", false, Place with { HasGap = false, Number = 0, Table = default }),
    ];

    [Theory]
    [MemberData(nameof(All), DisableDiscoveryEnumeration = true)]
    public void What_was_written_is_read(ClaimedServer claimed) => Assert.Equal(claimed, ClaimedServer.Read(claimed.Write()));

    [Fact]
    public void What_a_later_version_has_more_is_passed_over() => Assert.Equal(
        new ClaimedServer("a", "b", true, new ServerPlace("c", 7, new byte[] { 1 })),
        Read("""{"version":9,"epoch":{"x":[1,{"broadcaster":"no"}]},"broadcaster":"a","list":[[],{}],"where":"b","released":true,"stream":"c","number":7,"table":"AQ==","gap":null,"more":1e400}"""));

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("null")]
    [InlineData("7")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{")]
    [InlineData("{\"broadcaster\":\"a\"")]
    [InlineData("{\"broadcaster\":\"a\",}")]
    [InlineData("{\"broadcaster\":7}")]
    [InlineData("{\"broadcaster\":\"\"}")]
    [InlineData("{\"broadcaster\":\"\\ud800\"}")]
    [InlineData("{\"broadcaster\":\"a\",\"where\":\"\\udc00\"}")]
    [InlineData("{\"\\ud800\":1,\"broadcaster\":\"a\"}")]
    [InlineData("{\"broadcaster\":\"00000000000000000000000000000000000000000000000000000000000000065\"}")]
    [InlineData("{\"broadcaster\":\"a\",\"stream\":\"00000000000000000000000000000000000000000000000000000000000000065\"}")]
    public void What_is_no_claim_is_none(string value) => Assert.Null(Read(value));

    [Fact]
    public void Text_that_is_no_text_is_none() => Assert.Null(ClaimedServer.Read([.. "{\"broadcaster\":\""u8, 0xFF, 0xFE, .. "\"}"u8]));

    [Theory]
    [InlineData("\"run\":\"r\"")]
    [InlineData("\"connection\":7")]
    [InlineData("\"run\":\"r\",\"connection\":0")]
    [InlineData("\"run\":\"\",\"connection\":7")]
    [InlineData("\"run\":\"r\",\"connection\":\"7\"")]
    [InlineData("\"run\":\"00000000000000000000000000000000000000000000000000000000000000065\",\"connection\":7")]
    public void A_connection_without_its_process_or_its_number_is_none(string link) => Assert.Equal(new ClaimedServer("a", "?", false, null), Read($"{{\"broadcaster\":\"a\",{link}}}"));

    [Fact]
    public void A_process_that_is_no_name_is_not_known() => Assert.Equal(
        new ClaimedServer("a", "?", false, new ServerPlace("s", 7, default)),
        Read("{\"broadcaster\":\"a\",\"stream\":\"s\",\"number\":7,\"process\":\"00000000000000000000000000000000000000000000000000000000000000065\"}"));

    /// <summary>A place of which a part cannot be read is not known: nobody is sent everything from the first entry on for that.</summary>
    [Theory]
    [InlineData("\"stream\":\"s\"")]
    [InlineData("\"stream\":\"s\",\"number\":-1")]
    [InlineData("\"stream\":\"s\",\"number\":18446744073709551616")]
    [InlineData("\"stream\":\"s\",\"number\":\"7\"")]
    [InlineData("\"number\":7")]
    public void A_place_without_a_number_or_a_stream_is_none(string place) => Assert.Equal(new ClaimedServer("a", "?", false, null), Read($"{{\"broadcaster\":\"a\",{place}}}"));

    [Fact]
    public void Where_it_is_stays_one_line_of_bounded_length()
    {
        var read = Read($"{{\"broadcaster\":\"a\",\"where\":\"\\u001b[31m\\r\\n{new string('x', 500)}\"}}")!;
        Assert.Equal(200, read.Where.Length);
        Assert.DoesNotContain(read.Where, char.IsControl);
    }

    [Fact]
    public void Whatever_bytes_are_there_are_read_or_are_none() => Seed.Run(random =>
    {
        byte[] whole = new ClaimedServer("0123456789abcdef", "here", true, Place).Write();
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = [.. whole];
            for (int changes = random.Next(1, 4); changes > 0; changes--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            ClaimedServer.Read(bytes.AsSpan(0, random.Next(bytes.Length + 1)))?.Write();
        }
    });

    [Theory]
    [InlineData("10.0.0.1:6379", "at.10=2E0=2E0=2E1=3A6379")]
    [InlineData("[::1]:6379", "at.=5B=3A=3A1=5D=3A6379")]
    [InlineData("[fe80::1%eth0]:1", "at.=5Bfe80=3A=3A1=25eth0=5D=3A1")]
    [InlineData("redis.example:1", "at.redis=2Eexample=3A1")]
    [InlineData("a=2Eb", "at.a=3D2Eb")]
    [InlineData("ä *>", "at.=C3=A4=20=2A=3E")]
    [InlineData("..", "at.=2E=2E")]
    public void A_key_is_one_that_the_engine_takes_whatever_the_address(string address, string key)
    {
        Assert.Equal(key, ClaimedServer.KeyOf(address));
        Assert.Matches(KeyPattern(), key);
    }

    [Fact]
    public void No_two_addresses_have_one_key() => Seed.Run(random =>
    {
        const string letters = "a=2EF.:-_ ä";
        var addresses = new Dictionary<string, string>();
        for (int i = 0; i < 20_000; i++)
        {
            string address = new([.. Enumerable.Range(0, random.Next(1, 6)).Select(_ => letters[random.Next(letters.Length)])]);
            string key = ClaimedServer.KeyOf(address);
            Assert.Matches(KeyPattern(), key);
            Assert.Equal(address, addresses.GetValueOrDefault(key, address));
            addresses[key] = address;
        }
    });

    private static ClaimedServer? Read(string value) => ClaimedServer.Read(Encoding.UTF8.GetBytes(value));

    [GeneratedRegex(@"^at\.[-=A-Za-z0-9]+$")]
    private static partial Regex KeyPattern();
}
