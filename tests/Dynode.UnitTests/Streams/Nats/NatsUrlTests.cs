using Dynode.Streams.Nats;

namespace Dynode.UnitTests.Streams.Nats;

/// <summary>What <c>log=</c> may say, and what is said about all else.</summary>
public sealed class NatsUrlTests
{
    [Theory]
    [InlineData("nats://a/s", "nats://a:4222/s")]
    [InlineData("nats://a:1/s", "nats://a:1/s")]
    [InlineData("nats://a.b-c.example:65535/Orders_1-x", "nats://a.b-c.example:65535/Orders_1-x")]
    [InlineData("nats://10.0.0.1:4222,10.0.0.2,c:5/s", "nats://10.0.0.1:4222,10.0.0.2:4222,c:5/s")]
    [InlineData("nats+tls://[::1]:4222,[fe80::1]/s", "nats+tls://[::1]:4222,[fe80::1]:4222/s")]
    [InlineData("nats://h1,h2,h3,h4,h5,h6,h7,h8,h9,h10,h11,h12,h13,h14,h15,h16/s", null)]
    [InlineData("nats://a/sssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss", "64")]
    public void What_is_right_is_read(string text, string? written)
    {
        if (written == "64") text = text[..("nats://a/".Length + NatsUrl.StreamLengthMax)];
        Assert.True(NatsUrl.TryParse(text, out NatsUrl? url, out string fault), fault);
        if (written is not (null or "64")) Assert.Equal(written, $"{url}");
        Assert.Equal("", fault);
        Assert.Equal(text.StartsWith("nats+tls", StringComparison.Ordinal), url!.IsTls);
        Assert.Equal("", new NatsSettings(url).Fault());
    }

    [Theory]
    [InlineData("", "begins neither with nats:// nor with nats+tls://")]
    [InlineData("tls://a/s", "begins neither with")]
    [InlineData("NATS://a/s", "begins neither with")]
    [InlineData("redis://a/s", "begins neither with")]
    [InlineData("a:4222/s", "begins neither with")]
    [InlineData("nats:/a/s", "begins neither with")]
    [InlineData("nats://", "the stream's name is missing")]
    [InlineData("nats://a", "the stream's name is missing")]
    [InlineData("nats://a:4222/", "the stream's name is missing")]
    [InlineData("nats:///s", "a host is missing")]
    [InlineData("nats://a,/s", "a host is missing")]
    [InlineData("nats://,a/s", "a host is missing")]
    [InlineData("nats://a,,b/s", "a host is missing")]
    [InlineData("nats://:4222/s", "':4222' has no host")]
    [InlineData("nats://a:/s", "has no port")]
    [InlineData("nats://a:0/s", "has no port")]
    [InlineData("nats://a:65536/s", "has no port")]
    [InlineData("nats://a:99999999999/s", "has no port")]
    [InlineData("nats://a:-1/s", "has no port")]
    [InlineData("nats://a:4222x/s", "has no port")]
    [InlineData("nats://a:+1/s", "has no port")]
    [InlineData("nats://a:1:2/s", "written in [ and ]")]
    [InlineData("nats://::1/s", "has no host")]
    [InlineData("nats://fe80::1:4222/s", "written in [ and ]")]
    [InlineData("nats://[::1/s", "has no ] behind its address")]
    [InlineData("nats://[]:1/s", "no address of IPv6")]
    [InlineData("nats://[a]:1/s", "no address of IPv6")]
    [InlineData("nats://[10.0.0.1]:1/s", "no address of IPv6")]
    [InlineData("nats://[::1]4222/s", "has no port")]
    [InlineData("nats://a_b c/s", "a space")]
    [InlineData("nats://a\n/s", "a space")]
    [InlineData("nats://ä/s", "not ASCII")]
    [InlineData("nats://-a/s", "is no host name")]
    [InlineData("nats://a?b/s", "is no host name")]
    [InlineData("nats://a,a:4222/s", "a:4222 is named twice")]
    [InlineData("nats://a/s/t", "'s/t' is no name of a stream")]
    [InlineData("nats://a/s.t", "'s.t' is no name of a stream")]
    [InlineData("nats://a/s*", "is no name of a stream")]
    [InlineData("nats://a/>", "is no name of a stream")]
    [InlineData("nats://a/s?x=1", "is no name of a stream")]
    [InlineData("nats://a/sssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss", "has 65 characters: at most 64")]
    [InlineData("nats://h1,h2,h3,h4,h5,h6,h7,h8,h9,h10,h11,h12,h13,h14,h15,h16,h17/s", "names 17 hosts: at most 16")]
    public void What_is_wrong_is_said(string text, string says)
    {
        Assert.False(NatsUrl.TryParse(text, out NatsUrl? url, out string fault));
        Assert.Null(url);
        Assert.Contains(says, fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nats://user:secret@a/s")]
    [InlineData("nats+tls://secret@a:4222/s")]
    [InlineData("nats://a,u:secret@b/s")]
    public void Who_logs_in_does_not_stand_in_it_and_is_not_repeated(string text)
    {
        Assert.False(NatsUrl.TryParse(text, out _, out string fault));
        Assert.Contains("log_password", fault, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Settings_that_contradict_each_other_are_a_fault()
    {
        Assert.True(NatsUrl.TryParse("nats://a/s", out NatsUrl? plain, out _));
        const string Credentials = "-----BEGIN NATS USER JWT-----\nx\n-----BEGIN USER NKEY SEED-----\nx\n";
        var good = new NatsSettings(plain!);
        Assert.Contains("three ways", (good with { User = "a", Token = "b" }).Fault(), StringComparison.Ordinal);
        Assert.Contains("three ways", (good with { User = "a", Credentials = Credentials }).Fault(), StringComparison.Ordinal);
        Assert.Contains("without log_user", (good with { Password = "a" }).Fault(), StringComparison.Ordinal);
        Assert.Contains("no JWT", (good with { Credentials = "-----BEGIN NATS USER JWT-----" }).Fault(), StringComparison.Ordinal);
        Assert.Contains("from 1 to 5", (good with { Replicas = 0 }).Fault(), StringComparison.Ordinal);
        Assert.Contains("from 1 to 5", (good with { Replicas = 6 }).Fault(), StringComparison.Ordinal);
        Assert.Contains("a minute", (good with { Keep = TimeSpan.FromSeconds(59) }).Fault(), StringComparison.Ordinal);
        Assert.Contains("64 MiB", (good with { BytesMax = (64 << 20) - 1 }).Fault(), StringComparison.Ordinal);
        foreach (NatsSettings fine in new[] { good with { User = "a", Password = "b" }, good with { Token = "t" }, good with { Credentials = Credentials }, good with { Replicas = 5, Keep = TimeSpan.FromMinutes(1), BytesMax = 64 << 20 } })
            Assert.Equal("", fine.Fault());
        Assert.Equal("nats://a:4222/s", (good with { Password = "secret", Token = "secret", Credentials = "secret" }).ToString());
    }
}
