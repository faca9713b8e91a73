using Dynode.Native.Admin;

namespace Dynode.UnitTests.Native.Admin;

/// <summary>What is asked for is what is ordered; what cannot be read is a fault that says so.</summary>
public sealed class OrderRoutesTests
{
    [Theory]
    [InlineData("/servers/10.0.0.1:6379/disable", "Disabled 10.0.0.1:6379")]
    [InlineData("/servers/10.0.0.1%3A6379/enable", "Enabled 10.0.0.1:6379")]
    [InlineData("/servers/Redis-1.example.com:06379/eject", "Ejected redis-1.example.com:6379")]
    [InlineData("/servers/[::1]:6379/add", "Add [::1]:6379")]
    [InlineData("/servers/%5B::1%5D:6379/remove", "Remove [::1]:6379")]
    [InlineData("/servers/10.0.0.1:6379/disable?when_current=true", "Disabled 10.0.0.1:6379 when current")]
    [InlineData("/servers/10.0.0.1:6379/eject?when_current=true", "Ejected 10.0.0.1:6379 when current")]
    [InlineData("/servers/10.0.0.1:6379/enable?when_current=true", "Enabled 10.0.0.1:6379")]
    [InlineData("/gaps/close", "CloseGaps")]
    [InlineData("/gaps/close?server=10.0.0.1:6379", "CloseGaps 10.0.0.1:6379")]
    [InlineData("/adopt", "Adopt")]
    [InlineData("/adopt?server=10.0.0.1:6379&server=B:06379", "Adopt 10.0.0.1:6379 b:6379")]
    [InlineData("/log?level=debug", "SetLogLevel Debug")]
    [InlineData("/log?level=WARN&for_seconds=1", "SetLogLevel Warning 1")]
    [InlineData("/log?level=TRACE&for_seconds=604800", "SetLogLevel Trace 604800")]
    [InlineData("/clients/17/close", "CloseClient 17")]
    [InlineData("/reload", "Reload")]
    [InlineData("/drain", "Drain")]
    public async Task An_order_is_what_was_asked_for(string path, string order)
    {
        using var admin = new AdminUnderTest();
        var (status, body, _) = await admin.AskAsync(path, HttpMethod.Post, byControl: true);
        Assert.Equal((200, "{\"changed\":true,\"text\":\"done\"}\n"), (status, body));
        Assert.Equal([order], admin.Orders);
    }

    [Theory]
    [InlineData("/servers/10.0.0.1/disable", 400, "10.0.0.1")]
    [InlineData("/servers//disable", 400, "")]
    [InlineData("/servers/10.0.0.1:70000/enable", 400, "70000")]
    [InlineData("/servers/10.0.0.1:6379/stop", 404, "nothing here")]
    [InlineData("/servers/10.0.0.1:6379", 404, "nothing here")]
    [InlineData("/gaps/close?server=x", 400, "\\u0022x\\u0022")]
    [InlineData("/adopt?server=10.0.0.1:6379&server=x", 400, "\\u0022x\\u0022")]
    [InlineData("/clients/x/close", 400, "x")]
    [InlineData("/clients/-1/close", 400, "-1")]
    [InlineData("/clients/1/kill", 404, "nothing here")]
    [InlineData("/log", 400, "TRACE, DEBUG, INFO, WARN, ERROR")]
    [InlineData("/log?level=5", 400, "level is one of")]
    [InlineData("/log?level=INFO&for_seconds=0", 400, "from 1 to 604800")]
    [InlineData("/log?level=INFO&for_seconds=604801", 400, "from 1 to 604800")]
    [InlineData("/log?level=INFO&for_seconds=-1", 400, "from 1 to 604800")]
    [InlineData("/log?level=INFO&for_seconds=1.5", 400, "from 1 to 604800")]
    public async Task What_cannot_be_read_is_ordered_by_nobody_and_named(string path, int status, string named)
    {
        using var admin = new AdminUnderTest();
        var (got, body, _) = await admin.AskAsync(path, HttpMethod.Post, byControl: true);
        Assert.Equal(status, got);
        Assert.StartsWith("{\"error\":", body, StringComparison.Ordinal);
        Assert.Contains(named, body, StringComparison.Ordinal);
        Assert.Empty(admin.Orders);
    }

    [Theory]
    [InlineData("WasSo", 200, "\"changed\":false")]
    [InlineData("Unknown", 404, "\"error\":\"why\"")]
    [InlineData("Refused", 409, "\"error\":\"why\"")]
    [InlineData("NotCertain", 504, "\"error\":\"why\"")]
    [InlineData("Faulty", 422, "\"faults\":[\"one\",\"two\"]")]
    public async Task What_becomes_of_an_order_is_said_by_status_and_sentence(string outcome, int status, string said)
    {
        using var admin = new AdminUnderTest();
        admin.Answers = new OrderAnswer(Enum.Parse<OrderOutcome>(outcome), "why") { Faults = outcome == "Faulty" ? ["one", "two"] : [] };
        var (got, body, _) = await admin.AskAsync("/reload", HttpMethod.Post, byControl: true);
        Assert.Equal(status, got);
        Assert.Contains(said, body, StringComparison.Ordinal);
        Assert.DoesNotContain(admin.Log, line => line.StartsWith("2506", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_order_that_is_in_force_and_not_on_disk_is_no_success_and_says_so()
    {
        using var admin = new AdminUnderTest();
        admin.Answers = new OrderAnswer(OrderOutcome.Done, "server a:1 is disabled") { Written = Task.FromResult<string?>("No space left on device") };
        var (status, body, _) = await admin.AskAsync("/servers/a:1/disable", HttpMethod.Post, byControl: true);
        Assert.Equal((507, "{\"error\":\"server a:1 is disabled; but it would not outlive a restart, for state_directory was not written: No space left on device\"}\n"), (status, body));
        Assert.Contains(admin.Log, line => line.StartsWith("2506", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_order_is_answered_when_it_is_on_disk_and_not_before()
    {
        using var admin = new AdminUnderTest();
        var written = new TaskCompletionSource<string?>();
        admin.Answers = new OrderAnswer(OrderOutcome.Done, "done") { Written = written.Task };
        var asked = admin.AskAsync("/servers/a:1/disable", HttpMethod.Post, byControl: true);
        await TestKit.Eventually.True(() => admin.Orders.Count == 1);
        Assert.False(asked.IsCompleted);
        written.SetResult(null);
        Assert.Equal(200, (await asked).Status);
    }

    [Fact]
    public void A_disk_that_stands_still_is_no_success_either()
    {
        var given = new OrderAnswer(OrderOutcome.WasSo, "so it was") { Written = new TaskCompletionSource<string?>().Task };
        OrderAnswer answer = OrderRoutes.OnDisk(given);
        Assert.Equal((OrderOutcome.NotWritten, "so it was; but it would not outlive a restart, for state_directory was not written: the disk has not taken it within 5 s"), (answer.Outcome, answer.Text));
    }
}
