using Dynode.Protocols;

namespace Dynode.UnitTests.Protocols.Redis;

public sealed class RedisReadsTests
{
    [Theory]
    [InlineData("GET a", true)]
    [InlineData("gEt a", true)]
    [InlineData("MGET a b", true)]
    [InlineData("XREAD STREAMS s 0", true)]
    [InlineData("SCAN 0", true)]
    [InlineData("OBJECT ENCODING a", true)]
    [InlineData("INFO", true)]
    [InlineData("SORT_RO a", true)]
    [InlineData("SORT a", false)]
    [InlineData("GETEX a", false)]
    [InlineData("GETDEL a", false)]
    [InlineData("SET a 1", false)]
    [InlineData("PFCOUNT a", false)]
    [InlineData("EVAL_RO x 0", false)]
    [InlineData("CONFIG GET a", false)]
    [InlineData("XREADGROUP GROUP g c STREAMS s >", false)]
    [InlineData("JSON.GET a", false)]
    [InlineData("nonsense a", false)]
    public void A_request_reads_where_its_name_changes_nothing_for_certain(string request, bool reads)
    {
        var driver = new ReaderDriver { Settings = new() { MarksReads = true } };

        // The second time its name is known already.
        Assert.Equal(reads, driver.Ask(request.Split(' ')).Verdict.Reads);
        Assert.Equal(reads, driver.Ask(request.Split(' ')).Verdict.Reads);
        Assert.Equal(reads, driver.Say(request).Verdict.Reads);
        driver.Settings = new();
        Assert.False(driver.Ask(request.Split(' ')).Verdict.Reads);
    }

    [Fact]
    public void A_transaction_reads_never_whatever_is_in_it()
    {
        var driver = new ReaderDriver { Settings = new() { MarksReads = true } };
        driver.Ask("GET", "a");
        foreach (string part in (string[])["MULTI", "GET a", "GET a"])
            Assert.False(driver.Say(part).Verdict.Reads);
        var executed = driver.Say("EXEC").Verdict;
        Assert.Equal((RequestAction.ForwardCollected, false), (executed.Action, executed.Reads));
        Assert.True(driver.Ask("GET", "a").Verdict.Reads);
    }
}
