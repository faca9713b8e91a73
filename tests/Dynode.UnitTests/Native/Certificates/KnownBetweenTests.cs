using System.Security.Cryptography.X509Certificates;
using Dynode.Native.Certificates;
using Dynode.TestKit;

namespace Dynode.UnitTests.Native.Certificates;

/// <summary>What clients have shown of the way to an authority is known for those who show less, up to a bound.</summary>
public sealed class KnownBetweenTests : IDisposable
{
    private readonly TestAuthority _root = new();
    private readonly KnownBetween _known = new();

    [Fact]
    public void Those_between_are_known_once_and_neither_the_client_nor_the_authority_is()
    {
        using TestAuthority between = _root.Between("between");
        using var client = X509Certificate2.CreateFromPem(between.Issue("client.test").Certificate);
        See(client, between);
        See(client, between);
        Assert.Equal("CN=between", Assert.Single(_known.All).Subject);
        using var direct = X509Certificate2.CreateFromPem(_root.Issue("client.test").Certificate);
        See(direct, between);
        Assert.Single(_known.All);
    }

    [Fact]
    public void Of_more_than_so_many_the_oldest_is_forgotten()
    {
        for (int i = 0; i <= KnownBetween.Most; i++)
        {
            using TestAuthority between = _root.Between($"between {i}");
            using var client = X509Certificate2.CreateFromPem(between.Issue("client.test").Certificate);
            See(client, between);
            Assert.Equal(Math.Min(i + 1, KnownBetween.Most), _known.All.Length);
        }

        Assert.Equal(("CN=between 1", $"CN=between {KnownBetween.Most}"), (_known.All[0].Subject, _known.All[^1].Subject));
    }

    public void Dispose() => _root.Dispose();

    private void See(X509Certificate2 client, TestAuthority between)
    {
        using var chain = new X509Chain { ChainPolicy = { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck } };
        chain.ChainPolicy.CustomTrustStore.Add(_root.Root);
        chain.ChainPolicy.ExtraStore.Add(between.Root);
        Assert.True(chain.Build(client));
        _known.See(chain);
    }
}
