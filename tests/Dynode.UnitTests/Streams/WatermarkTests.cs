using System.Text;
using Dynode.Streams;
using Dynode.TestKit;

namespace Dynode.UnitTests.Streams;

public sealed class WatermarkTests
{
    private static readonly byte[] Table = TableOf();

    private static readonly Watermark Some = new("00000000000000ff", 7, 3, 120_455, 2, "", Table);

    [Theory]
    [InlineData("")]
    [InlineData("Retention")]
    public void What_was_written_is_read(string gap)
    {
        var written = Some with { Gap = gap };
        Assert.Equal(written, Watermark.Read(written.Write()));
    }

    [Fact]
    public void What_is_not_exactly_as_it_would_be_written_is_none()
    {
        string text = Encoding.ASCII.GetString(Some.Write());
        string[] others =
        [
            "", "?", " ", "x", text + " ", " " + text, text + "\n", text[..^1], text + "=", "2" + text[1..], text.Replace(" 7 ", " 07 ", StringComparison.Ordinal),
            text.Replace(" 7 ", " +7 ", StringComparison.Ordinal), text.Replace(" 7 ", " -7 ", StringComparison.Ordinal), text.Replace(".2 ", ".02 ", StringComparison.Ordinal),
            text.Replace("120455.2", "120455", StringComparison.Ordinal), text.Replace("120455.2", "18446744073709551616.2", StringComparison.Ordinal),
            text.Replace("00ff", "00FF", StringComparison.Ordinal), text.Replace("00ff", "0ff", StringComparison.Ordinal), text.Replace(" - ", " -- ", StringComparison.Ordinal),
            text.Replace(" - ", "  ", StringComparison.Ordinal), text.Replace(" - ", " Gap1 ", StringComparison.Ordinal), text.Replace(" - ", $" {new string('a', 33)} ", StringComparison.Ordinal),
            text[..(text.LastIndexOf(' ') + 1)], text[..(text.LastIndexOf(' ') + 1)] + "!!!!", text[..(text.LastIndexOf(' ') + 1)] + "AAAA", new string('1', Watermark.BytesMax + 1),
        ];
        Assert.All(others, other => Assert.Null(Watermark.Read(Encoding.Latin1.GetBytes(other))));
    }

    [Fact]
    public void A_table_that_is_ahead_of_its_place_is_none()
    {
        var lanes = new Lanes();
        lanes.BeginBehind(5);
        byte[] table = new byte[lanes.Bytes];
        lanes.Write(table);
        Assert.NotNull(Watermark.Read((Some with { Number = 5, Table = table }).Write()));
        Assert.Null(Watermark.Read((Some with { Number = 4, Table = table }).Write()));
    }

    [Fact]
    public void Whatever_lies_there_is_read_without_a_fault_and_only_what_was_written_is_taken() => Seed.Run(random =>
    {
        byte[] text = Some.Write();
        for (int i = 0; i < 20_000; i++)
        {
            byte[] other = [.. text];
            for (int n = random.Next(1, 4); n > 0; n--)
                other[random.Next(other.Length)] = (byte)random.Next(256);
            if (Watermark.Read(other) is { } read)
                Assert.Equal(other, read.Write());
        }
    });

    [Fact]
    public void The_longest_is_short_enough()
    {
        byte[] table = new byte[Lanes.BytesMax];
        int length = new Watermark("00000000000000ff", long.MaxValue, long.MaxValue, ulong.MaxValue, long.MaxValue, new string('a', 32), table).Write().Length;
        Assert.InRange(length, 1, Watermark.BytesMax);
    }

    private static byte[] TableOf()
    {
        var lanes = new Lanes();
        byte[] table = new byte[lanes.Bytes];
        lanes.Write(table);
        return table;
    }
}
