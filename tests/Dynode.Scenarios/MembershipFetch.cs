using Dynode.Broadcast.Backends;
using Dynode.Native.Membership;
using Xunit;

namespace Dynode.Scenarios;

/// <summary>One request by the real client.</summary>
internal static class MembershipFetch
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    // The machine's proxies are not part of these tests; MembershipProxy sends through one what is meant to go through one.
    static MembershipFetch() => HttpClient.DefaultProxy = new MembershipProxy();

    public static ListVerdict Of(string url, string method = "GET", string parameters = "", TimeSpan? timeout = null, bool canTls = true, NameLookups? lookups = null, CancellationToken interrupted = default)
    {
        var settings = new MembershipSettings
        {
            AutoUpdate = true,
            Url = new Uri(url),
            Method = Enum.Parse<HttpMethodName>(method, ignoreCase: true),
            Parameters = parameters,
        };
        Assert.True(ListRequest.TryMake(settings, out ListRequest? request, out string? fault), fault);
        using var client = new ListClient(TimeProvider.System, () => canTls, lookups ?? NameLookups.OfSystem(1));
        return client.Fetch(request, timeout ?? Patience, interrupted);
    }
}
