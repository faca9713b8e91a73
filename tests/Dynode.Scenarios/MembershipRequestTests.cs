using Dynode.Native.Membership;
using Xunit;

namespace Dynode.Scenarios;

public class MembershipRequestTests
{
    [Theory]
    [InlineData("GET", "a=1&b=", "GET /list?a=1&b= HTTP/1.1")]
    [InlineData("GET", "a==x=&&=y&z", "GET /list?a==x=&&=y&z HTTP/1.1")]
    [InlineData("GET", "p=%2Fa%41%zz+b", "GET /list?p=%2Fa%41%zz+b HTTP/1.1")]
    [InlineData("GET", "p=/../x/./y\"<>\\^`{|}#", "GET /list?p=/../x/./y\"<>\\^`{|}# HTTP/1.1")]
    [InlineData("DELETE", "a=1&b=2", "DELETE /list?a=1&b=2 HTTP/1.1")]
    [InlineData("DELETE", "", "DELETE /list HTTP/1.1")]
    public void Parameters_with_equal_signs_or_empty_values_reach_the_request_line_as_written(string method, string parameters, string line)
    {
        string request = Ask(method, parameters);
        Assert.Equal(line, request.Split("\r\n")[0]);
        Assert.EndsWith("\r\n\r\n", request, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("POST", "a=1&b=")]
    [InlineData("PUT", "a==x=&&=y&z")]
    [InlineData("PATCH", "p=%2Fa%41%zz+b /#?\"")]
    [InlineData("POST", "")]
    public void Parameters_with_equal_signs_or_empty_values_reach_the_body_as_written(string method, string parameters)
    {
        string request = Ask(method, parameters);
        Assert.StartsWith($"{method} /list HTTP/1.1\r\n", request, StringComparison.Ordinal);
        Assert.Contains("\r\nContent-Type: application/x-www-form-urlencoded\r\n", request, StringComparison.Ordinal);
        Assert.Contains($"\r\nContent-Length: {parameters.Length}\r\n", request, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\n" + parameters, request, StringComparison.Ordinal);
    }

    [Fact]
    public void A_query_of_the_URL_stays_as_written_and_the_parameters_follow_it() =>
        Assert.StartsWith("GET /list?x=%2f&y=a%41&a=1 HTTP/1.1\r\n", Ask("GET", "a=1", "?x=%2f&y=a%41#part"), StringComparison.Ordinal);

    [Fact]
    public void A_redirect_is_followed_with_its_method_and_body()
    {
        using var server = new MembershipListServer((stream, request) => MembershipListServer.Send(
            stream,
            request.StartsWith("PUT /list ", StringComparison.Ordinal)
                ? "HTTP/1.1 307 Elsewhere\r\nLocation: /there?x=%2F\r\nContent-Length: 3\r\n\r\nno\n"
                : "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n[\"a:1\"]"));
        Assert.Null(MembershipFetch.Of(server.Url, "PUT", "a=1&b=").Fault);
        Assert.EndsWith("\r\n\r\na=1&b=", server.Requests.Take(), StringComparison.Ordinal);
        string second = server.Requests.Take();
        Assert.StartsWith("PUT /there?x=%2F HTTP/1.1\r\n", second, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\na=1&b=", second, StringComparison.Ordinal);
    }

    [Fact]
    public void Redirects_in_a_circle_end()
    {
        using var server = MembershipListServer.Answering("", "302 Found", "Location: /list\r\n");
        Assert.Equal("more than 10 redirects", MembershipFetch.Of(server.Url).Fault);
        Assert.Equal(ListClient.RedirectsMax + 1, server.Requests.Count);
    }

    [Fact]
    public void A_proxy_of_the_environment_is_asked_with_the_whole_URL()
    {
        using var server = MembershipListServer.Answering("[\"a:1\"]");
        MembershipProxy.Proxies["proxied.test"] = new Uri($"http://localhost:{server.Port}");
        Assert.True(MembershipFetch.Of("http://proxied.test/list", "GET", "a=1&b=").IsGood);
        Assert.StartsWith("GET http://proxied.test/list?a=1&b= HTTP/1.1\r\n", server.Requests.Take(), StringComparison.Ordinal);
    }

    private static string Ask(string method, string parameters, string urlEnd = "")
    {
        using var server = MembershipListServer.Answering("[\"a:1\"]");
        Assert.Null(MembershipFetch.Of(server.Url + urlEnd, method, parameters).Fault);
        return server.Requests.Take();
    }
}
