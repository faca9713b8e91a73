using System.Text;
using Dynode.Protocols;
using Dynode.Protocols.Redis;
using Dynode.TestKit;

namespace Dynode.UnitTests.Protocols.Redis;

public sealed class RespReplyKindTests
{
    [Theory]
    [InlineData("+OK\r\n", ReplyKind.Normal)]
    [InlineData("", ReplyKind.Normal)]
    [InlineData("$4\r\n-BUS\r\n", ReplyKind.Normal)]
    [InlineData("*1\r\n-LOADING x\r\n", ReplyKind.Normal)]
    [InlineData("*1\r\n-LOADING Redis is loading the dataset in memory\r\n", ReplyKind.Normal)]
    [InlineData("+LOADING Redis is loading the dataset in memory\r\n", ReplyKind.Normal)]
    [InlineData("-LOADING Redis is loading the dataset in memory", ReplyKind.Error)]
    [InlineData("-LOADING Redis is loading the dataset in memory.\r\n", ReplyKind.Error)]
    [InlineData("-loading Redis is loading the dataset in memory\r\n", ReplyKind.Error)]
    [InlineData("- LOADING Redis is loading the dataset in memory\r\n", ReplyKind.Error)]
    [InlineData("-BUSY the resource is locked\r\n", ReplyKind.Error)]
    [InlineData("-BUSY Redis is busy running a script.\r\n", ReplyKind.Error)]
    [InlineData("-READONLY made by a script\r\n", ReplyKind.Error)]
    [InlineData("-NOAUTH\r\n", ReplyKind.Error)]
    [InlineData("-MASTERDOWN\r\n", ReplyKind.Error)]
    [InlineData("-BUSYGROUP Consumer Group name already exists\r\n", ReplyKind.Error)]
    [InlineData("-BUSYKEY Target key name already exists.\r\n", ReplyKind.Error)]
    [InlineData("-\r\n", ReplyKind.Error)]
    [InlineData("-", ReplyKind.Error)]
    [InlineData("-OOM command not allowed when used memory > 'maxmemory'.\r\n", ReplyKind.Error)]
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
    [InlineData("-ERR READONLY You can't write against a read only replica.\r\n", ReplyKind.Error)]
    [InlineData("-EXECABORT Transaction discarded because of previous errors.\r\n", ReplyKind.Error)]
    [InlineData("-EXECABORT Transaction discarded because of: OOM command not allowed when used memory > 'maxmemory'.\r\n", ReplyKind.Error)]
    [InlineData("-EXECABORT Transaction discarded because of: LOADING Redis is loading the dataset in memory\r\n", ReplyKind.NotNow)]
    [InlineData("-EXECABORT Transaction discarded because of: READONLY You can't write against a read only replica.  \r\n", ReplyKind.NotNow)]
    [InlineData("-READONLY You can't write against a read only replica. script: 7cfb4342127e7ab3d63ac05e0d3615fd50b45b06, on @user_script:1.\r\n", ReplyKind.NotNowWithin)]
    [InlineData("-READONLY You can't write against a read only replica. script: 7cfb\r\n", ReplyKind.Error)]
    [InlineData("-READONLY made up script: 7cfb4342127e7ab3d63ac05e0d3615fd50b45b06, on @user_script:1.\r\n", ReplyKind.Error)]
    [InlineData("-ERR Error running script (call to f_6b1b): @user_script:1: @user_script: 1: -READONLY You can't write against a read only replica. \r\n", ReplyKind.NotNowWithin)]
    [InlineData("-@user_script: 1: -READONLY You can't write against a read only replica.  \r\n", ReplyKind.NotNowWithin)]
    [InlineData("-ERR something: -READONLY You can't write against a read only replica.\r\n", ReplyKind.Error)]
    public void An_error_says_by_its_whole_text_whether_anything_was_done(string reply, ReplyKind kind) =>
        Assert.Equal(kind, RespReplyKind.Classify(Encoding.ASCII.GetBytes(reply)));

    [Fact]
    public void Every_text_is_known_to_the_letter_and_any_letter_more_or_less_or_other_is_an_error()
    {
        foreach (var refusal in RedisRefusals.All)
        {
            byte[] reply = Encoding.ASCII.GetBytes($"-{refusal.Text}\r\n");
            Assert.True(reply.Length <= IProtocol.ReplyHeadBytesMax);
            Assert.Equal(ReplyKind.NotNow, RespReplyKind.Classify(reply, out var cause));
            Assert.Equal(refusal.Cause, cause);
            Assert.NotEqual("", refusal.Since);
            for (int i = 1; i < reply.Length - 2; i++)
            {
                byte[] other = [.. reply];
                other[i] = (byte)(other[i] == 'x' ? 'y' : 'x');
                Assert.Equal(ReplyKind.Error, RespReplyKind.Classify(other, out cause));
                Assert.Equal(NotNowCause.None, cause);
                Assert.Equal(ReplyKind.Error, RespReplyKind.Classify([.. reply[..i], .. reply[(i + 1)..]], out _));
                Assert.Equal(ReplyKind.Error, RespReplyKind.Classify([.. reply[..i], (byte)'a', .. reply[i..]], out _));
            }
        }
    }

    [Fact]
    public void An_error_costs_no_allocation()
    {
        byte[] error = "-BUSY the resource is locked\r\n"u8.ToArray();
        Assert.Equal(0, Allocations.Least(() => RespReplyKind.Classify(error)));
    }
}
