using System.Net;
using Dynode.Broadcast.Plane;
using Dynode.TestKit;

namespace Dynode.UnitTests.Broadcast.Plane;

public sealed class NetworksTests
{
    [Theory]
    [InlineData("10.0.0.0/8", "10.0.0.0/8")]
    [InlineData("0.0.0.0/0", "0.0.0.0/0")]
    [InlineData("10.0.0.7", "10.0.0.7")]
    [InlineData("10.0.0.7/32", "10.0.0.7")]
    [InlineData("255.255.255.254/31", "255.255.255.254/31")]
    [InlineData("::/0", "::/0")]
    [InlineData("::1", "::1")]
    [InlineData("::1/128", "::1")]
    [InlineData("FD00::/8", "fd00::/8")]
    [InlineData("2001:0DB8:0:0:0:0:0:0/32", "2001:db8::/32")]
    [InlineData("8000::/1", "8000::/1")]
    [InlineData("::ffff:10.0.0.0/104", "10.0.0.0/8")]
    [InlineData("::ffff:0:0/96", "0.0.0.0/0")]
    [InlineData("::ffff:10.0.0.7", "10.0.0.7")]
    [InlineData("::ffff:a00:7/128", "10.0.0.7")]
    public void What_is_one_has_one_spelling_that_is_read_back(string text, string canonical)
    {
        Assert.True(Network.TryParse(text, out var network, out string? fault), fault);
        Assert.Equal(canonical, network.ToString());
        Assert.True(Network.TryParse(canonical, out var again, out _));
        Assert.Equal(network, again);
    }

    [Theory]
    [InlineData("10.0.0.1/8", "has bits set behind its prefix: write 10.0.0.0/8 for the network, or 10.0.0.1 for that one address")]
    [InlineData("10.0.0.1/0", "has bits set behind its prefix: write 0.0.0.0/0 for the network, or 10.0.0.1 for that one address")]
    [InlineData("10.0.0.1/31", "has bits set behind its prefix: write 10.0.0.0/31 for the network, or 10.0.0.1 for that one address")]
    [InlineData("2001:db8::1/64", "has bits set behind its prefix: write 2001:db8::/64 for the network, or 2001:db8::1 for that one address")]
    [InlineData("::ffff:10.0.0.1/104", "has bits set behind its prefix: write 10.0.0.0/8 for the network, or 10.0.0.1 for that one address")]
    [InlineData("10.0.0.0/33", "has no number from 0 to 32 behind its /")]
    [InlineData("10.0.0.0/128", "has no number from 0 to 32 behind its /")]
    [InlineData("::/129", "has no number from 0 to 128 behind its /")]
    [InlineData("::ffff:10.0.0.0/129", "has no number from 0 to 128 behind its /")]
    [InlineData("10.0.0.0/", "has no number from 0 to 32 behind its /")]
    [InlineData("10.0.0.0/-1", "has no number from 0 to 32 behind its /")]
    [InlineData("10.0.0.0/+8", "has no number from 0 to 32 behind its /")]
    [InlineData("10.0.0.0/08", "has no number from 0 to 32 behind its /")]
    [InlineData("10.0.0.0/8/8", "has no number from 0 to 32 behind its /")]
    [InlineData("10.0.0.0/255.0.0.0", "has no number from 0 to 32 behind its /")]
    [InlineData("10.0.0.0/ 8", "has no number from 0 to 32 behind its /")]
    [InlineData("10.0.0.0/4294967304", "has no number from 0 to 32 behind its /")]
    [InlineData("::ffff:0:0/95", "is IPv4 in the spelling of IPv6, whose prefix is at least 96: write 0.0.0.0/0 or ::/95")]
    [InlineData("", "is no network")]
    [InlineData("/8", "is no network")]
    [InlineData("*", "is no network")]
    [InlineData("localhost", "is no network")]
    [InlineData("10/8", "is no network")]
    [InlineData("10.1", "is no network")]
    [InlineData("10.0.0", "is no network")]
    [InlineData("10.0.0.0.0", "is no network")]
    [InlineData("10.0.0.256", "is no network")]
    [InlineData("10.0.0.01", "is no network")]
    [InlineData("010.0.0.1", "is no network")]
    [InlineData("0x0a.0.0.1", "is no network")]
    [InlineData("167772161", "is no network")]
    [InlineData("10.0.0.1 ", "is no network")]
    [InlineData("10..0.1", "is no network")]
    [InlineData("[::1]", "is no network")]
    [InlineData("[::1]:80", "is no network")]
    [InlineData("fe80::1%eth0", "is no network")]
    [InlineData("fe80::1%2", "is no network")]
    [InlineData("::1::", "is no network")]
    [InlineData(":::", "is no network")]
    [InlineData(":", "is no network")]
    [InlineData("1:2:3:4:5:6:7", "is no network")]
    [InlineData("1:2:3:4:5:6:7:8:9", "is no network")]
    [InlineData("12345::", "is no network")]
    [InlineData("00001::", "is no network")]
    [InlineData("g::", "is no network")]
    [InlineData("::ffff:10.0.0.01", "is no network")]
    [InlineData("::ffff:10.0.1", "is no network")]
    [InlineData("10.0.0.1:80", "is no network")]
    [InlineData("::ffff:10.0.0.1:1", "is no network")]
    public void What_is_none_says_why_and_where_it_can_what_was_meant(string text, string fault)
    {
        Assert.False(Network.TryParse(text, out _, out string? said));
        Assert.StartsWith(fault, said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("10.0.0.0/8", "10.0.0.0", true)]
    [InlineData("10.0.0.0/8", "10.255.255.255", true)]
    [InlineData("10.0.0.0/8", "9.255.255.255", false)]
    [InlineData("10.0.0.0/8", "11.0.0.0", false)]
    [InlineData("10.0.0.0/8", "::ffff:10.1.2.3", true)]
    [InlineData("10.0.0.0/8", "::10.1.2.3", false)]
    [InlineData("0.0.0.0/0", "255.255.255.255", true)]
    [InlineData("0.0.0.0/0", "::1", false)]
    [InlineData("::/0", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", true)]
    [InlineData("::/0", "127.0.0.1", false)]
    [InlineData("::/0", "::ffff:127.0.0.1", false)]
    [InlineData("::ffff:0:0/96", "127.0.0.1", true)]
    [InlineData("127.0.0.1", "127.0.0.1", true)]
    [InlineData("127.0.0.1", "127.0.0.2", false)]
    [InlineData("127.0.0.1", "127.0.0.0", false)]
    [InlineData("fe80::/10", "fe80::1%3", true)]
    [InlineData("::1", "::1", true)]
    [InlineData("::1", "::2", false)]
    [InlineData("::1", "::", false)]
    public void An_address_is_in_it_or_not(string network, string address, bool isIn) =>
        Assert.Equal(isIn, Of(network).Contains(IPAddress.Parse(address)));

    [Fact]
    public void None_has_no_address() => Assert.False(Networks.None.Contains(IPAddress.Loopback));

    [Fact]
    public void Two_are_equal_that_were_written_alike()
    {
        Assert.Equal(Of("10.0.0.0/8, 10.0.0.0/8, ::ffff:10.0.0.0/104"), Of("10.0.0.0/8"));
        Assert.Equal(Of("10.0.0.0/8").GetHashCode(), Of("10.0.0.0/8").GetHashCode());
        Assert.NotEqual(Of("10.0.0.0/8"), Of("10.0.0.0/9"));
        Assert.Same(Networks.None, Networks.Of([]));
        Assert.Equal("10.0.0.0/8, ::1", Of("10.0.0.0/8, ::1").ToString());
    }

    [Fact]
    public void Many_find_what_one_finds_that_compares_bit_by_bit() => Seed.Run(random =>
    {
        int inside = 0;
        for (int round = 0; round < 300; round++)
        {
            // Few bits differ, so that networks lie within each other, and addresses beside their ends.
            var networks = Enumerable.Range(0, random.Next(1, 12)).Select(_ => (Bytes: Address(random), Prefix: random.Next(5) == 0 ? 0 : random.Next(1, 129))).Select(static one =>
            {
                int bits = one.Bytes.Length * 8;
                int prefix = Math.Min(one.Prefix, bits);
                for (int bit = prefix; bit < bits; bit++)
                    one.Bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
                return (one.Bytes, Prefix: prefix);
            }).ToList();
            var all = Of(string.Join(",", networks.Where(one => !new IPAddress(one.Bytes).IsIPv4MappedToIPv6).Select(one => $"{new IPAddress(one.Bytes)}/{one.Prefix}")));
            for (int i = 0; i < 100; i++)
            {
                byte[] bytes = Address(random);
                bool isIn = networks.Any(one => one.Bytes.Length == bytes.Length
                    && Enumerable.Range(0, one.Prefix).All(bit => ((one.Bytes[bit / 8] ^ bytes[bit / 8]) & (0x80 >> (bit % 8))) == 0));
                Assert.True(isIn == all.Contains(new IPAddress(bytes)), $"{new IPAddress(bytes)} in {all}");
                inside += isIn ? 1 : 0;
            }
        }

        Assert.InRange(inside, 1_000, 29_000);
    });

    [Fact]
    public void To_look_allocates_nothing()
    {
        var networks = Of("10.0.0.0/8, fd00::/8");
        var (four, six) = (IPAddress.Parse("10.1.2.3"), IPAddress.Parse("fd00::1"));
        Assert.Equal(0, Allocations.Least(() => _ = networks.Contains(four) && networks.Contains(six)));
    }

    private static Networks Of(string text) => Networks.Of(text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(static entry =>
        Network.TryParse(entry, out var network, out string? fault) ? network : throw new ArgumentException($"{entry} {fault}")));

    private static byte[] Address(Random random)
    {
        byte[] bytes = new byte[random.Next(2) == 0 ? 4 : 16];
        bytes[0] = 0x20;
        for (int bits = random.Next(4); bits > 0; bits--)
        {
            int bit = random.Next(bytes.Length * 8);
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        if (random.Next(4) == 0)
            bytes[^1] = 0xff;
        return bytes;
    }
}
