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
    [InlineData("!21\r\nSYNTAX invalid syntax\r\n", ReplyKind.Error)]
    [InlineData("!0\r\n\r\n", ReplyKind.Error)]
    [InlineData("!12345678901\r\nERR", ReplyKind.Error)]
    [InlineData("!44\r\nLOADING Redis is loading the dataset in memory\r\n", ReplyKind.NotNow)]
    [InlineData("|1\r\n+a\r\n+b\r\n-ERR x\r\n", ReplyKind.Error)]
    [InlineData("|1\r\n+a\r\n*1\r\n-ERR y\r\n!3\r\nERR\r\n", ReplyKind.Error)]
    [InlineData("|1\r\n-ERR a\r\n-ERR b\r\n+OK\r\n", ReplyKind.Normal)]
    [InlineData("|1\r\n+a\r\n+b\r\n|0\r\n|1\r\n+c\r\n+d\r\n-ERR x\r\n", ReplyKind.Error)]
    [InlineData("|1\r\n+a\r\n|1\r\n+b\r\n+c\r\n+d\r\n-ERR x\r\n", ReplyKind.Error)]
    [InlineData("|1\r\n+a\r\n+cut", ReplyKind.Normal)]
    [InlineData("|1\r\n+a\r\n+b\r\n", ReplyKind.Normal)]
    [InlineData("|", ReplyKind.Normal)]
    [InlineData("_\r\n", ReplyKind.Normal)]
    [InlineData("%1\r\n+a\r\n-ERR b\r\n", ReplyKind.Normal)]
    [InlineData(">1\r\n+a\r\n", ReplyKind.Push)]
    public void An_error_says_by_its_code_whether_anything_was_done(string reply, ReplyKind kind) =>
        Assert.Equal(kind, RespReplyKind.Classify(Encoding.ASCII.GetBytes(reply)));
}
