using System.Text;
using Dynode.Protocols;
using Dynode.Protocols.Redis;

namespace Dynode.UnitTests.Protocols.Redis;

public sealed class RedisNaturesTests
{
    private const RequestNature Program = RequestNature.RunsProgram;

    [Theory]
    [InlineData("get k", RequestNature.Reads)]
    [InlineData("GEORADIUSBYMEMBER_RO k m 1 km", RequestNature.Reads)]
    [InlineData("memory usage k", RequestNature.Reads)]
    [InlineData("object ENCODING k", RequestNature.Reads)]
    [InlineData("XINFO STREAM k", RequestNature.Reads)]
    [InlineData("SET k v", RequestNature.None)]
    [InlineData("GETEX k", RequestNature.None)]
    [InlineData("SORT k", RequestNature.None)]
    [InlineData("GEORADIUS k 0 0 1 km", RequestNature.None)]
    [InlineData("XGROUP CREATE k g 0", RequestNature.None)]
    [InlineData("FUNCTION FLUSH", RequestNature.None)]
    [InlineData("FUNCTION DELETE x", RequestNature.None)]
    [InlineData("nonsense", RequestNature.None)]
    [InlineData("EVAL x 0", Program)]
    [InlineData("evalsha x 0", Program)]
    [InlineData("FCALL f 0", Program)]
    [InlineData("FUNCTION LOAD x", Program)]
    [InlineData("FUNCTION RESTORE x", Program)]
    [InlineData("SCRIPT LOAD x", Program)]
    [InlineData("TFCALL l.f 0", Program)]
    [InlineData("JSON.SET k $ 1", Program)]
    [InlineData("EVAL_RO x 0", Program | RequestNature.Reads)]
    [InlineData("EVALSHA_RO x 0", Program | RequestNature.Reads)]
    [InlineData("FCALL_RO x 0", Program | RequestNature.Reads)]
    [InlineData("PING", RequestNature.ProvesNothing)]
    [InlineData("PUBLISH c m", RequestNature.ProvesNothing)]
    [InlineData("SELECT 1", RequestNature.ProvesNothing)]
    [InlineData("HELLO 3", RequestNature.ProvesNothing)]
    [InlineData("SCRIPT KILL", RequestNature.ProvesNothing)]
    [InlineData("FUNCTION STATS", RequestNature.ProvesNothing)]
    [InlineData("MEMORY DOCTOR", RequestNature.ProvesNothing)]
    [InlineData("CONFIG SET a b", RequestNature.ProvesNothing)]
    public void A_request_is_known_by_what_redis_flags_it(string words, RequestNature nature) => Assert.Equal(nature, RedisNatures.Of(Encode(words)));

    [Theory]
    [InlineData("GET a|GET b", RequestNature.Reads)]
    [InlineData("GET a|PING", RequestNature.Reads)]
    [InlineData("PING|TIME", RequestNature.ProvesNothing)]
    [InlineData("", RequestNature.ProvesNothing)]
    [InlineData("GET a|SET b c", RequestNature.None)]
    [InlineData("GET a|EVAL x 0", Program)]
    [InlineData("GET a|EVAL_RO x 0|GET b", Program | RequestNature.Reads)]
    public void A_transaction_is_the_most_of_what_is_in_it(string requests, RequestNature nature)
    {
        byte[] transaction = [.. Encode("MULTI"), .. requests.Split('|', StringSplitOptions.RemoveEmptyEntries).SelectMany(Encode), .. Encode("EXEC")];
        Assert.Equal(nature, RedisNatures.Of(transaction));
        for (int length = 0; length < transaction.Length - 6; length++)
            Assert.Contains(RedisNatures.Of(transaction.AsSpan(0, length)), new[] { RequestNature.None, nature });
    }

    [Fact]
    public void What_is_cut_before_its_name_may_be_anything()
    {
        Assert.Equal(RequestNature.None, RedisNatures.Of(Encode("GET k").AsSpan(0, 9)));
        Assert.Equal(RequestNature.None, RedisNatures.Of(default));
        Assert.Equal(RequestNature.Reads, RedisNatures.Of(Encode("GET " + new string('k', 40_000)).AsSpan(0, 32_768)));
    }

    private static byte[] Encode(string words) => Encoding.Latin1.GetBytes(ReaderDriver.Encode(words.Split(' ')));
}
