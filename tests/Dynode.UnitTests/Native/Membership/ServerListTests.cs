using System.Buffers;
using System.Text;
using CsCheck;
using Dynode.Native.Membership;

namespace Dynode.UnitTests.Native.Membership;

public class ServerListTests
{
    [Theory]
    [InlineData("""["a:1"]""", "a:1")]
    [InlineData(""" [ "a:1" , "b:2" ] """, "a:1, b:2")]
    [InlineData("[\"a:1\"]\r\n", "a:1")]
    [InlineData("""["a:1","A:01"]""", "a:1, a:1")]
    [InlineData("""["\u0061:\u0031"]""", "a:1")]
    public void A_list_of_addresses_is_taken_in_its_order(string answer, string addresses)
    {
        ListVerdict verdict = Parse(answer);
        Assert.Null(verdict.Fault);
        Assert.Equal(addresses, string.Join(", ", verdict.Addresses));
    }

    [Fact]
    public void IPv6_addresses_are_servers_like_others() =>
        Assert.Equal("[::1]:6379, [2001:db8::7]:1, 10.0.0.1:6379", string.Join(", ", Parse("""["[::1]:6379","[2001:DB8:0::7]:1","10.0.0.1:6379"]""").Addresses));

    [Theory]
    [InlineData("""["a:1","fe80::1:6379"]""", "entry 2 \"fe80::1:6379\" has more than one colon; an IPv6 address is written [::1]:6379")]
    [InlineData("""["a:1","b"]""", "entry 2 \"b\" has no port (host:port)")]
    [InlineData("""["a:0"]""", "entry 1 \"a:0\" has no port between 1 and 65535")]
    [InlineData("""["a:65536"]""", "entry 1 \"a:65536\" has no port between 1 and 65535")]
    [InlineData("""[":1"]""", "entry 1 \":1\" has no host")]
    [InlineData("""[""]""", "entry 1 \"\" has no port (host:port)")]
    [InlineData("""["http://a:1"]""", "entry 1 \"http://a:1\" begins with what is neither tls:// nor tcp://")]
    [InlineData("""["1.2.3:1"]""", "entry 1 \"1.2.3:1\" has no valid IPv4 address")]
    public void A_malformed_address_is_named_and_spoils_the_whole_answer(string answer, string fault) => Assert.Equal(fault, Parse(answer).Fault);

    [Fact]
    public void An_empty_array_is_a_fault_and_not_no_servers() => Assert.Equal("the answer is an empty array", Parse("[]").Fault);

    [Theory]
    [InlineData("", "the answer is empty")]
    [InlineData("{}", "the answer is an object, not an array of \"host:port\"")]
    [InlineData("null", "the answer is null, not an array of \"host:port\"")]
    [InlineData("\"a:1\"", "the answer is a string, not an array of \"host:port\"")]
    [InlineData("""["a:1",null]""", "entry 2 is null, not a string")]
    [InlineData("""["a:1",["b:2"]]""", "entry 2 is an array, not a string")]
    [InlineData("""["a:1",6379]""", "entry 2 is a number, not a string")]
    [InlineData("""["a:1",{"host":"b:2"}]""", "entry 2 is an object, not a string")]
    [InlineData("""["a:1",true]""", "entry 2 is a boolean, not a string")]
    [InlineData("""["a\ud800:1"]""", "entry 1 is not valid UTF-8")]
    public void What_is_no_array_of_strings_is_refused_by_kind_and_place(string answer, string fault) => Assert.Equal(fault, Parse(answer).Fault);

    [Theory]
    [InlineData("   ")]
    [InlineData("[")]
    [InlineData("""["a:1" """)]
    [InlineData("""["a:1",]""")]
    [InlineData("""["a:1"]["b:2"]""")]
    [InlineData("""["a:1"] x""")]
    [InlineData("""["a:1"],""")]
    [InlineData("['a:1']")]
    [InlineData("<html>\n<body>")]
    [InlineData("""["a:1"] // ours""")]
    [InlineData("[\"a\n:1\"]")]
    public void What_is_no_JSON_is_refused_with_its_place(string answer)
    {
        string? fault = Parse(answer).Fault;
        Assert.StartsWith("the answer is no valid JSON (line ", fault, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', fault!);
    }

    [Fact]
    public void A_byte_order_mark_is_refused_by_name() =>
        Assert.Equal("the answer begins with a byte order mark, which is not part of JSON", Parse("\uFEFF[\"a:1\"]").Fault);

    [Fact]
    public void Invalid_UTF8_is_refused_by_place() =>
        Assert.Equal("entry 2 is not valid UTF-8", ServerList.Parse(new([.. "[\"a:1\",\"b"u8, 0xC3, 0x28, .. ":2\"]"u8])).Fault);

    [Fact]
    public void Hostile_nesting_is_refused_without_descending()
    {
        string fault = Parse(new string('[', 500_000)).Fault!;
        Assert.Contains("depth of 8", fault, StringComparison.Ordinal);
        Assert.InRange(fault.Length, 1, 300);
    }

    [Theory]
    [InlineData(ServerList.DepthMax - 1, "entry 1 is an array")]
    [InlineData(ServerList.DepthMax, "entry 1 is an array")]
    [InlineData(ServerList.DepthMax + 1, "depth of 8")]
    public void Nesting_has_a_limit(int depth, string fault) =>
        Assert.Contains(fault, Parse(new string('[', depth) + new string(']', depth)).Fault, StringComparison.Ordinal);

    [Theory]
    [InlineData(ServerList.AddressesMax - 1, true)]
    [InlineData(ServerList.AddressesMax, true)]
    [InlineData(ServerList.AddressesMax + 1, false)]
    public void The_number_of_entries_has_a_limit(int count, bool isGood) =>
        Assert.Equal(isGood, Parse("[" + string.Join(",", Enumerable.Range(1, count).Select(port => $"\"a:{port}\"")) + "]").IsGood);

    [Fact]
    public void An_entry_cannot_write_a_line_of_its_own_into_the_log()
    {
        string fault = Parse("""["x\n2026-01-31T12:00:00.123Z ERROR forged\u001b[2J\u202e"]""").Fault!;
        Assert.All(fault, c => Assert.InRange(c, ' ', '~'));
        Assert.StartsWith("entry 1 \"x\\n2026", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_entry_is_cut() => Assert.InRange(Parse($"[\"{new string('x', 100_000)}\"]").Fault!.Length, 64, 200);

    [Fact]
    public void An_answer_gives_the_same_verdict_in_whatever_pieces_it_came()
    {
        byte[] answer = Encoding.UTF8.GetBytes("""["a:1", "é:2", ["x"]]""");
        ListVerdict whole = ServerList.Parse(new(answer));
        for (int first = 0; first <= answer.Length; first++)
        {
            for (int second = first; second <= answer.Length; second++)
                Assert.Equal(whole, ServerList.Parse(Split(answer, first, second)), (one, other) => one.Fault == other.Fault);
        }
    }

    [Fact]
    public void Random_bytes_in_an_answer_never_throw_and_what_is_good_is_all_valid()
    {
        byte[] sample = Encoding.UTF8.GetBytes("""["a:1","[::1]:6379", "10.0.0.1:65535",null,{"x":[1,true]},"\ud83d\ude00\u0000"]""");
        Gen.Select(Gen.Byte, Gen.Int[0, sample.Length - 1]).Array[0, 12]
            .Select(Gen.Int[0, sample.Length], Gen.Int[0, sample.Length])
            .Sample((edits, cut, split) =>
            {
                byte[] mutated = [.. sample];
                foreach ((byte value, int at) in edits)
                    mutated[at] = value;
                CheckTotal(mutated.AsMemory(0, cut).ToArray(), Math.Min(split, cut));
            });
    }

    [Fact]
    public void Random_lists_are_good_exactly_if_every_entry_is_an_address()
    {
        string[] valid = ["\"a:1\"", "\"[::1]:2\"", "\"b.c:3\""];
        string[] all = [.. valid, "\"b\"", "null", "4", "[\"a:1\"]", "\"a:1:2\"", "\"\""];
        Gen.Int[0, all.Length - 1].Select(i => all[i]).Array[0, 6].Sample(entries =>
        {
            ListVerdict verdict = Parse($"[{string.Join(",", entries)}]");
            Assert.Equal(entries.Length > 0 && entries.All(valid.Contains), verdict.IsGood);
            Assert.Equal(verdict.IsGood ? entries.Length : 0, verdict.Addresses.Length);
        });
    }

    private static void CheckTotal(byte[] answer, int split)
    {
        ListVerdict verdict = ServerList.Parse(Split(answer, split, split));
        Assert.Equal(verdict.IsGood, !verdict.Addresses.IsEmpty);
        if (verdict.IsGood)
            Assert.All(verdict.Addresses, address => Assert.True(Dynode.Broadcast.Backends.BackendAddress.TryParse(address.ToString(), out _, out _)));
        else
            Assert.All(verdict.Fault!, c => Assert.InRange(c, ' ', '~'));
    }

    private static ListVerdict Parse(string answer) => ServerList.Parse(new(Encoding.UTF8.GetBytes(answer)));

    private static ReadOnlySequence<byte> Split(byte[] bytes, int first, int second)
    {
        var head = new Piece(bytes.AsMemory(0, first), null);
        var tail = new Piece(bytes.AsMemory(second), new Piece(bytes.AsMemory(first, second - first), head));
        return new(head, 0, tail, tail.Memory.Length);
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory, Piece? before)
        {
            Memory = memory;
            if (before is not null)
            {
                RunningIndex = before.RunningIndex + before.Memory.Length;
                before.Next = this;
            }
        }
    }
}
