using System.Buffers.Binary;
using System.Net;
using System.Text;
using Dynode.Broadcast.Plane;
using Dynode.Broadcast.Proxy;
using Dynode.TestKit;

namespace Dynode.UnitTests.Broadcast.Proxy;

public sealed class ProxyHeaderTests
{
    private const string WorstOne = "PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n";

    /// <summary>Headers, and the source and destination that they name.</summary>
    public static TheoryData<string, string, string> Texts() => new()
    {
        // The specification's own.
        { "PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n", "192.168.0.1:56324", "192.168.0.11:443" },
        { "PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255:65535", "255.255.255.255:65535" },
        { "PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n", "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535", "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535" },
        { "PROXY UNKNOWN\r\n", "", "" },
        { WorstOne, "", "" },
        { "PROXY UNKNOWN \r\n", "", "" },
        { "PROXY UNKNOWN what ever\t\u00ff stands here\r\n", "", "" },
        { "PROXY TCP4 0.0.0.0 127.0.0.1 0 1\r\n", "0.0.0.0:0", "127.0.0.1:1" },
        { "PROXY TCP6 2001:DB8::1 ::1 1 2\r\n", "[2001:db8::1]:1", "[::1]:2" },
        { "PROXY TCP6 ::ffff:10.0.0.1 :: 1 2\r\n", "[::ffff:10.0.0.1]:1", "[::]:2" },
    };

    [Theory]
    [MemberData(nameof(Texts))]
    public void A_line_is_read_however_it_comes_and_no_byte_behind_it(string line, string source, string destination) =>
        IsRead(Encoding.Latin1.GetBytes(line), header =>
        {
            Assert.Equal(source, header.Source?.ToString() ?? "");
            Assert.Equal(destination, header.Destination?.ToString() ?? "");
            Assert.False(header.IsLocal);
        });

    [Theory]
    [InlineData("PROXY UNKNOWNX\r\n", "its family")]
    [InlineData("PROXY  TCP4 1.2.3.4 1.2.3.4 1 2\r\n", "its family")]
    [InlineData("PROXY UDP4 1.2.3.4 1.2.3.4 1 2\r\n", "its family")]
    [InlineData("PROXY tcp4 1.2.3.4 1.2.3.4 1 2\r\n", "its family")]
    [InlineData("PROXY TCP4\r\nxxxx", "its family")]
    [InlineData("PROXY \r\nxxxxxxxxx", "its family")]
    [InlineData("PROXY TCP4 \r\nxx", "it has no two addresses of TCP4")]
    [InlineData("PROXY TCP4 1.2.3.4 1.2.3.4\r\n", "it has no two addresses of TCP4")]
    [InlineData("PROXY TCP4 1.2.3.4 1.2.3 1 2\r\n", "it has no two addresses of TCP4")]
    [InlineData("PROXY TCP4 1.2.3.4 1.2.3.04 1 2\r\n", "it has no two addresses of TCP4")]
    [InlineData("PROXY TCP4 1.2.3.4  1.2.3.4 1 2\r\n", "it has no two addresses of TCP4")]
    [InlineData("PROXY TCP4 1.2.3.4 ::1 1 2\r\n", "it has no two addresses of TCP4")]
    [InlineData("PROXY TCP6 1.2.3.4 ::1 1 2\r\n", "it has no two addresses of TCP6")]
    [InlineData("PROXY TCP6 ::1%1 ::1 1 2\r\n", "it has no two addresses of TCP6")]
    [InlineData("PROXY TCP6 [::1] ::1 1 2\r\n", "it has no two addresses of TCP6")]
    [InlineData("PROXY TCP6 ::0001:00001 ::1 1 2\r\n", "it has no two addresses of TCP6")]
    [InlineData("PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n", "it does not end with two ports")]
    [InlineData("PROXY TCP4 1.2.3.4 1.2.3.4 1 \r\n", "it does not end with two ports")]
    [InlineData("PROXY TCP4 1.2.3.4 1.2.3.4 1 2 \r\n", "it does not end with two ports")]
    [InlineData("PROXY TCP4 1.2.3.4 1.2.3.4 1 2 3\r\n", "it does not end with two ports")]
    [InlineData("PROXY TCP4 1.2.3.4 1.2.3.4 01 2\r\n", "it does not end with two ports")]
    [InlineData("PROXY TCP4 1.2.3.4 1.2.3.4 65536 2\r\n", "it does not end with two ports")]
    [InlineData("PROXY TCP4 1.2.3.4 1.2.3.4 1 -2\r\n", "it does not end with two ports")]
    [InlineData("PROXY TCP4 1.2.3.4 1.2.3.4 1 100000\r\n", "it does not end with two ports")]
    [InlineData("PROXY TCP4 1.2.3.4 1.2.3.4 1 2\n", "it ends with half an end of line")]
    [InlineData("PROXY TCP4 1.2.3.4 1.2.3.4 1 2\rx", "it ends with half an end of line")]
    [InlineData("PROXY UNKNOWN \r \r\n", "it ends with half an end of line")]
    [InlineData("PROXY UNKNOWN \n\r\n", "it ends with half an end of line")]
    [InlineData("PROXZ", "it does not begin as one")]
    [InlineData("proxy TCP4", "it does not begin as one")]
    [InlineData("GET / HTTP/1.1\r\n", "it does not begin as one")]
    [InlineData("*1\r\n$4\r\nPING\r\n", "it does not begin as one")]
    [InlineData("\u0016\u0003\u0001", "it does not begin as one")]
    [InlineData(" PROXY", "it does not begin as one")]
    public void What_is_no_line_is_refused_with_a_word(string line, string fault) => IsRefused(Encoding.Latin1.GetBytes(line), fault);

    [Fact]
    public void A_line_has_at_most_107_bytes()
    {
        Assert.Equal(ProxyHeader.V1BytesMax, WorstOne.Length);
        foreach (int length in (int[])[106, 107, 108])
        {
            string line = "PROXY UNKNOWN ".PadRight(length - 2, 'x') + "\r\n";
            Assert.Equal(length, line.Length);
            if (length <= ProxyHeader.V1BytesMax)
                IsRead(Encoding.Latin1.GetBytes(line), static _ => { });
            else
                IsRefused(Encoding.Latin1.GetBytes(line), "it is longer than 107 bytes");
        }
    }

    [Theory]
    [InlineData(4095)]
    [InlineData(4096)]
    [InlineData(4097)]
    [InlineData(65_551)]
    public void Of_version_2_one_has_at_most_4096_bytes(int length)
    {
        byte[] header = Binary(0x21, 0x00, new byte[length - 16]);
        Assert.Equal(length, header.Length);
        if (length <= ProxyHeader.V2BytesMax)
            IsRead(header, static _ => { });
        else
            IsRefused(header, "it is longer than 4096 bytes");
    }

    [Fact]
    public void A_line_of_version_1_is_none_where_only_version_2_is_taken_and_the_other_way_round()
    {
        var two = new ProxyHeader(ProxyVersions.V2);
        Assert.Equal(ProxyVerdict.Malformed, two.Read("P"u8, out int taken));
        Assert.Equal((0, "it does not begin as one"), (taken, two.Fault));
        Assert.Equal(16, new ProxyHeader(ProxyVersions.V2).Also(static header => header.Read([], out _)).Wanted);
        Assert.Equal(ProxyVerdict.Malformed, new ProxyHeader(ProxyVersions.V1).Read("\r"u8, out _));
        Assert.Equal(15, new ProxyHeader(ProxyVersions.Any).Also(static header => header.Read([], out _)).Wanted);
    }

    [Fact]
    public void Of_version_2_addresses_of_all_families_are_read()
    {
        IsRead(Binary(0x21, 0x11, Four()), static header =>
        {
            Assert.Equal(("10.0.0.1:258", "10.0.0.2:6379"), (header.Source!.ToString(), header.Destination!.ToString()));
            Assert.Null(header.Authority);
            Assert.True(header.UniqueId.IsDefault);
            Assert.Null(header.Tls);
        });
        byte[] six = [.. IPAddress.Parse("2001:db8::1").GetAddressBytes(), .. IPAddress.Parse("::1").GetAddressBytes(), 1, 2, 0x18, 0xeb];
        IsRead(Binary(0x21, 0x21, six), static header => Assert.Equal(("[2001:db8::1]:258", "[::1]:6379"), (header.Source!.ToString(), header.Destination!.ToString())));
        byte[] path = new byte[216];
        "/run/a"u8.CopyTo(path);
        IsRead(Binary(0x21, 0x31, path), static header => Assert.Equal(("/run/a", null), (header.SourcePath, header.Source)));
        path.AsSpan(0, 108).Fill((byte)'x');
        IsRead(Binary(0x21, 0x31, path), static header => Assert.Equal(new string('x', 108), header.SourcePath));
        path.AsSpan(0, 108).Clear();
        IsRead(Binary(0x21, 0x31, path), static header => Assert.Equal("", header.SourcePath));
        "ab"u8.CopyTo(path.AsSpan(1));
        IsRead(Binary(0x21, 0x31, path), static header => Assert.Equal("@ab", header.SourcePath));
    }

    [Theory]
    [InlineData(0x20, 0x00, true)]
    [InlineData(0x20, 0x11, true)]
    [InlineData(0x20, 0x32, true)]
    [InlineData(0x20, 0x13, true)]
    [InlineData(0x20, 0x41, true)]
    [InlineData(0x20, 0xff, true)]
    [InlineData(0x21, 0x00, false)]
    [InlineData(0x21, 0x01, false)]
    [InlineData(0x21, 0x10, false)]
    [InlineData(0x21, 0x12, false)]
    public void A_check_of_the_proxys_own_and_what_is_no_stream_keep_the_connections_own_addresses(byte command, byte family, bool isLocal) =>
        IsRead(Binary(command, family, Four()), header => Assert.Equal((isLocal, null, null), (header.IsLocal, header.Source, header.SourcePath)));

    [Theory]
    [InlineData(0x11, "its version is 1")]
    [InlineData(0x31, "its version is 3")]
    [InlineData(0x22, "its command is 2")]
    [InlineData(0x2f, "its command is 15")]
    public void Another_version_or_command_is_refused(byte command, string fault) => IsRefused(Binary(command, 0x11, Four()), fault);

    [Theory]
    [InlineData(0x13)]
    [InlineData(0x41)]
    [InlineData(0xf1)]
    [InlineData(0x03)]
    [InlineData(0xff)]
    public void Another_family_is_refused(byte family) => IsRefused(Binary(0x21, family, Four()), $"its family is 0x{family:x2}");

    [Theory]
    [InlineData(0x11, 0)]
    [InlineData(0x11, 11)]
    [InlineData(0x12, 11)]
    [InlineData(0x21, 35)]
    [InlineData(0x31, 215)]
    public void Addresses_that_are_cut_are_refused(byte family, int length) => IsRefused(Binary(0x21, family, new byte[length]), $"its addresses have {length} bytes instead of ");

    [Fact]
    public void What_else_is_announced_is_read_and_the_unknown_left_alone() =>
        IsRead(
            Binary(0x21, 0x11, Four(Vector(0x01, "h2"u8), Vector(0x02, "example.com"u8), Vector(0x04, [0, 0]), Vector(0x05, [1, 2, 3]), Vector(0x30, "ns"u8), Vector(0xee, new byte[300]),
                Vector(0x20, [7, 0, 0, 0, 0, .. Vector(0x21, "TLSv1.3"u8), .. Vector(0x22, "Köln"u8)]))),
            static header =>
            {
                Assert.Equal("example.com", header.Authority);
                Assert.Equal([1, 2, 3], header.UniqueId);
                Assert.Equal(new ProxyTls(true, true, "Köln"), header.Tls);
            });

    [Theory]
    [InlineData(1, 0u, true, false)]
    [InlineData(3, 0u, true, true)]
    [InlineData(5, 0u, true, true)]
    [InlineData(7, 1u, true, false)]
    [InlineData(7, 0x80000000u, true, false)]
    [InlineData(0, 0u, false, false)]
    public void A_certificate_is_verified_where_one_was_shown_and_found_good(byte client, uint verify, bool isEncrypted, bool isVerified)
    {
        byte[] value = new byte[5];
        value[0] = client;
        BinaryPrimitives.WriteUInt32BigEndian(value.AsSpan(1), verify);
        IsRead(Binary(0x21, 0x11, Four(Vector(0x20, value))), header => Assert.Equal(new ProxyTls(isEncrypted, isVerified, null), header.Tls));
    }

    [Theory]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(129)]
    public void A_unique_id_has_at_most_128_bytes(int length)
    {
        byte[] header = Binary(0x21, 0x11, Four(Vector(0x05, new byte[length])));
        if (length <= 128)
            IsRead(header, read => Assert.Equal(length, read.UniqueId.Length));
        else
            IsRefused(header, "its unique id is longer than 128 bytes");
    }

    [Theory]
    [InlineData(254)]
    [InlineData(255)]
    [InlineData(256)]
    public void An_authority_has_at_most_255_bytes(int length)
    {
        byte[] header = Binary(0x21, 0x11, Four(Vector(0x02, Encoding.ASCII.GetBytes(new string('a', length)))));
        if (length <= 255)
            IsRead(header, read => Assert.Equal(length, read.Authority!.Length));
        else
            IsRefused(header, "its authority is longer than 255 bytes");
    }

    public static TheoryData<byte[], string> BadVectors() => new()
    {
        { [0x04], "what it announces ends in the midst" },
        { [0x04, 0], "what it announces ends in the midst" },
        { [0x04, 0, 1], "what it announces ends in the midst" },
        { [0x04, 0xff, 0xff, 0], "what it announces ends in the midst" },
        { [.. Vector(0x04, []), 0x04], "what it announces ends in the midst" },
        { [.. Vector(0x02, "a"u8), .. Vector(0x02, "a"u8)], "it has two authorities" },
        { Vector(0x02, [0xff]), "its authority is no text" },
        { [.. Vector(0x05, []), .. Vector(0x05, [])], "it has two unique ids" },
        { Vector(0x20, [1, 0, 0, 0]), "what it says of TLS is too short" },
        { Vector(0x20, [1, 0, 0, 0, 0, 0x22]), "what it says of TLS ends in the midst" },
        { Vector(0x20, [1, 0, 0, 0, 0, 0x22, 0, 2, 65]), "what it says of TLS ends in the midst" },
        { Vector(0x20, [1, 0, 0, 0, 0, .. Vector(0x22, [0xc3])]), "its common name is no text" },
        { Vector(0x20, [1, 0, 0, 0, 0, .. Vector(0x22, "a"u8), .. Vector(0x22, "b"u8)]), "it has two common names" },
        { [.. Vector(0x20, [0, 0, 0, 0, 0]), .. Vector(0x20, [0, 0, 0, 0, 0])], "it speaks of TLS twice" },
        { Vector(0x03, [0, 0, 0]), "its checksum has not four bytes" },
        { Vector(0x03, [0, 0, 0, 0]), "its checksum is another" },
    };

    [Theory]
    [MemberData(nameof(BadVectors))]
    public void What_is_announced_wrongly_is_refused(byte[] vectors, string fault) => IsRefused(Binary(0x21, 0x11, Four(vectors)), fault);

    [Fact]
    public void A_checksum_must_be_right_and_every_bit_counts()
    {
        byte[] header = Summed(Binary(0x21, 0x11, Four(Vector(0x02, "a"u8), Vector(0x03, new byte[4]), Vector(0x04, [1, 2]))));
        IsRead(header, static read => Assert.Equal("a", read.Authority));
        int refused = 0;
        for (int bit = 0; bit < header.Length * 8; bit++)
        {
            byte[] other = [.. header];
            other[bit / 8] ^= (byte)(1 << (bit % 8));
            var read = new ProxyHeader(ProxyVersions.Any);
            var verdict = read.Read(other, out _);
            refused += read.Fault == "its checksum is another" ? 1 : 0;

            // A check of the proxy's own has none, and where its length or its kind is another nobody finds it.
            bool isFound = bit / 8 is not (12 or 13 or 14 or 15 or 29 or 30 or 32 or 33 or 34);
            Assert.True(verdict == ProxyVerdict.Malformed || !isFound, $"bit {bit}: {verdict}");
        }

        // Of the addresses, the authority's text, the sum and what stands behind it none is missed.
        Assert.InRange(refused, (12 + 1 + 4 + 2) * 8, header.Length * 8);
        IsRefused(Binary(0x21, 0x11, Four([.. Vector(0x03, [.. CheckOf(Four([.. Vector(0x03, new byte[4]), .. Vector(0x03, new byte[4])]))]), .. Vector(0x03, new byte[4])])), "it has two checksums");
    }

    [Fact]
    public void The_checksum_is_the_one_of_the_rfc() =>
        Assert.Equal(0xE3069283u, BitByBit("123456789"u8));

    [Fact]
    public void A_header_of_haproxy_itself_is_read() =>
        IsRead(
            Convert.FromHexString("0D0A0D0A000D0A515549540A2111000CAC130001AC130003A6520050"),
            static header => Assert.Equal(("172.19.0.1:42578", "172.19.0.3:80"), (header.Source!.ToString(), header.Destination!.ToString())));

    [Theory]
    [InlineData("10.0.0.1:1", "10.0.0.2:65535", "PROXY TCP4 10.0.0.1 10.0.0.2 1 65535\r\n", "10.0.0.1:1", "10.0.0.2:65535")]
    [InlineData("[::ffff:10.0.0.1]:1", "10.0.0.2:2", "PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n", "10.0.0.1:1", "10.0.0.2:2")]
    [InlineData("10.0.0.1:1", "[::1]:2", "PROXY TCP6 0:0:0:0:0:ffff:a00:1 0:0:0:0:0:0:0:1 1 2\r\n", "[::ffff:10.0.0.1]:1", "[::1]:2")]
    [InlineData("[fe80::1%7]:1", "[2001:db8::1]:2", "PROXY TCP6 fe80:0:0:0:0:0:0:1 2001:db8:0:0:0:0:0:1 1 2\r\n", "[fe80::1]:1", "[2001:db8::1]:2")]
    public void What_is_written_is_read_back(string source, string destination, string line, string sourceRead, string destinationRead)
    {
        Span<byte> to = stackalloc byte[ProxyHeader.V1BytesMax];
        int length = ProxyWriter.WriteV1(to, IPEndPoint.Parse(source), IPEndPoint.Parse(destination));
        Assert.Equal(line, Encoding.Latin1.GetString(to[..length]));
        IsRead(to[..length].ToArray(), header => Assert.Equal((sourceRead, destinationRead), (header.Source!.ToString(), header.Destination!.ToString())));
        length = ProxyWriter.WriteV2(to, IPEndPoint.Parse(source), IPEndPoint.Parse(destination));
        Assert.Equal(line.Contains('6', StringComparison.Ordinal) && line.Contains("TCP6", StringComparison.Ordinal) ? ProxyWriter.V2BytesMax : 28, length);
        IsRead(to[..length].ToArray(), header => Assert.Equal((sourceRead, destinationRead), (header.Source!.ToString(), header.Destination!.ToString())));
    }

    [Fact]
    public void A_check_of_our_own_is_the_shortest_header()
    {
        byte[] to = new byte[ProxyHeader.V2BytesMin];
        Assert.Equal(ProxyHeader.V2BytesMin, ProxyWriter.WriteV2Local(to));
        Assert.Equal("0D0A0D0A000D0A515549540A20000000", Convert.ToHexString(to));
        IsRead(to, static header => Assert.True(header.IsLocal));
    }

    [Fact]
    public void The_longest_that_are_written_fit()
    {
        var all = new IPEndPoint(new IPAddress(Enumerable.Repeat((byte)0xff, 16).ToArray()), 65535);
        Assert.Equal(104, ProxyWriter.WriteV1(new byte[ProxyHeader.V1BytesMax], all, all));
        Assert.Equal(ProxyWriter.V2BytesMax, ProxyWriter.WriteV2(new byte[ProxyWriter.V2BytesMax], all, all));
        Assert.ThrowsAny<ArgumentException>(() => ProxyWriter.WriteV1(new byte[103], all, all));
        Assert.ThrowsAny<ArgumentException>(() => ProxyWriter.WriteV2(new byte[51], all, all));
    }

    [Fact]
    public void All_addresses_come_back() => Seed.Run(random =>
    {
        byte[] to = new byte[ProxyHeader.V1BytesMax];
        for (int round = 0; round < 5_000; round++)
        {
            int length = random.Next(2) == 0 ? 4 : 16;
            var (source, destination) = (new IPEndPoint(new IPAddress(Holey(random, length)), random.Next(65_536)), new IPEndPoint(new IPAddress(Holey(random, length)), random.Next(65_536)));
            foreach (bool isText in (bool[])[true, false])
            {
                int written = isText ? ProxyWriter.WriteV1(to, source, destination) : ProxyWriter.WriteV2(to, source, destination);
                var header = new ProxyHeader(ProxyVersions.Any);
                Assert.Equal(ProxyVerdict.Found, header.Read(to.AsSpan(0, written), out int taken));
                Assert.Equal(written, taken);
                Assert.Equal((source, destination), (header.Source, header.Destination));
            }
        }
    });

    [Fact]
    public void Damaged_ones_never_throw_and_never_take_more_than_there_is() => Seed.Run(random =>
    {
        byte[][] good =
        [
            "PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n"u8.ToArray(),
            "PROXY TCP6 2001:db8::1 ::ffff:10.0.0.1 1 2\r\n"u8.ToArray(),
            Encoding.ASCII.GetBytes(WorstOne),
            Binary(0x20, 0x00, []),
            Binary(0x21, 0x11, Four(Vector(0x02, "a"u8), Vector(0x20, [7, 0, 0, 0, 0, .. Vector(0x22, "cn"u8)]), Vector(0x05, [1]))),
            Binary(0x21, 0x21, new byte[36]),
            Binary(0x21, 0x31, new byte[216]),
            Summed(Binary(0x21, 0x11, Four(Vector(0x03, new byte[4])))),
        ];
        var seen = new int[3];
        for (int round = 0; round < 200_000; round++)
        {
            List<byte> bytes = [.. good[random.Next(good.Length)]];
            for (int changes = random.Next(4); changes > 0; changes--)
            {
                int at = random.Next(bytes.Count);
                switch (random.Next(5))
                {
                    case 0: bytes[at] = (byte)random.Next(256); break;
                    case 1: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                    case 2: bytes.RemoveAt(at); break;
                    case 3: bytes.Insert(at, "\r\n\0 :.0f"u8[random.Next(8)]); break;
                    default: bytes.AddRange(random.Bytes(random.Next(5))); break;
                }
            }

            byte[] all = [.. bytes];
            var header = new ProxyHeader((ProxyVersions)random.Next(1, 4));
            var verdict = header.Read(all, out int taken);
            seen[(int)verdict]++;
            Assert.InRange(taken, 0, all.Length);
            Assert.Equal(verdict == ProxyVerdict.Found, taken > 0);
            Assert.Equal(verdict == ProxyVerdict.Malformed, header.Fault.Length > 0);
            Assert.True(verdict != ProxyVerdict.NeedMore || header.Wanted > all.Length);

            // A part of it never says another thing than the whole.
            var part = new ProxyHeader(ProxyVersions.Any);
            int cut = random.Next(all.Length + 1);
            var ofPart = part.Read(all.AsSpan(0, cut), out int takenOfPart);
            var whole = new ProxyHeader(ProxyVersions.Any);
            var ofWhole = whole.Read(all, out taken);
            Assert.True(ofPart == ProxyVerdict.NeedMore || (ofPart, takenOfPart, part.Fault) == (ofWhole, taken, whole.Fault), $"{Convert.ToHexString(all)} cut at {cut}");
        }

        Assert.All(seen, static count => Assert.InRange(count, 1_000, 200_000));
    });

    /// <summary>However it is cut, byte by byte, by what is wanted, and with others' bytes behind it.</summary>
    private static void IsRead(byte[] bytes, Action<ProxyHeader> check)
    {
        for (int cut = 0; cut < bytes.Length; cut++)
        {
            var part = new ProxyHeader(ProxyVersions.Any);
            Assert.Equal((ProxyVerdict.NeedMore, cut), (part.Read(bytes.AsSpan(0, cut), out int none), cut));
            Assert.Equal(0, none);
            Assert.InRange(part.Wanted, cut + 1, bytes.Length);
        }

        var header = new ProxyHeader(ProxyVersions.Any);
        byte[] more = [.. bytes, .. "\r\nPROXY more"u8];
        Assert.Equal((ProxyVerdict.Found, ""), (header.Read(more, out int taken), header.Fault));
        Assert.Equal(bytes.Length, taken);
        check(header);

        // One that reads what is wanted alone reads it to its end.
        var stepped = new ProxyHeader(ProxyVersions.Any);
        int at = 0;
        while (stepped.Read(bytes.AsSpan(0, at), out taken) == ProxyVerdict.NeedMore)
            at = stepped.Wanted;
        Assert.Equal((bytes.Length, bytes.Length), (at, taken));
        check(stepped);
    }

    private static void IsRefused(byte[] bytes, string fault)
    {
        var header = new ProxyHeader(ProxyVersions.Any);
        Assert.Equal(ProxyVerdict.Malformed, header.Read(bytes, out int taken));
        Assert.Equal(0, taken);
        Assert.StartsWith(fault, header.Fault, StringComparison.Ordinal);

        // Byte by byte it comes to the same, and is refused once and for all.
        bool isRefused = false;
        for (int length = 0; length <= bytes.Length; length++)
        {
            var verdict = new ProxyHeader(ProxyVersions.Any).Read(bytes.AsSpan(0, length), out _);
            Assert.NotEqual(ProxyVerdict.Found, verdict);
            Assert.False(isRefused && verdict == ProxyVerdict.NeedMore);
            isRefused = verdict == ProxyVerdict.Malformed;
        }

        Assert.True(isRefused);
    }

    private static byte[] Binary(byte command, byte family, byte[] announced) =>
        [.. "\r\n\r\n\0\r\nQUIT\n"u8, command, family, (byte)(announced.Length >> 8), (byte)announced.Length, .. announced];

    private static byte[] Four(params byte[][] vectors) => [10, 0, 0, 1, 10, 0, 0, 2, 1, 2, 0x18, 0xeb, .. vectors.SelectMany(static vector => vector)];

    private static byte[] Vector(byte kind, ReadOnlySpan<byte> value) => [kind, (byte)(value.Length >> 8), (byte)value.Length, .. value];

    private static byte[] Holey(Random random, int length) => [.. random.Bytes(length).Select(value => random.Next(2) == 0 ? (byte)0 : value)];

    /// <summary>With the sum in its one checksum of zeros.</summary>
    private static byte[] Summed(byte[] header)
    {
        int at = header.AsSpan().IndexOf([(byte)0x03, (byte)0, (byte)4, (byte)0, (byte)0, (byte)0, (byte)0]) + 3;
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(at), BitByBit(header));
        return header;
    }

    private static byte[] CheckOf(byte[] announced)
    {
        byte[] sum = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(sum, BitByBit(Binary(0x21, 0x11, announced)));
        return sum;
    }

    private static uint BitByBit(ReadOnlySpan<byte> bytes)
    {
        uint sum = uint.MaxValue;
        foreach (byte one in bytes)
        {
            sum ^= one;
            for (int bit = 0; bit < 8; bit++)
                sum = (sum & 1) != 0 ? (sum >> 1) ^ 0x82F63B78 : sum >> 1;
        }

        return ~sum;
    }
}

file static class HeaderExtensions
{
    public static ProxyHeader Also(this ProxyHeader header, Action<ProxyHeader> action)
    {
        action(header);
        return header;
    }
}
