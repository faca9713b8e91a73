using System.Text;
using Dynode.Native.Membership;

namespace Dynode.UnitTests.Native.Membership;

public class ListRequestTests
{
    [Theory]
    [InlineData("http://h/list", "a=1&b=2", "/list?a=1&b=2")]
    [InlineData("http://h/list", "a=1&b=", "/list?a=1&b=")]
    [InlineData("http://h/list", "a==&&=b&c", "/list?a==&&=b&c")]
    [InlineData("http://h/list", "a=%2F%41+b%zz", "/list?a=%2F%41+b%zz")]
    [InlineData("http://h/list", "a=../..", "/list?a=../..")]
    [InlineData("http://h/list", "", "/list")]
    [InlineData("http://h/list?x=1", "a=1", "/list?x=1&a=1")]
    [InlineData("http://h/list?x=1&", "a=1", "/list?x=1&a=1")]
    [InlineData("http://h/list?", "a=1", "/list?a=1")]
    [InlineData("http://h", "a=1", "/?a=1")]
    [InlineData("http://h?x", "a=1", "/?x&a=1")]
    [InlineData("http://h", "", "/")]
    [InlineData("http://h/a%41/../b?y=%2f#part", "", "/a%41/../b?y=%2f")]
    [InlineData("http://h/li st", "a=1", "/li%20st?a=1")]
    [InlineData("http://h/l#part?x", "a=1", "/l?a=1")]
    public void Parameters_of_GET_and_DELETE_are_the_query_as_written(string url, string parameters, string target)
    {
        foreach (HttpMethodName method in (HttpMethodName[])[HttpMethodName.Get, HttpMethodName.Delete])
        {
            ListRequest request = Make(url, parameters, method);
            Assert.Equal(target, request.Target.PathAndQuery);
            Assert.Null(request.Form);
        }
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("PATCH")]
    public void Parameters_of_the_other_methods_are_the_body_as_written(string method)
    {
        ListRequest request = Make("http://h/list?x=1", "a=1&b=&c=%2F+ü", Enum.Parse<HttpMethodName>(method, ignoreCase: true));
        Assert.Equal("/list?x=1", request.Target.PathAndQuery);
        Assert.Equal("a=1&b=&c=%2F+ü", request.Form);
        Assert.Equal(method, request.Method.Method);
    }

    [Theory]
    [InlineData("a=1\r\nHost: evil", "\\r")]
    [InlineData("a=1 2", " ")]
    [InlineData("a=ü", "\\u00fc")]
    public void Parameters_that_cannot_stand_in_a_request_line_are_refused(string parameters, string shown)
    {
        Assert.False(ListRequest.TryMake(Settings("http://h/", parameters, HttpMethodName.Get), out _, out string? fault));
        Assert.Equal($"the parameters hold \"{shown}\", which a query must have percent-encoded", fault);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("ftp://h/")]
    [InlineData("file:///etc/passwd")]
    public void Only_http_and_https_are_asked(string? url) =>
        Assert.False(ListRequest.TryMake(Settings(url, "", HttpMethodName.Get), out _, out _));

    [Fact]
    public void The_log_sees_neither_credentials_nor_query() =>
        Assert.Equal("https://h:8443/list", Make("https://me:secret@h:8443/list?token=secret", "key=secret", HttpMethodName.Get).Place);

    [Theory]
    [InlineData("POST", 301, "GET")]
    [InlineData("POST", 302, "GET")]
    [InlineData("POST", 303, "GET")]
    [InlineData("POST", 307, "POST")]
    [InlineData("POST", 308, "POST")]
    [InlineData("PUT", 302, "PUT")]
    [InlineData("PUT", 303, "GET")]
    [InlineData("DELETE", 301, "DELETE")]
    [InlineData("GET", 301, "GET")]
    public void A_redirect_keeps_or_drops_method_and_body_as_browsers_do(string method, int status, string then)
    {
        ListRequest request = Make("http://h/list", "a=1", Enum.Parse<HttpMethodName>(method, ignoreCase: true));
        Assert.True(request.TryFollow(status, "/other?b=%2F", out ListRequest? next, out _));
        Assert.Equal(then, next.Method.Method);
        Assert.Equal("http://h/other?b=%2F", next.Target.AbsoluteUri);
        Assert.Equal(then == method ? request.Form : null, next.Form);
    }

    [Theory]
    [InlineData("http://h/a/b", "c?d", "http://h/a/c?d")]
    [InlineData("http://h/a/b", "//i/c", "http://i/c")]
    [InlineData("http://h/a", "https://h/a", "https://h/a")]
    [InlineData("https://h/a", "https://i:8443", "https://i:8443/")]
    public void A_redirect_leads_where_it_says(string from, string location, string to)
    {
        Assert.True(Make(from, "", HttpMethodName.Get).TryFollow(302, location, out ListRequest? next, out _));
        Assert.Equal(to, next.Target.AbsoluteUri);
    }

    [Theory]
    [InlineData("http://h/a", "ftp://h/a", "neither http nor https")]
    [InlineData("http://h/a", "file:///etc/passwd", "neither http nor https")]
    [InlineData("http://h/a", "", "no Location")]
    [InlineData("http://h/a", null, "no Location")]
    [InlineData("https://h/a", "http://h/a", "from https to http")]
    public void A_redirect_that_leads_nowhere_good_is_refused(string from, string? location, string reason)
    {
        Assert.False(Make(from, "", HttpMethodName.Get).TryFollow(302, location, out _, out string? fault));
        Assert.Contains(reason, fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/other", true)]
    [InlineData("http://h:81/", false)]
    [InlineData("http://i/", false)]
    [InlineData("https://h/", false)]
    public void Credentials_of_the_URL_stay_with_its_origin(string location, bool kept)
    {
        ListRequest request = Make("http://me:p%40ss@h/list", "", HttpMethodName.Get);
        Assert.Equal("Basic bWU6cEBzcw==", request.Authorization);
        Assert.True(request.TryFollow(302, location, out ListRequest? next, out _));
        Assert.Equal(kept ? request.Authorization : null, next.Authorization);
    }

    [Theory]
    [InlineData("token", "token:")]
    [InlineData("token:", "token:")]
    [InlineData(":password", ":password")]
    [InlineData(":", ":")]
    [InlineData("me:pass:word", "me:pass:word")]
    [InlineData("a%3Ab", "a:b:")]
    [InlineData("me:p%40s%2fs", "me:p@s/s")]
    [InlineData("me:%e9%00%FF", "me:\u00E9\0\u00FF")]
    [InlineData("me:50%25", "me:50%")]
    [InlineData("m\u00E9:x", "m\u00C3\u00A9:x")]
    public void What_stands_before_the_at_sign_is_sent_as_user_colon_password(string userInfo, string sent) =>
        Assert.Equal(
            "Basic " + Convert.ToBase64String(Encoding.Latin1.GetBytes(sent)), Make($"http://{userInfo}@h/list", "", HttpMethodName.Get).Authorization);

    [Theory]
    [InlineData("http://h/list")]
    [InlineData("http://@h/list")]
    [InlineData("http://h/list?a@b")]
    public void Nothing_before_the_at_sign_is_no_user(string url) => Assert.Null(Make(url, "", HttpMethodName.Get).Authorization);

    private static MembershipSettings Settings(string? url, string parameters, HttpMethodName method) =>
        new() { AutoUpdate = true, Url = url is null ? null : new Uri(url), Parameters = parameters, Method = method };

    private static ListRequest Make(string url, string parameters, HttpMethodName method)
    {
        Assert.True(ListRequest.TryMake(Settings(url, parameters, method), out ListRequest? request, out string? fault), fault);
        return request;
    }
}
