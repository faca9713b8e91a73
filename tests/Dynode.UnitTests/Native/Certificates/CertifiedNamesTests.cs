using System.Collections.Immutable;
using Dynode.Native.Certificates;
using Dynode.TestKit;

namespace Dynode.UnitTests.Native.Certificates;

/// <summary>Whose a client's certificate is, and whether that is wanted.</summary>
public sealed class CertifiedNamesTests
{
    [Fact]
    public void Names_are_those_of_the_alternatives_and_no_addresses_and_no_common_name()
    {
        using var authority = new TestAuthority();
        using var certificate = authority.Issue("one.test", "127.0.0.1", "spiffe://cluster/app", "*.two.test").WithKey();
        Assert.Equal(["one.test", "spiffe://cluster/app", "*.two.test"], CertifiedNames.Of(certificate));
        using var nameless = authority.Issue().WithKey();
        Assert.Empty(CertifiedNames.Of(nameless));
    }

    [Theory]
    [InlineData("one.test", "one.test", true)]
    [InlineData("One.TEST", "one.test", true)]
    [InlineData("one.test", "two.test,one.test", true)]
    [InlineData("xone.test", "one.test", false)]
    [InlineData("one.test.evil", "one.test", false)]
    [InlineData("a.one.test", "*.one.test", true)]
    [InlineData("a.b.one.test", "*.one.test", false)]
    [InlineData("one.test", "*.one.test", false)]
    [InlineData(".one.test", "*.one.test", false)]
    [InlineData("spiffe://cluster/app", "spiffe://cluster/app", true)]
    [InlineData("spiffe://cluster/app2", "spiffe://cluster/app", false)]
    [InlineData("spiffe://x.one.test", "*.one.test", false)]
    [InlineData("urn:x.one.test", "*.one.test", false)]
    [InlineData("*.one.test", "a.one.test", false)]
    public void A_name_is_wanted_whole_or_but_for_its_first_label(string name, string wanted, bool isWanted) =>
        Assert.Equal(isWanted, CertifiedNames.HasOne([name], [.. wanted.Split(',')]));

    [Fact]
    public void Who_has_no_name_has_none_that_is_wanted() => Assert.False(CertifiedNames.HasOne(ImmutableArray<string>.Empty, ["*.test"]));
}
