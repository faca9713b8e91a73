using System.Text;
using Dynode.Native.Handover;

namespace Dynode.UnitTests.Native.Handover;

/// <summary>Who may go on from whom.</summary>
public sealed class ClaimTests
{
    private static readonly Claim Own = new("redis", "0.0.0.0", 9000);

    [Theory]
    [InlineData("/run/a.sock", "/run/a.sock", null)]
    [InlineData("/run/a.sock", "", "this one has port=9000 listen_unix=/run/a.sock, and a successor must have it too")]
    [InlineData("", "/run/a.sock", "this one has port=9000, and a successor must have it too")]
    public void Both_have_the_same_unix_socket(string own, string other, string? said) =>
        Assert.Equal(said, new Claim("redis", "*", 9000, listenUnix: own).Refusal(Text(new Claim("redis", "*", 9000, listenUnix: other))));

    [Fact]
    public void One_that_is_the_same_may_take_over() => Assert.Null(Own.Refusal(Text(new Claim("redis", "0.0.0.0", 9000))));

    /// <summary>Later versions may say more.</summary>
    [Fact]
    public void What_a_later_version_says_beside_is_skipped() => Assert.Null(Own.Refusal(Text(Own) + "\nmore\n"));

    [Theory]
    [InlineData("raw", "0.0.0.0", 9000, "this one has protocol=redis, and a successor must have it too")]
    [InlineData("redis", "127.0.0.1", 9000, "this one has host=0.0.0.0, and a successor must have it too")]
    [InlineData("redis", "0.0.0.0", 9001, "this one has port=9000, and a successor must have it too")]
    public void Another_is_told_what_differs(string protocol, string host, int port, string said) =>
        Assert.Equal(said, Own.Refusal(Text(new Claim(protocol, host, port))));

    [Theory]
    [InlineData("", "", null)]
    [InlineData("orders", "orders", null)]
    [InlineData("orders", "", "this one has its order of the stream orders, and a successor must have it too")]
    [InlineData("orders", "others", "this one has its order of the stream orders, and a successor must have it too")]
    [InlineData("", "orders", "this one has no log=, and a successor must not have it either")]
    public void Both_have_their_order_of_the_same(string own, string other, string? said) =>
        Assert.Equal(said, new Claim("redis", "*", 9000, stream: own).Refusal(Text(new Claim("redis", "*", 9000, stream: other))));

    [Theory]
    [InlineData("", "this one hands over by version 1, and not by another")]
    [InlineData("2\nredis\n0.0.0.0\n9000\n", "this one hands over by version 1, and not by 2")]
    [InlineData("\u001b[31m\n", "this one hands over by version 1, and not by another")]
    [InlineData("1\n", "it does not say what it will be")]
    public void One_that_speaks_otherwise_is_told_so(string claim, string said) => Assert.Equal(said, Own.Refusal(claim));

    private static string Text(Claim claim) => Encoding.UTF8.GetString(claim.Write());

    /// <summary>Clients come by TLS to a socket that goes over: whoever took it for a plain one would answer them in plain.</summary>
    [Theory]
    [InlineData(9443, 9443, null)]
    [InlineData(9443, null, "this one has port=9000 tls_port=9443, and a successor must have it too")]
    [InlineData(9443, 9444, "this one has port=9000 tls_port=9443, and a successor must have it too")]
    [InlineData(null, 9443, "this one has port=9000, and a successor must have it too")]
    public void One_that_speaks_TLS_elsewhere_may_not(int? own, int? other, string? said) =>
        Assert.Equal(said, new Claim("redis", "*", 9000, own).Refusal(Text(new Claim("redis", "*", 9000, other))));
}
