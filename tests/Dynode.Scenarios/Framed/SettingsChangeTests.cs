using Dynode.Broadcast.Plane;
using Dynode.TestKit.Framed;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Dynode.Scenarios.Framed;

/// <summary>New settings are those of everything that runs, from the next turn on; what needs a restart stays.</summary>
public sealed class SettingsChangeTests
{
    [Fact]
    public async Task A_request_that_is_too_long_by_the_new_settings_is_refused_and_one_that_was_is_taken()
    {
        using var server = FramedServer.Redis();
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis, [server.Address]);
        using var client = await broadcaster.ConnectAsync();
        string value = new('v', 2_000);
        Assert.Equal("+OK", await client.AskAsync($"SET a {value}"));
        broadcaster.Door.Apply(Asking.Redis with { Framing = Asking.Redis.Framing with { RequestBytesMax = 1_000 } });
        Assert.Equal("-ERR Protocol error: too big inline request: a line of words is longer than max_request_bytes=1000", await client.AskAsync($"SET b {value}"));
        broadcaster.Door.Apply(Asking.Redis);
        using var other = await broadcaster.ConnectAsync();
        Assert.Equal("+OK", await other.AskAsync($"SET c {value}"));
        Assert.Equal(["a", "c"], server.Requests.Select(request => request.Words[1]));
    }

    [Fact]
    public async Task Timeouts_are_the_new_ones_for_who_is_there_already()
    {
        var time = new FakeTimeProvider();
        using var server = FramedServer.Redis();
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis, time, server.Tcp);
        await broadcaster.CurrentAsync(server);
        using var client = await broadcaster.ConnectAsync();
        Assert.Equal("+OK", await client.AskAsync("SET a 1"));
        time.Advance(TimeSpan.FromHours(1));
        Assert.Equal("+OK", await client.AskAsync("SET b 2"));
        broadcaster.Door.Apply(Asking.Redis with { IdleTimeout = TimeSpan.FromSeconds(2), Protocol = Protocol.Line, InFlightMax = 1 });
        await time.UntilAsync(() => broadcaster.Snapshot.IdleTimeouts == 1, broadcaster.Dump);
        Assert.Equal("", (await client.ReadToEndAsync()).Text);
        using var next = await broadcaster.ConnectAsync();
        Assert.Equal("+OK", await next.AskAsync("SET c 3"));
    }
}
