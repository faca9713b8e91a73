using System.Net;
using Dynode.TestKit;
using Microsoft.Extensions.Time.Testing;

namespace Dynode.UnitTests.Native.Admin;

/// <summary>Who may see what, and order what, by which door.</summary>
public sealed class AccessTests
{
    private static readonly string[] Reads = ["/", "/healthz", "/livez", "/readyz", "/metrics", "/status", "/events", "/config"];

    private static readonly string[] Orders =
    [
        "/servers/10.0.0.1:6379/disable", "/servers/10.0.0.1:6379/enable", "/servers/10.0.0.1:6379/eject", "/servers/10.0.0.9:1/add",
        "/servers/[::1]:6379/remove", "/gaps/close", "/gaps/close?server=10.0.0.1:6379", "/adopt", "/adopt?server=10.0.0.1:6379", "/log?level=DEBUG&for_seconds=60", "/reload", "/drain",
    ];

    [Fact]
    public async Task Nothing_is_ordered_but_by_POST_and_nothing_is_read_by_it()
    {
        using var admin = new AdminUnderTest($"admin_token={AdminUnderTest.Token}");
        foreach (var method in (HttpMethod[])[HttpMethod.Get, HttpMethod.Head, HttpMethod.Put, HttpMethod.Delete, HttpMethod.Patch, HttpMethod.Options])
        {
            foreach (string order in Orders)
                Assert.Equal(405, (await admin.AskAsync(order, method, AdminUnderTest.Token)).Status);
            Assert.Equal(405, (await admin.AskAsync(Orders[0], method, byControl: true)).Status);
        }

        Assert.Empty(admin.Orders);
        foreach (string read in Reads)
        {
            Assert.Equal(405, (await admin.AskAsync(read, HttpMethod.Post, AdminUnderTest.Token)).Status);
            Assert.Equal(200, (await admin.AskAsync(read)).Status);
            Assert.Equal((200, ""), ((await admin.AskAsync(read, HttpMethod.Head)).Status, (await admin.AskAsync(read, HttpMethod.Head)).Body));
        }
    }

    [Fact]
    public async Task Orders_are_taken_by_the_control_socket_and_with_the_token_and_by_nobody_else()
    {
        using var admin = new AdminUnderTest($"admin_token={AdminUnderTest.Token}");
        foreach (string order in Orders)
        {
            Assert.Equal(401, (await admin.AskAsync(order, HttpMethod.Post)).Status);
            Assert.Empty(admin.Orders);
            Assert.Equal(200, (await admin.AskAsync(order, HttpMethod.Post, AdminUnderTest.Token)).Status);
            Assert.Equal(200, (await admin.AskAsync(order, HttpMethod.Post, byControl: true)).Status);
            Assert.Equal(2, admin.Orders.Count);
            Assert.Equal(admin.Orders[0], admin.Orders[1]);
            admin.Orders.Clear();
        }

        Assert.Contains(admin.Log, line => line.StartsWith("2506 order by uid ", StringComparison.Ordinal));
        Assert.Contains(admin.Log, line => line.StartsWith("2506 order by 127.0.0.1:", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_a_token_in_the_configuration_no_token_opens_the_port()
    {
        using var admin = new AdminUnderTest();
        Assert.Equal(403, (await admin.AskAsync("/drain", HttpMethod.Post)).Status);
        Assert.Equal(401, (await admin.AskAsync("/drain", HttpMethod.Post, "")).Status);
        Assert.Equal(401, (await admin.AskAsync("/drain", HttpMethod.Post, AdminUnderTest.Token)).Status);
        Assert.Empty(admin.Orders);
    }

    [Theory]
    [InlineData("")]
    [InlineData("t0ken-of-the-tes")]
    [InlineData("t0ken-of-the-testt")]
    [InlineData("T0KEN-OF-THE-TEST")]
    public async Task A_wrong_token_is_refused_for_reads_too_counted_and_slow(string token)
    {
        var time = new FakeTimeProvider();
        using var admin = new AdminUnderTest(static () => AdminUnderTest.Snapshot(), time, $"admin_token={AdminUnderTest.Token}");
        var asking = admin.AskAsync("/metrics", token: token);
        await Eventually.True(() => admin.Log.Count > 0);
        time.Advance(TimeSpan.FromSeconds(0.99));
        Assert.Equal(200, (await admin.AskAsync("/config")).Status);
        Assert.False(asking.IsCompleted);
        await Eventually.True(() =>
        {
            time.Advance(TimeSpan.FromSeconds(0.01));
            return asking.IsCompleted;
        });
        var (status, _, response) = await asking;
        Assert.Equal((401, "Bearer"), (status, response.Headers.WwwAuthenticate.ToString()));
        Assert.Single(admin.Log, line => line.StartsWith("2503 admin: 1 requests with a wrong token", StringComparison.Ordinal));
        Assert.DoesNotContain(admin.Log, line => token.Length > 0 && line.Contains(token, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("127.0.0.1:9100", 200)]
    [InlineData("10.1.2.3", 200)]
    [InlineData("[::1]:9100", 200)]
    [InlineData("localhost:9100", 200)]
    [InlineData("LOCALHOST", 200)]
    [InlineData("dynode.example.com", 200)]
    [InlineData("Dynode.Example.Com:80", 200)]
    [InlineData("evil.example.com", 403)]
    [InlineData("dynode.example.com.evil.com", 403)]
    [InlineData("localhost.evil.com:9100", 403)]
    [InlineData("127.0.0.1.evil.com", 403)]
    public async Task A_browser_may_call_the_port_by_our_names_alone_and_probes_and_scrapes_by_any(string host, int status)
    {
        using var admin = new AdminUnderTest("admin_names=dynode.example.com, other.example.com");
        foreach (string read in Reads)
            Assert.Equal(read is "/healthz" or "/livez" or "/readyz" or "/metrics" ? 200 : status, (await admin.AskAsync(read, host: host)).Status);
    }

    [Theory]
    [InlineData("http://evil.example.com", 403)]
    [InlineData("null", 403)]
    [InlineData("http://localhost:1", 403)]
    [InlineData("http://localhost:9100", 200)]
    [InlineData("https://localhost:9100", 200)]
    public async Task A_page_of_another_origin_sees_nothing_and_orders_nothing(string origin, int status)
    {
        using var admin = new AdminUnderTest($"admin_token={AdminUnderTest.Token}");
        foreach (string read in Reads)
            Assert.Equal(status, (await admin.AskAsync(read, host: "localhost:9100", origin: origin)).Status);
        Assert.Equal(status, (await admin.AskAsync("/drain", HttpMethod.Post, AdminUnderTest.Token, "localhost:9100", origin)).Status);
        Assert.Equal(status == 200 ? 1 : 0, admin.Orders.Count);
    }

    /// <summary>What clients sent stands in events alone, and those that name it need a token; a password stands nowhere.</summary>
    [Fact]
    public async Task No_answer_holds_a_secret_and_none_without_a_token_a_clients_key()
    {
        using var admin = new AdminUnderTest($"admin_token={AdminUnderTest.Token}");
        foreach (string read in Reads)
        {
            foreach (string? token in (string?[])[null, AdminUnderTest.Token])
            {
                var (status, body, response) = await admin.AskAsync(read, token: token);
                Assert.Equal(200, status);
                Assert.DoesNotContain(AdminUnderTest.Password, body + response.Headers, StringComparison.Ordinal);
                Assert.DoesNotContain(AdminUnderTest.Token, body + response.Headers, StringComparison.Ordinal);
                Assert.Equal(token is not null && read is "/status" or "/events" && token is not null, body.Contains("secret-key", StringComparison.Ordinal));
            }
        }
    }

    [Theory]
    [InlineData("", 200, "2 5 1 4 3")]
    [InlineData("?sort=owed", 200, "2 5 1 4 3")]
    [InlineData("?sort=AGE", 200, "1 2 3 4 5")]
    [InlineData("?sort=requests&limit=2", 200, "2 4")]
    [InlineData("?limit=1", 200, "2")]
    [InlineData("?limit=1000", 200, "2 5 1 4 3")]
    [InlineData("?limit=1001", 400, "")]
    [InlineData("?limit=0", 400, "")]
    [InlineData("?sort=size", 400, "")]
    [InlineData("?sort=1", 400, "")]
    public async Task Clients_are_shown_with_the_token_alone_in_the_order_that_was_asked_for(string query, int status, string ids)
    {
        using var admin = new AdminUnderTest($"admin_token={AdminUnderTest.Token}");
        Assert.Equal(401, (await admin.AskAsync("/clients" + query)).Status);
        var (got, body, _) = await admin.AskAsync("/clients" + query, token: AdminUnderTest.Token);
        Assert.Equal(status, got);
        Assert.Equal(ids, string.Join(' ', body.Split("\"id\":").Skip(1).Select(part => part[..1])));
        Assert.Equal(status == 200, body.StartsWith("{\"schema\":1,\"total\":5,", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_slow_log_names_what_clients_sent_and_is_shown_with_the_token_alone()
    {
        using var admin = new AdminUnderTest($"admin_token={AdminUnderTest.Token}");
        Assert.Equal(401, (await admin.AskAsync("/slowlog")).Status);
        const string Entry = "{\"number\":17,\"time\":\"1970-01-01T00:00:00.000Z\",\"seconds\":0.25,\"client\":\"127.0.0.1:1001\",\"verb\":\"SET\",\"key\":\"slow-key\",\"bytes\":4711,\"waited_for\":\"10.0.0.1:6379\"}";
        Assert.Equal((200, $"{{\"schema\":1,\"slow_request_seconds\":0.1,\"entries\":[{Entry}]}}\n"), ((await admin.AskAsync("/slowlog", byControl: true)).Status, (await admin.AskAsync("/slowlog", token: AdminUnderTest.Token)).Body));
    }

    [Fact]
    public async Task Every_answer_tells_a_browser_to_run_and_keep_nothing()
    {
        using var admin = new AdminUnderTest();
        foreach (string path in (string[])[.. Reads, "/nothing", "/status/", "/servers/10.0.0.1:6379/", "/..%2fetc"])
        {
            var (_, _, response) = await admin.AskAsync(path);
            Assert.Equal("no-store", response.Headers.CacheControl!.ToString());
            Assert.Equal("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());
            Assert.StartsWith("default-src 'none'", response.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
            Assert.False(response.Headers.Contains("Server"));
        }

        Assert.Equal(HttpStatusCode.NotFound, (await admin.AskAsync("/nothing")).Response.StatusCode);
    }
}
