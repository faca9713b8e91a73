using System.Text;
using Dynode.Protocols;
using Dynode.Protocols.Redis;

namespace Dynode.UnitTests.Protocols.Redis;

public sealed class RespReplyKindTests
{
    [Theory]
    [InlineData("+OK\r\n", ReplyKind.Normal)]
    [InlineData("", ReplyKind.Normal)]
    [InlineData("$4\r\n-BUS\r\n", ReplyKind.Normal)]
    [InlineData("*1\r\n-LOADING x\r\n", ReplyKind.Normal)]
    [InlineData("-LOADING Redis is loading the dataset in memory\r\n", ReplyKind.NotNow)]
    [InlineData("-MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.\r\n", ReplyKind.NotNow)]
    [InlineData("-BUSY Redis is busy running a script.\r\n", ReplyKind.NotNow)]
    [InlineData("-READONLY You can't write against a read only replica.\r\n", ReplyKind.NotNow)]
    [InlineData("-NOAUTH Authentication required.\r\n", ReplyKind.NotNow)]
    [InlineData("-NOAUTH\r\n", ReplyKind.NotNow)]
    [InlineData("-BUSYGROUP Consumer Group name already exists\r\n", ReplyKind.Error)]
    [InlineData("-BUSYKEY Target key name already exists.\r\n", ReplyKind.Error)]
    [InlineData("-NOAUTHX\r\n", ReplyKind.Error)]
    [InlineData("-noauth x\r\n", ReplyKind.Error)]
    [InlineData("-LOADING", ReplyKind.Error)]
    [InlineData("- LOADING\r\n", ReplyKind.Error)]
    [InlineData("-\r\n", ReplyKind.Error)]
    [InlineData("-", ReplyKind.Error)]
    [InlineData("-OOM command not allowed when used memory > 'maxmemory'.\r\n", ReplyKind.Error)]
    [InlineData("-ERR READONLY \r\n", ReplyKind.Error)]
    public void An_error_says_by_its_code_whether_anything_was_done(string reply, ReplyKind kind) =>
        Assert.Equal(kind, RespReplyKind.Classify(Encoding.ASCII.GetBytes(reply)));
}
