using Dynode.Broadcast.Backends;
using Dynode.Native.Certificates;
using Dynode.Native.Membership;
using Xunit;

namespace Dynode.Scenarios;

/// <summary>One request by the real client.</summary>
internal static class MembershipFetch
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    // The machine's proxies are not part of these tests; MembershipProxy sends through one what is meant to go through one.
    static MembershipFetch() => HttpClient.DefaultProxy = new MembershipProxy();

    /// <summary>One that may be asked several times.</summary>
    public static ListClient Client(bool canTls = true, NameLookups? lookups = null, Func<ShownToServers>? shown = null)
    {
        return new(TimeProvider.System, () => canTls, lookups ?? NameLookups.OfSystem(1), shown ?? (static () => System));
    }

    /// <summary>Whom the system trusts, and nothing of ours.</summary>
    public static ShownToServers System { get; } = new() { Settings = new() { Edge = TlsEdge.ListUrl } };

    public static ListVerdict Of(string url, string method = "GET", string parameters = "", TimeSpan? timeout = null, bool canTls = true, NameLookups? lookups = null, Func<ShownToServers>? shown = null, CancellationToken interrupted = default)
    {
        ListRequest request = Request(url, method, parameters);
        using var client = Client(canTls, lookups, shown);
        return client.Fetch(request, timeout ?? Patience, interrupted);
    }

    /// <summary>As it goes out.</summary>
    public static ListRequest Request(string url, string method = "GET", string parameters = "")
    {
        var settings = new MembershipSettings
        {
            AutoUpdate = true,
            Url = new Uri(url),
            Method = Enum.Parse<HttpMethodName>(method, ignoreCase: true),
            Parameters = parameters,
        };
        Assert.True(ListRequest.TryMake(settings, out ListRequest? request, out string? fault), fault);
        return request!;
    }
}
