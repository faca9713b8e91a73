using Dynode.Protocols;

namespace Dynode.UnitTests.Protocols;

public sealed class ServerTraitsTests
{
    [Theory]
    [InlineData("7.0.15", "7.2.4", "7.0.15")]
    [InlineData("7.10.0", "7.9.9", "7.9.9")]
    [InlineData("7.2", "7.2.1", "7.2")]
    [InlineData("7.2", "7.2", "7.2")]
    [InlineData("8.0.2", "255.255.255", "8.0.2")]
    [InlineData("8.0-rc1", "8.1", "8.0-rc1")]
    [InlineData("1.6.38", "1.6.9", "1.6.9")]
    [InlineData("", "1.0", "")]
    [InlineData("x", "1.0", "x")]
    [InlineData("99999999999999999999999", "1.0", "99999999999999999999999")]
    public void The_older_version_is_what_both_have(string one, string other, string least)
    {
        Assert.Equal(least, ServerTraits.Least(new("a", one, 3), new("b", other, 3)).Version);
        Assert.Equal(least, ServerTraits.Least(new("b", other, 3), new("a", one, 3)).Version);
    }

    [Fact]
    public void The_name_goes_with_the_version_and_the_protocol_is_what_both_speak() =>
        Assert.Equal(new ServerTraits("redis", "7.2", 2), ServerTraits.Least(new("valkey", "8.1", 2), new("redis", "7.2", 3)));
}
