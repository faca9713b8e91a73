using System.Buffers;
using System.Text;
using Dynode.Protocols.Redis;
using Dynode.TestKit;

namespace Dynode.UnitTests.Protocols.Redis;

public sealed class RespInlineTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData(" \t\v\f\r\n", "")]
    [InlineData("PING\r\n", "PING")]
    [InlineData("  set\tk  v \n", "set|k|v")]
    [InlineData("\v\fECHO a\vb\r\n", "ECHO|a\vb")]
    [InlineData("ECHO foo\"bar\"\r\n", "ECHO|foobar")]
    [InlineData("ECHO \"a b\" 'c d'", "ECHO|a b|c d")]
    [InlineData("ECHO \"\" ''", "ECHO||")]
    [InlineData("\"\\n\\r\\t\\b\\a\\\\\\\"\\q\"", "\n\r\t\b\a\\\"q")]
    [InlineData("\"\\x41\\x4\\xg\\xfF\"", "Ax4xg\xff")]
    [InlineData("'\\n\\''", "\\n'")]
    [InlineData("a\\ b", "a\\|b")]
    [InlineData("\"a\"\vb", "a|b")]
    [InlineData("\"a\"b", null)]
    [InlineData("'a'\"b\"", null)]
    [InlineData("\"a\r\n", null)]
    [InlineData("'a", null)]
    [InlineData("\"a\\", null)]
    [InlineData("'a\\'", null)]
    [InlineData("\"a\\\"", null)]
    [InlineData("a b \"", null)]
    public void A_line_is_split_as_redis_splits_it(string line, string? words)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(line);
        AgreesWithOracle(bytes);
        var split = SplitOracle.Split(bytes);
        Assert.Equal(words, split is null ? null : string.Join('|', split.Select(Encoding.Latin1.GetString)));
    }

    [Fact]
    public void Random_lines_are_split_as_the_oracle_splits_them() => Seed.Run(random =>
    {
        byte[] telling = "ab nrtxf09\"\"''\\\\  \t\v\r\n\0\xff"u8.ToArray();
        for (int i = 0; i < 50_000; i++)
        {
            byte[] line = new byte[random.Next(25)];
            for (int at = 0; at < line.Length; at++) line[at] = telling[random.Next(telling.Length - (i % 3))];
            AgreesWithOracle(line);
        }
    });

    [Fact]
    public void The_longest_line_becomes_no_longer_than_promised()
    {
        byte[] line = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("x ", RespRequestFramer.InlineBytesMax / 2)));
        Assert.InRange(AgreesWithOracle(line), 1, 57 << 10);
    }

    private static int AgreesWithOracle(byte[] line)
    {
        var expected = SplitOracle.Split(line);
        var output = new ArrayBufferWriter<byte>();
        bool isSplit = RespInline.TrySplit(line, output, out int arguments);
        Assert.True(isSplit == expected is not null, Trace.Shown(line));
        if (expected is null or [])
        {
            Assert.Equal(0, output.WrittenCount);
            return 0;
        }

        var reader = new RequestOracle(output.WrittenSpan.ToArray(), long.MaxValue);
        Assert.Single(reader.Read().Frames);
        Assert.Equal(expected.Count, arguments);
        Assert.Equal(expected, Assert.Single(reader.Arrays));
        return output.WrittenCount;
    }
}
