using System.Buffers;
using System.Text;
using Dynode.Protocols.Redis;

namespace Dynode.UnitTests.Protocols.Redis;

public sealed class RespWriterTests
{
    [Fact]
    public void Everything_is_written_as_the_protocol_says()
    {
        Assert.Equal("*0\r\n", Written(output => RespWriter.WriteArrayHeader(output, 0)));
        Assert.Equal("*1048576\r\n", Written(output => RespWriter.WriteArrayHeader(output, 1_048_576)));
        Assert.Equal("$0\r\n\r\n", Written(output => RespWriter.WriteBulk(output, [])));
        Assert.Equal("$4\r\na\r\nb\r\n", Written(output => RespWriter.WriteBulk(output, "a\r\nb"u8)));
        Assert.Equal(":-9223372036854775808\r\n", Written(output => RespWriter.WriteInteger(output, long.MinValue)));
        Assert.Equal("+OK\r\n", Written(output => RespWriter.WriteSimple(output, "OK"u8)));
        Assert.Equal("-ERR no\r\n", Written(output => RespWriter.WriteError(output, "ERR no"u8)));
    }

    [Fact]
    public void A_line_end_in_a_text_ends_no_reply() =>
        Assert.Equal("-ERR a  b c d\r\n", Written(output => RespWriter.WriteError(output, "ERR a\r\nb\rc\nd")));

    private static string Written(Action<IBufferWriter<byte>> write)
    {
        var output = new ArrayBufferWriter<byte>();
        write(output);
        return Encoding.Latin1.GetString(output.WrittenSpan);
    }
}
