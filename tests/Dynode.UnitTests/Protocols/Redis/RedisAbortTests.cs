using System.Text;
using Dynode.Protocols.Redis;

namespace Dynode.UnitTests.Protocols.Redis;

public sealed class RedisAbortTests
{
    private const string Aborted = "-EXECABORT Transaction discarded because of previous errors.\r\n";

    /// <summary>What a redis-server 7.0.15 says when it queues, and what EXEC then says here.</summary>
    [Theory]
    [InlineData("-OOM command not allowed when used memory > 'maxmemory'.\r\n", "OOM command not allowed when used memory > 'maxmemory'.")]
    [InlineData("-NOREPLICAS Not enough good replicas to write.\r\n", "NOREPLICAS Not enough good replicas to write.")]
    [InlineData("-NOPERM this user has no permissions to run the 'set' command\r\n", "NOPERM this user has no permissions to run the 'set' command")]
    [InlineData("-ERR wrong number of arguments for 'set' command\r\n", "wrong number of arguments for 'set' command")]
    [InlineData("-OOM cut in the mid", "OOM cut in the mid")]
    public void An_abort_names_what_was_said_when_it_was_queued(string refusal, string cause)
    {
        Assert.Equal($"-EXECABORT Transaction discarded because of: {cause}\r\n", Explain(Aborted, refusal, 1));
        Assert.Equal($"-EXECABORT Transaction discarded because of: {cause}\r\n", Explain(Aborted, refusal, 65_535));
    }

    [Fact]
    public void Without_MULTI_nothing_was_queued_and_that_is_said() =>
        Assert.Equal(
            "-ERR the server refused MULTI, and did one by one what was to be one transaction: NOPERM this user has no permissions to run the 'multi' command\r\n",
            Explain("-ERR EXEC without MULTI\r\n", "-NOPERM this user has no permissions to run the 'multi' command\r\n", 0));

    [Theory]
    [InlineData("-EXECABORT Transaction discarded because of: NOPERM this user has no permissions to run the 'exec' command\r\n")]
    [InlineData("-LOADING Redis is loading the dataset in memory\r\n")]
    public void What_says_it_itself_stays_as_it_is(string last) => Assert.Null(Explain(last, "-OOM x\r\n", 1));

    [Fact]
    public void What_is_no_error_explains_nothing() => Assert.Null(Explain(Aborted, "+QUEUED\r\n", 1));

    private static string? Explain(string last, string refusal, int at) =>
        RedisAbort.Explain(Encoding.ASCII.GetBytes(last), Encoding.ASCII.GetBytes(refusal), at) is { } said ? Encoding.ASCII.GetString(said) : null;
}
