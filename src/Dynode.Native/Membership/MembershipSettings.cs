using System.Collections.Immutable;
using Dynode.Broadcast.Backends;

namespace Dynode.Native.Membership;

/// <summary>How the server list is asked for.</summary>
internal enum HttpMethodName
{
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

/// <summary>
/// Where servers come from, checked by whoever made it (a missing URL or one that is not http or https is a fault of the
/// configuration). Immutable; a reload swaps it whole.
/// </summary>
internal sealed record MembershipSettings
{
    /// <summary>Servers may be unix sockets.</summary>
    public bool TakesPaths { get; init; } = true;

    /// <summary>The configured servers in their order; they come before the URL's.</summary>
    public ImmutableArray<BackendAddress> Servers { get; init; } = [];

    /// <summary>Those of <see cref="Servers"/> that are none, but names each of whose addresses is one.</summary>
    public ImmutableArray<BackendAddress> Names { get; init; } = [];

    /// <summary>How servers are spoken to of which nothing else is said: by TLS, or plain.</summary>
    public bool ByTls { get; init; }

    /// <summary>The time between two lookups of <see cref="Names"/>; zero: until there is an answer, and at a reload.</summary>
    public TimeSpan NameRefresh { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Servers that an operator has added; they come last.</summary>
    public ImmutableArray<BackendAddress> Added { get; init; } = [];

    /// <summary>Servers that an operator has removed, wherever they come from.</summary>
    public ImmutableArray<BackendAddress> Removed { get; init; } = [];

    /// <summary>Also take servers from <see cref="Url"/>; the set is the union.</summary>
    public bool AutoUpdate { get; init; }

    /// <summary>GET and DELETE carry the parameters as query, the others as form body.</summary>
    public HttpMethodName Method { get; init; } = HttpMethodName.Post;

    /// <summary>http or https; made from the text as configured, which is what is sent.</summary>
    public Uri? Url { get; init; }

    /// <summary>Already encoded, <c>a=1&amp;b=2</c>; sent as written.</summary>
    public string Parameters { get; init; } = "";

    /// <summary>The time between two requests; zero: one success is enough.</summary>
    public TimeSpan Refresh { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The list that an earlier run had from this URL; null: none, or it is too old.</summary>
    public KeptServers? Kept { get; init; }

    /// <summary>How old <see cref="Kept"/> may be; zero: it is not used.</summary>
    public TimeSpan KeepMax { get; init; } = TimeSpan.FromDays(7);

    /// <summary>The share of the list's servers that may go at once, in thousandths; 1,000: all.</summary>
    public long ShrinkMax { get; init; } = 500;

    /// <summary>The longest time of one request, its redirects and its answer's body included; zero: no limit.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);
}
