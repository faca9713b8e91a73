using System.Text;
using Dynode.Protocols;
using Dynode.Protocols.Memcached;
using Dynode.Protocols.Redis;

namespace Dynode.UnitTests.Protocols.Redis;

/// <summary>What is told to other regions must be what a server with the same data would say there.</summary>
public sealed class RespReplyFormTests
{
    [Theory]
    [InlineData("+OK\r\n", ReplyForm.Plain)]
    [InlineData(":-1\r\n", ReplyForm.Plain)]
    [InlineData("$0\r\n\r\n", ReplyForm.Plain)]
    [InlineData("$4\r\n-OOM\r\n", ReplyForm.Plain)]
    [InlineData("$-1\r\n", ReplyForm.OfProtocol)]
    [InlineData("*-1\r\n", ReplyForm.OfProtocol)]
    [InlineData("_\r\n", ReplyForm.OfProtocol)]
    [InlineData("#t\r\n", ReplyForm.OfProtocol)]
    [InlineData(",1.5\r\n", ReplyForm.OfProtocol)]
    [InlineData("*0\r\n", ReplyForm.OfProtocol)]
    [InlineData("*2\r\n$2\r\n-5\r\n:-5\r\n", ReplyForm.OfProtocol)]
    [InlineData("*1\r\n-WRONGTYPE Operation against a key holding the wrong kind of value\r\n", ReplyForm.OfProtocol)]
    [InlineData("~1\r\n$1\r\na\r\n", ReplyForm.OfProtocol)]
    [InlineData("-WRONGTYPE Operation against a key holding the wrong kind of value\r\n", ReplyForm.Plain)]
    [InlineData("-ERR value is not an integer or out of range\r\n", ReplyForm.Plain)]
    [InlineData("-BUSYGROUP Consumer Group name already exists\r\n", ReplyForm.Plain)]
    [InlineData("!21\r\nERR a script's own one\r\n", ReplyForm.OfProtocol)]
    [InlineData("-OOM command not allowed when used memory > 'maxmemory'.\r\n", ReplyForm.OfState)]
    [InlineData("-MISCONF Redis is configured to save RDB snapshots\r\n", ReplyForm.OfState)]
    [InlineData("-NOREPLICAS Not enough good replicas to write.\r\n", ReplyForm.OfState)]
    [InlineData("-NOPERM User default has no permissions to run the 'set' command\r\n", ReplyForm.OfState)]
    [InlineData("-BUSY Redis is busy running a script.\r\n", ReplyForm.OfState)]
    [InlineData("-EXECABORT Transaction discarded because of: OOM command not allowed\r\n", ReplyForm.OfState)]
    [InlineData("-ERR Error running script (call to f_1): @user_script:1: @user_script: 1: -OOM command not allowed\r\n", ReplyForm.OfState)]
    [InlineData("-ERR Background save already in progress\r\n", ReplyForm.OfState)]
    [InlineData("-SOMETHING else\r\n", ReplyForm.OfState)]
    [InlineData("+Background saving started\r\n", ReplyForm.OfState)]
    [InlineData("*2\r\n+OK\r\n-OOM command not allowed\r\n", ReplyForm.OfState)]
    [InlineData("*2\r\n+OK\r\n!11\r\nOOM no room\r\n", ReplyForm.OfState)]
    [InlineData("", ReplyForm.OfState)]
    public void A_reply_is_of_data_of_a_protocol_or_of_the_servers_state(string reply, ReplyForm form) =>
        Assert.Equal(form, new RedisProtocol().FormOf(Encoding.Latin1.GetBytes(reply)));

    [Theory]
    [InlineData("SERVER_ERROR out of memory storing object\r\n", ReplyForm.OfState)]
    [InlineData("CLIENT_ERROR bad data chunk\r\n", ReplyForm.Plain)]
    [InlineData("STORED\r\n", ReplyForm.Plain)]
    [InlineData("END\r\n", ReplyForm.Plain)]
    public void Memcacheds_own_errors_are_of_its_state(string reply, ReplyForm form) =>
        Assert.Equal(form, new MemcachedProtocol().FormOf(Encoding.Latin1.GetBytes(reply)));

    [Fact]
    public void An_error_that_is_longer_than_any_of_a_servers_is_not_compared() =>
        Assert.Equal(ReplyForm.OfState, new RedisProtocol().FormOf(Encoding.Latin1.GetBytes($"-ERR {new string('a', 600)}\r\n")));
}
