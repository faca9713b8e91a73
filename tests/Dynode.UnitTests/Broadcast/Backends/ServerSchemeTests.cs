using Dynode.Broadcast.Backends;

namespace Dynode.UnitTests.Broadcast.Backends;

/// <summary>How a server is spoken to stands beside what it is: the same host and port are one server.</summary>
public sealed class ServerSchemeTests
{
    [Theory]
    [InlineData("a:1", null, "a:1")]
    [InlineData(" TLS://A:01 ", true, "tls://a:1")]
    [InlineData("tcp://[0:0::1]:6379", false, "tcp://[::1]:6379")]
    [InlineData("tls://10.0.0.1:6380", true, "tls://10.0.0.1:6380")]
    public void A_scheme_is_read_and_written_back(string text, bool? byTls, string written)
    {
        Assert.True(ServerScheme.TryParse(text, out var address, out string? fault), fault);
        Assert.Equal(byTls, address.ByTls);
        Assert.Equal(written, ServerScheme.Write(address));
        Assert.True(ServerScheme.TryParse(written, out var again, out _) && again.Equals(address) && again.IsSpokenToAlike(address));

        // As it is called everywhere.
        Assert.DoesNotContain("//", address.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("redis://a:1", "begins with what is neither tls:// nor tcp://")]
    [InlineData("rediss://a:1", "begins with what is neither tls:// nor tcp://")]
    [InlineData("tls://tls://a:1", "begins with what is neither tls:// nor tcp://")]
    [InlineData("tls:a:1", "has more than one colon; an IPv6 address is written [::1]:6379")]
    [InlineData("tls://", "has no port (host:port)")]
    [InlineData("tls://a", "has no port (host:port)")]
    [InlineData("tls://:1", "has no host")]
    public void What_is_no_server_is_a_fault(string text, string fault)
    {
        Assert.False(ServerScheme.TryParse(text, out _, out string? said));
        Assert.Equal(fault, said);
    }

    [Fact]
    public void One_server_is_one_however_it_is_spoken_to_and_the_first_word_counts()
    {
        BackendAddress tls = Of("tls://a:1"), plain = Of("a:1"), saidPlain = Of("tcp://a:1"), named = tls with { CertifiedHost = "b" };
        Assert.All((BackendAddress[])[plain, saidPlain, named], other => Assert.Equal((tls, tls.GetHashCode()), (other, other.GetHashCode())));
        Assert.True(plain.IsSpokenToAlike(saidPlain) && !tls.IsSpokenToAlike(plain) && !tls.IsSpokenToAlike(named) && !tls.IsSpokenToAlike(Of("tls://a:2")));
        Assert.True(Assert.Single(BackendSet.Of([tls, plain, saidPlain]).Addresses).ByTls);
        Assert.False(Assert.Single(BackendSet.Of([saidPlain, tls]).Addresses).ByTls);
        Assert.NotEqual(BackendSet.Of([tls]), BackendSet.Of([plain]));
        Assert.NotEqual(BackendSet.Of([tls]), BackendSet.Of([named]));
        Assert.Equal(BackendSet.Of([saidPlain]), BackendSet.Of([plain]));
    }

    private static BackendAddress Of(string text) => ServerScheme.TryParse(text, out var address, out string? fault) ? address : throw new ArgumentException(fault);
}
