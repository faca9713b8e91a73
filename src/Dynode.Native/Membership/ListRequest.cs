using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Dynode.Native.Membership;

/// <summary>
/// One request for the server list, exactly as it goes out, and what a redirect makes of it. Pure. <see cref="Uri"/>
/// normally rewrites what it is given (%41 becomes A, dot segments go); here nobody may, because the parameters are the
/// operator's, encoded as the answering side wants them.
/// </summary>
/// <param name="Method">As configured, or GET where a redirect says so.</param>
/// <param name="Target">Its path and query are the bytes of the request line.</param>
/// <param name="Form">The body, or null for none.</param>
/// <param name="Authorization">What the URL held before its @, for its own origin only.</param>
internal sealed record ListRequest(HttpMethod Method, Uri Target, string? Form, string? Authorization)
{
    private static readonly UriCreationOptions AsWritten = new() { DangerousDisablePathAndQueryCanonicalization = true };

    // RFC 3986: what no URL may hold, besides what is not printable ASCII.
    private static readonly SearchValues<char> Illegal = SearchValues.Create("\"<>\\^`{|}");

    /// <summary>Where it goes, for the log: without what may be secret, that is query and credentials.</summary>
    public string Place => Target.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped) + PathOf(Target);

    public static bool TryMake(
        MembershipSettings settings, [NotNullWhen(true)] out ListRequest? request, [NotNullWhen(false)] out string? fault)
    {
        request = null;
        if (settings.Url is not { IsAbsoluteUri: true } url || !IsHttp(url))
        {
            fault = "there is no http or https URL";
            return false;
        }

        bool asQuery = settings.Method is HttpMethodName.Get or HttpMethodName.Delete;
        if (asQuery && settings.Parameters.AsSpan().IndexOfAnyExceptInRange('!', '~') is >= 0 and var at)
        {
            // Nothing is re-encoded, and sent raw it would end the request line or begin a header.
            fault = $"the parameters hold {Excerpt.Quote(settings.Parameters[at].ToString())}, which a query must have percent-encoded";
            return false;
        }

        request = new ListRequest(
            MethodOf(settings.Method),
            Exactly(Append(TextOf(url), asQuery ? settings.Parameters : "")),
            asQuery ? null : settings.Parameters,
            url.UserInfo.Length == 0 ? null : Basic(url.UserInfo));
        fault = null;
        return true;
    }

    /// <summary>What to send next after a redirect, as browsers do it: 303, and 301 or 302 to a POST, ask with GET.</summary>
    public bool TryFollow(int status, string? location, [NotNullWhen(true)] out ListRequest? next, [NotNullWhen(false)] out string? fault)
    {
        next = null;
        if (string.IsNullOrEmpty(location))
        {
            fault = $"HTTP {status} says where to go in no Location";
            return false;
        }

        if (!Uri.TryCreate(new Uri(Target.AbsoluteUri), location, out Uri? to) || !IsHttp(to))
        {
            fault = $"HTTP {status} leads to {Excerpt.Quote(location)}, which is neither http nor https";
            return false;
        }

        if (Target.Scheme == Uri.UriSchemeHttps && to.Scheme == Uri.UriSchemeHttp)
        {
            // Whoever can answer in clear text could then choose where every client's bytes go.
            fault = $"HTTP {status} leads from https to http ({Excerpt.Quote(location)}), which is not followed";
            return false;
        }

        bool asGet = status == 303 || (status is 301 or 302 && Method == HttpMethod.Post);
        bool sameOrigin = to.Scheme == Target.Scheme && to.IdnHost == Target.IdnHost && to.Port == Target.Port;
        next = new ListRequest(
            asGet ? HttpMethod.Get : Method, Exactly(Append(TextOf(to), "")), asGet ? null : Form, sameOrigin ? Authorization : null);
        fault = null;
        return true;
    }

    private static HttpMethod MethodOf(HttpMethodName name) => name switch
    {
        HttpMethodName.Get => HttpMethod.Get,
        HttpMethodName.Put => HttpMethod.Put,
        HttpMethodName.Patch => HttpMethod.Patch,
        HttpMethodName.Delete => HttpMethod.Delete,
        _ => HttpMethod.Post,
    };

    // What was written, where every character may stand in a URL; else what the runtime makes of it.
    private static string TextOf(Uri url)
    {
        string text = url.OriginalString.Trim();
        bool legal = !text.AsSpan().ContainsAnyExceptInRange('!', '~') && !text.AsSpan().ContainsAny(Illegal)
            && text.StartsWith(url.Scheme + "://", StringComparison.OrdinalIgnoreCase);
        return legal ? text : url.AbsoluteUri;
    }

    private static string Append(string url, string parameters)
    {
        int fragment = url.IndexOf('#', StringComparison.Ordinal);
        if (fragment >= 0)
            url = url[..fragment];

        int host = url.IndexOf("://", StringComparison.Ordinal) + 3;
        int path = url.AsSpan(host).IndexOfAny('/', '?');
        if (path < 0)
            url += "/";
        else if (url[host + path] == '?')
            url = url.Insert(host + path, "/");

        if (parameters.Length == 0)
            return url;
        if (!url.Contains('?', StringComparison.Ordinal))
            return url + "?" + parameters;
        return url[^1] is '?' or '&' ? url + parameters : url + "&" + parameters;
    }

    private static Uri Exactly(string url) => new(url, AsWritten);

    private static string PathOf(Uri target)
    {
        string path = target.PathAndQuery;
        int query = path.IndexOf('?', StringComparison.Ordinal);
        return Excerpt.Escape(query < 0 ? path : path[..query]);
    }

    // RFC 7617: user, colon, password, also where there is no password; the bytes that were percent-encoded, text or not.
    private static string Basic(string userInfo)
    {
        byte[] pair = Encoding.UTF8.GetBytes(userInfo.Contains(':', StringComparison.Ordinal) ? userInfo : userInfo + ":");
        int length = 0;
        for (int at = 0; at < pair.Length;)
        {
            if (pair[at] == '%' && at + 2 < pair.Length && Utf8Parser.TryParse(pair.AsSpan(at + 1, 2), out byte encoded, out int digits, 'x') && digits == 2)
            {
                pair[length++] = encoded;
                at += 3;
            }
            else
            {
                pair[length++] = pair[at++];
            }
        }

        return "Basic " + Convert.ToBase64String(pair.AsSpan(0, length));
    }

    private static bool IsHttp(Uri uri) => uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps;
}
